package io.jobledger.ledger.retention;

import io.jobledger.ledger.Retention;
import io.jobledger.ledger.Retention.Example;
import io.jobledger.log.LogFact.Forgotten;
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
    /** What goes and is still in the rows. */
    private final Set<Long> goneJobs = new HashSet<>();

    private long runs;
    private long events;
    private Instant oldest;
    private Instant newest;

    void add(Removal removal, List<Forgotten> forgotten) {
        runs += forgotten.size();
        events += forgotten.stream().mapToLong(Forgotten::events).sum();
        removal.jobs().forEach(job -> jobs.merge(job.status(), 1L, Long::sum));
        goes(removal);
        Instant start = removal.startedAt();
        oldest = oldest == null || start.isBefore(oldest) ? start : oldest;
        newest = newest == null || start.isAfter(newest) ? start : newest;
        if (examples.size() < EXAMPLES) {
            examples.add(removal.example(forgotten));
        }
    }

    void goes(Removal removal) {
        removal.jobs().forEach(job -> goneJobs.add(job.entry()));
    }

    /** What went is not in the rows any more. */
    void settle() {
        goneJobs.clear();
    }

    boolean gone(long job) {
        return goneJobs.contains(job);
    }

    Retention.Removed removed(boolean complete) {
        return new Retention.Removed(runs, events, Map.copyOf(jobs), oldest, newest, List.copyOf(examples), complete);
    }
}
