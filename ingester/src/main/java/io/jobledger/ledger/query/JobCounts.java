package io.jobledger.ledger.query;

/**
 * How many jobs stand how.
 *
 * @param jobs all
 * @param running without a known end, the overdue among them
 * @param overdue those of {@code running} that are past their deadline
 */
public record JobCounts(
        long jobs,
        long running,
        long overdue,
        long succeeded,
        long failed,
        long timedOut,
        long cancelled,
        long lost,
        long closed) {}
