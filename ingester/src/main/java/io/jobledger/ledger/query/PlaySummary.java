package io.jobledger.ledger.query;

import java.time.Instant;

/**
 * A play with its jobs in numbers.
 *
 * @param playbook its file name, null where nobody said it
 */
public record PlaySummary(String play, String playbook, JobCounts counts, Instant lastStartedAt) {}
