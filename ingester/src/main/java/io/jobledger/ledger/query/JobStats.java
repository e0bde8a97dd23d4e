package io.jobledger.ledger.query;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;

/**
 * Jobs in numbers.
 *
 * @param days by the day of their start (UTC), the latest first, days without jobs left out
 * @param ended how many jobs the durations are of
 * @param median null when none has ended; like {@code p95} and {@code longest}, exact to 1 %
 * @param oldestOpen start of the open job that runs longest, null when none is open
 */
public record JobStats(
        JobCounts counts,
        List<Day> days,
        long ended,
        Duration median,
        Duration p95,
        Duration longest,
        Instant oldestOpen) {
    /** The jobs that started on one day. */
    public record Day(LocalDate day, JobCounts counts) {}
}
