package io.jobledger.ledger.query;

import io.jobledger.model.JobRecord;

/**
 * A name that a host's jobs are resumed by.
 *
 * @param jobs how many of those looked at have it
 * @param newest the latest of them
 */
public record NameSummary(String play, String job, long jobs, JobRecord newest) {}
