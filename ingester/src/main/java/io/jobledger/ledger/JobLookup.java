package io.jobledger.ledger;

import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.Job;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import io.jobledger.model.RunId;
import java.util.List;
import java.util.Optional;

/** Reading for a resume. Calls block on the database: not for an event loop. Thread-safe. */
public interface JobLookup {
    /**
     * Narrows a key to one playbook or run. Null parts do not narrow.
     *
     * @param playbook file name or path of a playbook
     * @param run a run
     */
    record Narrowing(String playbook, RunId run) {
        public static final Narrowing NONE = new Narrowing(null, null);
    }

    /** The record of {@code key} with the latest start; ties go to the later ledger entry. */
    Optional<JobRecord> newest(JobKey key, Narrowing narrowing);

    /**
     * What a resume asks.
     *
     * @param newest as {@link #newest} finds it
     * @param open the newest open record of each playbook that has one, newest first; most often none or one
     */
    record Known(JobRecord newest, List<JobRecord> open) {}

    /** What is known of {@code key}, all at one moment; empty when there is no record. */
    Optional<Known> known(JobKey key, Narrowing narrowing);

    /** The job itself, whatever its names. */
    Optional<Job> job(String executionHost, AnsibleJobId jobId);
}
