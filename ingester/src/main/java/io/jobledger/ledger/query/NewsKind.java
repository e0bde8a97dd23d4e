package io.jobledger.ledger.query;

import io.jobledger.model.JobStatus;
import java.util.Locale;

/** What news are about. */
public enum NewsKind {
    /** The ledger heard of a job for the first time. */
    STARTED,
    /** Something else is known of a job, and neither its start nor its end. */
    CHANGED,
    SUCCEEDED,
    FAILED,
    TIMED_OUT,
    CANCELLED,
    LOST,
    CLOSED,
    /** A job runs past its deadline, by so much as the news say. */
    OVERDUE,
    /** A run ended without a goodbye. */
    INTERRUPTED,
    /** A mirror, or another sink, waits for an operator. */
    BLOCKED;

    private final String wire = name().toLowerCase(Locale.ROOT);

    /** Its name for those outside. */
    public String wire() {
        return wire;
    }

    /** Whether a job ended, however. */
    public boolean end() {
        return compareTo(SUCCEEDED) >= 0 && compareTo(CLOSED) <= 0;
    }

    /** The end that a status tells of. */
    public static NewsKind of(JobStatus status) {
        return valueOf(status.name());
    }
}
