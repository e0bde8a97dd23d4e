package io.jobledger.ledger.query;

import java.time.Instant;

/** A host with its jobs in numbers. */
public record HostSummary(String host, JobCounts counts, Instant lastStartedAt) {}
