package io.jobledger.ledger;

import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.Job;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import io.jobledger.model.RunId;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reading for a resume. Calls block on the database: not for an event loop. Thread-safe. */
public interface JobLookup {
    /**
     * Narrows a key. Null parts do not narrow.
     *
     * @param playbook file name or path of a playbook
     * @param run a run
     * @param checkMode whether jobs of dry runs are meant; else they are as if they were not there
     * @param jobId one job
     */
    record Narrowing(String playbook, RunId run, boolean checkMode, AnsibleJobId jobId) {
        public static final Narrowing NONE = new Narrowing(null, null);

        /** Narrows to a playbook, a run or both, among jobs that really ran. */
        public Narrowing(String playbook, RunId run) {
            this(playbook, run, false, null);
        }

        /** Whether a record is one of those that are meant. */
        public boolean fits(JobRecord record) {
            return record.checkMode() == checkMode
                    && (playbook == null || record.fromPlaybook(playbook))
                    && (run == null || run.equals(record.run()))
                    && (jobId == null || jobId.equals(record.jobId()));
        }
    }

    /** The record that {@code key} answers with, as {@link #known} has it. */
    default Optional<JobRecord> newest(JobKey key, Narrowing narrowing) {
        return known(key, narrowing).map(Known::newest);
    }

    /**
     * What a resume asks.
     *
     * @param newest the newest open record; where none is open, the one with the latest start, ties to the later ledger
     *     entry
     * @param open every open record that may be meant, newest first, see {@link Known#candidates}; most often none or
     *     one
     */
    record Known(JobRecord newest, List<JobRecord> open) {
        /**
         * Those of a name's records that may be meant, in their order: the open ones with an id. Of jobs that no run
         * told of and that were only saved by name, the newest of each playbook: saving another job under the name
         * replaced what was saved before.
         *
         * @param newestFirst records of one name
         */
        public static List<JobRecord> candidates(List<JobRecord> newestFirst) {
            Set<String> saved = new HashSet<>();
            return newestFirst.stream()
                    .filter(record -> record.status().open() && record.jobId() != null)
                    .filter(record -> record.run() != null || saved.add(String.valueOf(record.playbookIdentity())))
                    .toList();
        }
    }

    /** What is known of {@code key}, all at one moment; empty when there is no record. */
    Optional<Known> known(JobKey key, Narrowing narrowing);

    /** The {@code n}th record of {@code key} by its start, open or not: 1 is the latest. Empty when there are fewer. */
    Optional<JobRecord> nth(JobKey key, Narrowing narrowing, int n);

    /** The job itself, whatever its names. */
    Optional<Job> job(String executionHost, AnsibleJobId jobId);
}
