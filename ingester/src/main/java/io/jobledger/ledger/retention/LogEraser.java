package io.jobledger.ledger.retention;

import io.jobledger.event.BatchDecoder;
import io.jobledger.ledger.Eraser;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Retention;
import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.log.EventLog;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogFact;
import io.jobledger.model.Event;
import io.jobledger.model.Job;
import io.jobledger.model.JobKey;
import io.jobledger.model.Run;
import io.jobledger.model.RunId;
import io.jobledger.model.RunInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Erases by facts: the event as it is from now on, and what is known of its run and its job without what went. */
public final class LogEraser implements Eraser {
    private static final int MOST = 100;

    private final EventLog log;
    private final LedgerActs acts;

    public LogEraser(EventLog log, LedgerActs acts) {
        this.log = log;
        this.acts = acts;
    }

    /** An event as the ledger has it. */
    private record Known(long entry, String body) {}

    @Override
    public Optional<What> at(long entry) {
        LogEntry[] found = new LogEntry[1];
        if (entry > 0 && entry <= log.head().entry()) {
            log.read(entry, record -> {
                record.entries().stream().filter(one -> one.entry() == entry).forEach(one -> found[0] = one);
                return false;
            });
        }
        return Optional.ofNullable(found[0])
                .filter(one -> one.seq() > 0)
                .map(one -> new What(new RunId(one.run()), one.seq(), null));
    }

    @Override
    public Optional<Erased> erase(What what, Retention.Order order) {
        Optional<Erased> erased = acts.act((handle, facts) -> {
            Optional<Known> known = known(handle, what);
            if (known.isEmpty()) {
                return Optional.empty();
            }
            return Optional.of(erase(handle, known.get(), what, order, facts));
        });
        if (erased.isPresent()) {
            new Purging(log, acts).run();
        }
        return erased;
    }

    private Optional<Known> known(Handle handle, What what) {
        Optional<Known> replaced = handle.createQuery("SELECT entry, body FROM replaced WHERE run_id = ? AND seq = ?")
                .bind(0, what.run().value())
                .bind(1, what.seq())
                .map((rows, context) -> new Known(rows.getLong(1), rows.getString(2)))
                .findOne();
        if (replaced.isPresent()) {
            return replaced;
        }
        Known[] found = new Known[1];
        log.ofRun(what.run().value(), 1, Long.MAX_VALUE, entry -> {
            found[0] = entry.seq() == what.seq() ? new Known(entry.entry(), entry.body()) : null;
            return found[0] == null;
        });
        return Optional.ofNullable(found[0]);
    }

    private Erased erase(Handle handle, Known known, What what, Retention.Order order, List<LogFact> facts) {
        Redaction redaction = new Redaction(what);
        Event before = BatchDecoder.again(known.body);
        Event now = redacted(redaction, known, before);
        facts.add(new LogFact.EventReplaced(
                known.entry, order.by(), order.reason(), now.head().body()));
        run(handle, now).ifPresent(facts::add);
        JobKey[] name = new JobKey[1];
        if (before.job() != null) {
            job(handle, before.job(), redaction).ifPresent(kept -> {
                facts.add(kept);
                name[0] = JobDocs.job(kept.doc()).mainKey();
            });
        }
        return new Erased(known.entry, name[0], alsoIn(known.entry, what));
    }

    private static Event redacted(Redaction redaction, Known known, Event before) {
        Event now;
        try {
            now = BatchDecoder.again(redaction.of(known.body));
        } catch (IllegalArgumentException e) {
            throw conflict("without it the event cannot be read any more: " + e.getMessage());
        }
        if (now.head().body().equals(before.head().body())) {
            throw conflict("the event has nothing of it");
        }
        UUID uid = before.job() == null ? null : before.job().uid();
        boolean same = now.head().run().equals(before.head().run())
                && now.head().seq() == before.head().seq()
                && now.getClass() == before.getClass()
                && Objects.equals(uid, now.job() == null ? null : now.job().uid());
        if (!same) {
            throw conflict("it is in the id of the run or of the job, or in the host where the job ran: other events"
                    + " speak of them by it. 'jobledger prune' or DELETE /api/v1/runs/RUN_ID removes the whole run");
        }
        return now;
    }

    private static LedgerException conflict(String why) {
        return new LedgerException(LedgerException.Kind.CONFLICT, why);
    }

    /** The run as it is; only what it said of itself may change. */
    private static Optional<LogFact> run(Handle handle, Event now) {
        return !now.ofRun()
                ? Optional.empty()
                : handle.createQuery(
                                "SELECT " + Rows.RUN_COLUMNS + ", first_entry, last_entry FROM runs WHERE run_id = ?")
                        .bind(0, now.head().run().value())
                        .map((rows, context) -> (LogFact) new LogFact.RunKept(
                                rows.getLong("first_entry"),
                                rows.getLong("last_entry"),
                                JobDocs.write(saying(Rows.run(rows, context), now))))
                        .findOne();
    }

    private static Run saying(Run run, Event now) {
        RunInfo info = now instanceof Event.RunStarted started ? started.info() : run.info();
        return new Run(
                run.id(),
                info,
                run.firstAt(),
                run.lastAt(),
                run.maxSeq(),
                run.events(),
                run.finishedSeq(),
                run.finishedAt(),
                run.interruptedSeq(),
                run.lastReceivedAt());
    }

    private static Optional<LogFact.JobKept> job(Handle handle, Job job, Redaction redaction) {
        String which = job.jobId() == null ? "j.run_id = ? AND j.ansible_job_id IS NULL" : "j.ansible_job_id = ?";
        return handle.createQuery("SELECT j.entry, d.last_entry, d.doc FROM jobs j JOIN job_docs d ON d.entry = j.entry"
                        + " WHERE " + which)
                .bind(0, job.jobId() == null ? job.run().value() : job.jobId().value())
                .map((rows, context) -> new LogFact.JobKept(rows.getLong(1), rows.getLong(2), rows.getString(3)))
                .filter(kept -> JobDocs.job(kept.doc()).uid().equals(job.uid()))
                .findFirst()
                // Read and written once more, so that it is as the projections write it.
                .map(kept -> new LogFact.JobKept(
                        kept.entry(), kept.lastEntry(), JobDocs.write(JobDocs.job(redaction.of(kept.doc())))));
    }

    private List<Long> alsoIn(long entry, What what) {
        List<Long> found = new ArrayList<>();
        if (what.text() != null) {
            log.ofRun(what.run().value(), 1, Long.MAX_VALUE, other -> {
                if (other.entry() != entry
                        && !new Redaction(what).of(other.body()).equals(other.body())
                        && other.body().contains(what.text())) {
                    found.add(other.seq());
                }
                return found.size() < MOST;
            });
        }
        return found;
    }
}
