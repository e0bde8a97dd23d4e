package io.jobledger.ledger.retention;

import io.jobledger.ledger.Retention;
import io.jobledger.ledger.Retention.Example;
import io.jobledger.model.JobStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Adds up what a prune removes, or would remove. Not thread-safe. */
final class RetentionTally {
    private static final int EXAMPLES = 10;

    private final Map<JobStatus, Long> jobs = new EnumMap<>(JobStatus.class);
    private final List<Example> examples = new ArrayList<>();
    /** What a dry run takes for gone, since nothing is. */
    private final Set<Long> goneJobs = new HashSet<>();

    private long chains;
    private long events;
    private Instant oldest;
    private Instant newest;

    void add(Removal removal, long chainCount, long eventCount, boolean dryRun) {
        chains += chainCount;
        events += eventCount;
        removal.jobs().forEach(job -> jobs.merge(job.status(), 1L, Long::sum));
        Instant start = removal.startedAt();
        oldest = oldest == null || start.isBefore(oldest) ? start : oldest;
        newest = newest == null || start.isAfter(newest) ? start : newest;
        if (examples.size() < EXAMPLES) {
            examples.add(removal.example(eventCount));
        }
        if (dryRun) {
            removal.jobs().forEach(job -> goneJobs.add(job.entry()));
        }
    }

    boolean gone(long job) {
        return goneJobs.contains(job);
    }

    Retention.Removed removed(boolean complete) {
        return new Retention.Removed(chains, events, Map.copyOf(jobs), oldest, newest, List.copyOf(examples), complete);
    }
}
