package io.jobledger.ledger;

import io.jobledger.config.RetentionSettings;
import io.jobledger.ledger.query.NamePatterns;
import io.jobledger.model.JobStatus;
import io.jobledger.model.RunId;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Removes history. What goes, goes with its run: its events, its jobs, and the saves of these jobs; each leaves a stub
 * that {@link Verifier} accepts. Mirrors are not touched. Calls block; work goes on in small steps between the ledger's
 * commits. Thread-safe.
 */
public interface Retention {
    /**
     * How much of the closed jobs of one status is kept; at least one part is given.
     *
     * @param age counted from the job's start, or null
     * @param count the newest so many, or null
     */
    record Keep(Duration age, Long count) {
        @Override
        public String toString() {
            return (age == null ? "" : "younger than " + text(age))
                    + (age != null && count != null ? " and " : "")
                    + (count == null ? "" : "the newest " + count);
        }

        private static String text(Duration age) {
            return age.toSeconds() % 86_400 == 0
                    ? age.toDays() + "d"
                    : age.toSeconds() % 3600 == 0 ? age.toHours() + "h" : age.toSeconds() + "s";
        }
    }

    /**
     * What is kept of each status. A status that is not there is kept for ever.
     *
     * @param names only runs and saves go all of whose jobs have such names
     */
    record Policy(Map<JobStatus, Keep> keep, NamePatterns names) {
        public Policy {
            keep = Map.copyOf(keep);
        }

        /** For all names. */
        public Policy(Map<JobStatus, Keep> keep) {
            this(keep, NamePatterns.ALL);
        }

        /** The policy of the settings. */
        public static Policy of(RetentionSettings settings) {
            Map<JobStatus, Keep> keep = new EnumMap<>(JobStatus.class);
            for (JobStatus status : JobStatus.values()) {
                boolean succeeded = status == JobStatus.SUCCEEDED;
                Keep one = new Keep(
                        succeeded ? settings.succeeded() : settings.failed(),
                        succeeded ? settings.succeededCount() : settings.failedCount());
                if (!status.open() && (one.age != null || one.count != null)) {
                    keep.put(status, one);
                }
            }
            return new Policy(keep);
        }

        /** Whether everything is kept. */
        public boolean off() {
            return keep.isEmpty();
        }

        /** The policy in words, for the stubs. */
        @Override
        public String toString() {
            return "retention keeps "
                    + Arrays.stream(JobStatus.values())
                            .filter(keep::containsKey)
                            .map(status -> status.wire() + ": " + keep.get(status))
                            .collect(Collectors.joining("; "))
                    + (names.all() ? "" : "; of " + names);
        }
    }

    /** Who removes, and why. Both are kept in the stubs, up to {@value #MAX_TEXT} characters. */
    record Order(String by, String reason) {
        public static final int MAX_TEXT = 500;
    }

    /** One of the runs that go; a save has no name and no playbook. */
    record Example(RunId run, String runName, String playbook, Instant startedAt, long events, long jobs) {}

    /**
     * What was removed, or would be.
     *
     * @param runs runs and saves
     * @param jobs by status
     * @param oldest start of the oldest run, null when there is none
     * @param newest start of the newest run
     * @param examples the oldest few
     * @param complete whether everything was looked at; else the time was over, and calling again goes on
     */
    record Removed(
            long runs,
            long events,
            Map<JobStatus, Long> jobs,
            Instant oldest,
            Instant newest,
            List<Example> examples,
            boolean complete) {}

    /**
     * Removes what a policy does not keep. Open jobs stay, and so does a run that is running, has an open job, or tells
     * of a job that stays. Nor is the newest job of a name removed while an older one stays: a resume would find the
     * older one.
     *
     * @param dryRun only look
     * @param patience stop after so long
     */
    Removed prune(Policy policy, Order order, boolean dryRun, Duration patience);

    /**
     * Removes one run, whatever its age; empty when the ledger has no such run. Its jobs go too, also those that were
     * the newest of their names.
     *
     * @param force also when it is running or has open jobs
     * @throws LedgerException of kind {@code CONFLICT} when it is running or has open jobs and {@code force} is false
     */
    Optional<Removed> delete(RunId run, boolean force, Order order);

    /**
     * Takes out the events that removed runs left behind: those of a large run go in several steps, and a stop may have
     * come between.
     */
    void sweep();
}
