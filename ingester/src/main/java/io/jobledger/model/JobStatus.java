package io.jobledger.model;

import java.util.Locale;

/** How a job stands, by the strongest evidence seen. */
public enum JobStatus {
    RUNNING(0),
    /** Its results file could not be found any more. */
    LOST(1),
    /** It ran past its {@code async} limit, or Ansible said so. */
    TIMED_OUT(2),
    FAILED(3),
    SUCCEEDED(3);

    private final int strength;
    private final String wire = name().toLowerCase(Locale.ROOT);

    JobStatus(int strength) {
        this.strength = strength;
    }

    /** A stronger observation replaces a weaker one, whichever came first; the job's own result is the strongest. */
    public int strength() {
        return strength;
    }

    /** Whether the job may still be running. */
    public boolean open() {
        return this == RUNNING;
    }

    /** The spelling in JSON, SQL and URLs. */
    public String wire() {
        return wire;
    }

    /** @throws IllegalArgumentException naming the statuses there are */
    public static JobStatus parse(String text) {
        for (JobStatus status : values()) {
            if (status.wire().equals(text)) {
                return status;
            }
        }
        throw new IllegalArgumentException("must be one of running, succeeded, failed, timed_out, lost");
    }
}
