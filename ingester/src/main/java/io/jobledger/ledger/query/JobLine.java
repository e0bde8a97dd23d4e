package io.jobledger.ledger.query;

import io.jobledger.model.JobKey;
import io.jobledger.model.JobStatus;
import java.time.Duration;
import java.time.Instant;

/**
 * A job in one line: enough to draw it among thousands. See {@link io.jobledger.model.JobRecord} for the fields.
 *
 * @param jobId null where it was never shown
 * @param task null where nobody said it
 * @param message null for none
 */
public record JobLine(
        JobKey key,
        String jobId,
        String task,
        JobStatus status,
        Instant startedAt,
        Instant deadline,
        Instant finishedAt,
        String message) {
    /** How long it took; null while it is open, and where its end is not known. */
    public Duration took() {
        return finishedAt == null || status.open() ? null : Duration.between(startedAt, finishedAt);
    }

    /** As {@link io.jobledger.model.JobRecord#overdue}. */
    public boolean overdue(Instant now) {
        return status.open() && deadline != null && now.isAfter(deadline);
    }
}
