package io.jobledger.ledger.chain;

import io.jobledger.event.BatchDecoder;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Verifier.Fault;
import io.jobledger.ledger.chain.ChainLink.StoredEvent;
import io.jobledger.ledger.rows.EventText;
import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.model.Event;
import io.jobledger.model.Job;
import io.jobledger.model.JobDescription;
import io.jobledger.model.JobEnd;
import io.jobledger.model.JobRecord;
import io.jobledger.model.Run;
import io.jobledger.model.RunId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/**
 * Compares the merged rows with the events they were merged from: what people read must follow from what is chained.
 * Merging does not depend on the order, so the same events give the same row. Not thread-safe.
 */
final class RecordCheck {
    private static final String JOB =
            "SELECT entry, ansible_job_id, host, play, job, run_id, status, started_at, deadline, doc FROM jobs";

    private final Handle handle;

    RecordCheck(Handle handle) {
        this.handle = handle;
    }

    /** A run's knowledge, gathered from its events as they are walked. */
    final class RunFold {
        private Run run;

        void add(StoredEvent stored) {
            try {
                Event event = BatchDecoder.again(stored.body());
                if (event.ofRun()) {
                    Run news = Run.of(event, stored.receivedAt());
                    run = run == null ? news : run.merge(news);
                }
            } catch (IllegalArgumentException e) {
                // Its hash does not fit either, which says it better.
            }
        }

        /** What is wrong with the run's row; call it when all its events were added. */
        Optional<Fault> fault(UUID id) {
            Run stored = handle.createQuery("SELECT " + Rows.RUN_COLUMNS + " FROM runs WHERE run_id = ?")
                    .bind(0, id)
                    .map(Rows::run)
                    .findOne()
                    .orElse(null);
            if (stored == null ? run == null : run != null && (stored.equals(run) || stored.events() > run.events())) {
                // More events: it went on meanwhile.
                return Optional.empty();
            }
            return Optional.of(new Fault(
                    "run-changed",
                    new RunId(id),
                    null,
                    null,
                    stored == null
                            ? "the run's row is missing"
                            : "what the ledger shows of this run does not follow from its events"));
        }
    }

    /** A job's row. */
    private record Stored(
            long entry,
            String id,
            String host,
            String play,
            String name,
            UUID run,
            String status,
            Instant startedAt,
            Instant deadline,
            String doc) {}

    private Optional<Stored> stored(long entry) {
        return handle.createQuery(JOB + " WHERE entry = ?")
                .bind(0, entry)
                .map((rows, context) -> new Stored(
                        rows.getLong("entry"),
                        rows.getString("ansible_job_id"),
                        rows.getString("host"),
                        rows.getString("play"),
                        rows.getString("job"),
                        rows.getObject("run_id", UUID.class),
                        rows.getString("status"),
                        Rows.instant(rows, "started_at"),
                        Rows.instant(rows, "deadline"),
                        rows.getString("doc")))
                .findOne();
    }

    /** How a job's row stands to its events. */
    enum Outcome {
        PROVEN,
        UNPROVABLE,
        CHANGED,
        GONE
    }

    /** Compares one job; {@code entry} is its number. */
    Outcome job(long entry) {
        // Read twice where they differ: an event may have come between the two readings.
        for (int attempt = 0; ; attempt++) {
            Stored stored = stored(entry).orElse(null);
            if (stored == null) {
                return Outcome.GONE;
            }
            Job merged = merged(entry);
            if (merged != null && follows(stored, merged)) {
                return Outcome.PROVEN;
            }
            if (attempt == 2) {
                return evidenceIsGone(stored) ? Outcome.UNPROVABLE : Outcome.CHANGED;
            }
        }
    }

    private Job merged(long entry) {
        Job merged = null;
        for (String body : handle.createQuery("SELECT " + EventText.COLUMNS + " FROM events WHERE job = ?")
                .bind(0, entry)
                .map((rows, context) -> EventText.read(rows))
                .list()) {
            try {
                Job news = BatchDecoder.again(body).job();
                merged = merged == null ? news : news == null ? merged : merged.merge(news);
            } catch (IllegalArgumentException e) {
                return null;
            }
        }
        return merged;
    }

    private static boolean follows(Stored stored, Job merged) {
        JobRecord record = merged.record(merged.mainKey());
        Stored expected = new Stored(
                stored.entry,
                merged.jobId() == null ? null : merged.jobId().value(),
                record.key().host(),
                record.key().play(),
                record.key().job(),
                record.run() == null ? null : record.run().value(),
                record.status().wire(),
                record.startedAt(),
                record.deadline(),
                JobDocs.write(merged));
        return expected.equals(stored);
    }

    /** Whether one of the runs that the record names as its sources has been removed. */
    private boolean evidenceIsGone(Stored stored) {
        Job job;
        try {
            job = JobDocs.job(stored.doc);
        } catch (LedgerException e) {
            return false;
        }
        List<JobDescription> descriptions = new ArrayList<>(job.saved().values());
        Stream.of(job.launch(), job.check())
                .filter(description -> description != null)
                .forEach(descriptions::add);
        List<JobEnd> ends = new ArrayList<>(job.ends().lost().values());
        Stream.of(
                        job.ends().own(),
                        job.ends().verdict(),
                        job.ends().inferred().vanished(),
                        job.ends().inferred().closed())
                .filter(end -> end != null)
                .forEach(ends::add);
        return Stream.concat(
                        descriptions.stream().map(JobDescription::evidence),
                        ends.stream().map(JobEnd::evidence))
                .map(evidence -> evidence.run().value())
                .distinct()
                .anyMatch(run -> handle.createQuery("SELECT COUNT(*) FROM stubs WHERE run_id = ?")
                                .bind(0, run)
                                .mapTo(Long.class)
                                .one()
                        > 0);
    }
}
