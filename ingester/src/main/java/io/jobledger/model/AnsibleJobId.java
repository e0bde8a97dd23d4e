package io.jobledger.model;

/**
 * Ansible's own name for a job on its execution host. Always text: older ids look like floating-point numbers and must
 * not become one.
 */
public record AnsibleJobId(String value) {
    /** Longest id accepted, in characters; Ansible's are about 20. */
    public static final int MAX_LENGTH = 255;

    public AnsibleJobId {
        if (value == null || value.isBlank() || value.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("must be a string of 1 to " + MAX_LENGTH + " characters");
        }
        if (value.chars().anyMatch(c -> c < 0x20 || c == 0x7f)) {
            throw new IllegalArgumentException("must not hold control characters");
        }
        // Two such ids would have one digest, and be taken for one job.
        if (!Unicode.isSound(value)) {
            throw new IllegalArgumentException("must be valid Unicode: it holds an unpaired surrogate");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
