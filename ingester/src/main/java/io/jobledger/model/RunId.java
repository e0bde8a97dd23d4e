package io.jobledger.model;

import java.util.UUID;

/** Names one run: a UUID that the callback makes. */
public record RunId(UUID value) implements Comparable<RunId> {
    private static final String FORM = "00000000-0000-0000-0000-000000000000";

    /** @throws IllegalArgumentException when {@code text} is not a lower-case UUID with dashes */
    public static RunId parse(String text) {
        if (text == null || !isCanonical(text)) {
            throw new IllegalArgumentException(
                    "must be a UUID in lower case with dashes, like 5f0c9a3e-7d7c-4c3b-9f0e-2a4b6c8d0e1f");
        }
        return new RunId(UUID.fromString(text));
    }

    /** UUID.fromString also takes "1-1-1-1-1"; an identity must have one spelling only. */
    private static boolean isCanonical(String text) {
        if (text.length() != FORM.length()) {
            return false;
        }
        for (int i = 0; i < FORM.length(); i++) {
            char c = text.charAt(i);
            if (FORM.charAt(i) == '-' ? c != '-' : (c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return false;
            }
        }
        return true;
    }

    /** A new random id. */
    public static RunId random() {
        return new RunId(UUID.randomUUID());
    }

    @Override
    public int compareTo(RunId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
