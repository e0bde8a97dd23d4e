package io.jobledger.audit;

import java.time.Instant;

/** A host with its jobs in numbers. */
public record HostSummary(String host, JobCounts counts, Instant lastStartedAt) {}
