package io.jobledger.ledger.read;

import io.jobledger.ledger.query.JobCounts;
import io.jobledger.model.JobStatus;
import java.util.EnumMap;
import java.util.Map;

/** Counts jobs by their standing. Not thread-safe. */
final class Tally {
    private final Map<JobStatus, Long> counts = new EnumMap<>(JobStatus.class);
    private long overdue;

    void add(JobStatus status, long jobs, long late) {
        counts.merge(status, jobs, Long::sum);
        overdue += late;
    }

    JobCounts counts() {
        return new JobCounts(
                counts.values().stream().mapToLong(Long::longValue).sum(),
                of(JobStatus.RUNNING),
                overdue,
                of(JobStatus.SUCCEEDED),
                of(JobStatus.FAILED),
                of(JobStatus.TIMED_OUT),
                of(JobStatus.CANCELLED),
                of(JobStatus.LOST),
                of(JobStatus.CLOSED));
    }

    private long of(JobStatus status) {
        return counts.getOrDefault(status, 0L);
    }
}
