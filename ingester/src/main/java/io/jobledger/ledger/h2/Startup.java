package io.jobledger.ledger.h2;

import io.jobledger.ledger.project.Changed;
import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogStep;
import io.jobledger.log.file.FileLog;
import io.jobledger.model.Job;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Brings the parts of an embedded ledger together when it is opened, whatever its last stop left. */
final class Startup {
    /** Entries: more than the projector takes in one transaction. */
    private static final long MARGIN = 10_000;

    private Startup() {}

    /**
     * Makes sure that the log is not older than what was computed from it, and that the outbox has heard of all that is
     * in the projections.
     *
     * @throws io.jobledger.log.LogException of kind {@code UNUSABLE} when the log lacks what the projections know
     */
    static void run(LedgerDirectory directory, FileLog log, Projections projections, H2Outbox outbox)
            throws IOException {
        LogHead applied = projections.applied();
        log.require(applied, "the records computed from it");
        Optional<String> closed = directory.takeClosed();
        boolean asClosed = closed.isPresent() && closed.get().equals(applied.text());
        if (!asClosed && applied.entry() > 0 && !RecentRows.agree(log, projections)) {
            Projector.LOG.warn(
                    "The projections were not closed properly and contradict the log; they are computed again");
            projections.replace();
        }
        if (closed.isEmpty() && outbox.enqueued() > 0) {
            outbox.mend(MARGIN);
        }
        long enqueued = outbox.enqueued();
        long upTo = projections.applied().entry();
        if (enqueued < upTo) {
            outbox.enqueue(outbox.known(), names(log, projections, enqueued, upTo), upTo);
        }
    }

    /** Names that the entries between the two may have changed. */
    private static Map<UUID, Changed> names(FileLog log, Projections projections, long after, long upTo) {
        Map<UUID, Changed> names = new HashMap<>();
        LogHead at = new LogHead(1, after, projections.applied().hash());
        try (Handle handle = projections.jdbi().open()) {
            while (at.entry() < upTo) {
                LogSteps.Group group = LogSteps.after(log, at, 1000);
                for (LogStep step : group.steps()) {
                    Job said =
                            step.event() == null ? null : step.event().event().job();
                    if (said != null && step.entry() <= upTo) {
                        add(names, said, step.entry());
                        jobs(handle, log, said).forEach(job -> add(names, job, step.entry()));
                    }
                }
                at = group.head();
            }
        }
        return names;
    }

    private static void add(Map<UUID, Changed> names, Job job, long entry) {
        job.keys().forEach(key -> names.put(key.digest(), new Changed(key, entry)));
    }

    /** The job as it is known; and where the event may have given it another name, as each event showed it. */
    private static List<Job> jobs(Handle handle, FileLog log, Job said) {
        if (said.jobId() == null) {
            return List.of();
        }
        List<Job> jobs = new ArrayList<>();
        handle.createQuery("SELECT d.doc FROM jobs j JOIN job_docs d ON d.entry = j.entry WHERE j.ansible_job_id = ?")
                .bind(0, said.jobId().value())
                .map((rows, context) -> JobDocs.job(rows.getString(1)))
                .filter(job -> job.uid().equals(said.uid()))
                .forEach(jobs::add);
        boolean renames = said.launch() != null || !said.saved().isEmpty();
        if (renames && !jobs.isEmpty() && jobs.get(0).check() != null) {
            UUID run = jobs.get(0).check().evidence().run().value();
            log.ofRun(run, 1, Long.MAX_VALUE, entry -> {
                Job seen =
                        LogStep.logged(entry, java.time.Instant.EPOCH).event().job();
                if (seen != null && seen.uid().equals(said.uid())) {
                    jobs.add(seen);
                }
                return true;
            });
        }
        return jobs;
    }
}
