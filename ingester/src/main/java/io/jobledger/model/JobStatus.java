package io.jobledger.model;

import java.util.Locale;

/** How a job stands, by the strongest evidence seen. */
public enum JobStatus {
    RUNNING(0),
    /** Closed by hand: nobody can ask it any more. */
    CLOSED(1),
    /** Its results file could not be found any more, or its process. */
    LOST(2),
    /** It ran past its {@code async} limit, or Ansible said so. */
    TIMED_OUT(3),
    /** It was cancelled: its results file says so. */
    CANCELLED(4),
    FAILED(4),
    SUCCEEDED(4);

    private static final String NAMES = "running, succeeded, failed, timed_out, cancelled, lost, closed";

    private final int strength;
    private final String wire = name().toLowerCase(Locale.ROOT);

    JobStatus(int strength) {
        this.strength = strength;
    }

    /** A stronger observation replaces a weaker one, whichever came first; the job's own result is the strongest. */
    public int strength() {
        return strength;
    }

    /**
     * Whether this end follows from what was not there, or from somebody's word: a later sighting of the job takes it
     * back.
     */
    public boolean inferred() {
        return this == LOST || this == CLOSED;
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
        throw new IllegalArgumentException("must be one of " + NAMES);
    }
}
