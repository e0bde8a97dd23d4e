package io.jobledger.ledger.project;

import io.jobledger.ledger.project.JobWriter.Stored;
import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.ledger.rows.RowBatch;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.log.LogFact;
import io.jobledger.model.Event;
import io.jobledger.model.Job;
import io.jobledger.model.JobRecord;
import io.jobledger.model.Run;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/**
 * Applies what the ledger removed, and what it kept of that. The rows are then the same whether the events that were
 * removed had been seen or not: what stays is stored anew, as the fact has it. Used by the writer's thread, inside its
 * transaction.
 */
final class FactRows {
    private static final String JOBS =
            "SELECT j.entry, d.doc, j.run_known FROM jobs j JOIN job_docs d ON d.entry = j.entry WHERE ";

    private final Handle handle;
    private final WriteTransaction writing;
    private final NameCounts names = new NameCounts();

    FactRows(Handle handle, WriteTransaction writing) {
        this.handle = handle;
        this.writing = writing;
    }

    void forget(LogFact.RunsForgotten fact) throws SQLException {
        Set<UUID> runs = fact.runs().stream().map(LogFact.Forgotten::run).collect(Collectors.toSet());
        Map<UUID, String> told = new HashMap<>();
        fact.runs().forEach(run -> run.toldElsewhere().forEach(job -> told.put(job.uid(), job.ansibleJobId())));
        List<Stored> jobs = stored("j.run_id = ANY(?)", "UUID", runs);
        stored("j.ansible_job_id = ANY(?)", "VARCHAR", told.values()).stream()
                .filter(job -> told.containsKey(job.job().uid()) && !runs.contains(run(job)))
                .forEach(jobs::add);
        remove(jobs);
        names.execute(handle);
        for (Stored job : jobs) {
            handle.execute("DELETE FROM job_runs WHERE job = ?", job.entry());
            handle.execute("DELETE FROM told WHERE job = ?", job.entry());
        }
        removeRuns(RunWriter.read(handle, List.copyOf(runs)).values());
        for (String table : List.of("job_runs", "plays", "replaced", "set_aside")) {
            handle.createUpdate("DELETE FROM " + table + " WHERE run_id = ANY(?)")
                    .bindBySqlType(0, Sql.array(handle, "UUID", runs), Types.ARRAY)
                    .execute();
        }
    }

    private static UUID run(Stored job) {
        return job.job().run() == null ? null : job.job().run().value();
    }

    /** @param entry of the fact */
    void keep(long entry, LogFact.JobKept kept) throws SQLException {
        Job job = JobDocs.job(kept.doc());
        JobRecord record = JobRows.record(job);
        List<Stored> before = stored("j.entry = ANY(?)", "BIGINT", Set.of(kept.entry()));
        if (before.isEmpty() && job.jobId() != null) {
            before = stored(
                    "j.ansible_job_id = ANY(?)", "VARCHAR", Set.of(job.jobId().value()));
        }
        before.removeIf(one -> !one.job().uid().equals(job.uid()));
        remove(before);
        JobRows rows = new JobRows(handle, facts(List.of(new Stored(job, kept.entry(), false))));
        rows.add(null, false, record, kept.entry());
        rows.addDoc(true, job, kept.doc(), kept.entry(), kept.lastEntry());
        rows.execute();
        KeyRows keys = new KeyRows(handle);
        keys.add(null, job, kept.entry());
        keys.execute();
        names.changed(null, record);
        names.execute(handle);
        Map<UUID, Changed> changed = new HashMap<>();
        for (Stored old : before) {
            handle.execute("UPDATE job_runs SET job = ? WHERE job = ?", kept.entry(), old.entry());
            if (old.entry() != kept.entry()) {
                handle.execute("UPDATE told SET job = ? WHERE job = ?", kept.entry(), old.entry());
            }
            old.job().keys().forEach(key -> changed.put(key.digest(), new Changed(key, entry)));
        }
        boolean same = before.stream().anyMatch(old -> old.job().equals(job));
        if (!same && !job.checkMode()) {
            job.keys().forEach(key -> changed.put(key.digest(), new Changed(key, entry)));
            writing.changed(changed);
        }
    }

    void keep(LogFact.RunKept kept) throws SQLException {
        Run run = JobDocs.run(kept.doc());
        UUID id = run.id().value();
        List<Stored> jobs = stored("j.run_id = ANY(?)", "UUID", Set.of(id));
        removeLabels(jobs);
        handle.execute("UPDATE jobs SET run_known = FALSE WHERE run_id = ?", id);
        removeRuns(RunWriter.read(handle, List.of(id)).values());
        RunRows rows = new RunRows(handle, writing.memory());
        rows.add(null, run, kept.firstEntry(), kept.lastEntry());
        rows.execute();
    }

    void replace(LogFact.EventReplaced fact, Event event) {
        UUID run = event.head().run().value();
        handle.execute("DELETE FROM replaced WHERE entry = ?", fact.entry());
        handle.execute(
                "INSERT INTO replaced (entry, run_id, seq, body) VALUES (?, ?, ?, ?)",
                fact.entry(),
                run,
                event.head().seq(),
                fact.body());
        if (event instanceof Event.PlayStarted play) {
            handle.execute(
                    "DELETE FROM plays WHERE run_id = ? AND seq = ?",
                    run,
                    play.head().seq());
            RunWriter.insertPlays(handle, List.of(play));
        }
    }

    void told(LogFact.JobOverdue fact) {
        handle.execute(
                "INSERT INTO told (job, after_seconds) SELECT CAST(? AS BIGINT), CAST(? AS BIGINT) WHERE NOT EXISTS"
                        + " (SELECT 1 FROM told WHERE job = ? AND after_seconds = ?)",
                fact.job(),
                fact.after(),
                fact.job(),
                fact.after());
    }

    /** Something is to be removed from the log. */
    void open(long entry) {
        handle.execute(
                "UPDATE removals SET first_open = CASE WHEN first_open = 0 THEN ? ELSE first_open END, latest = ?",
                entry,
                entry);
    }

    void purged(LogFact.Purged fact) {
        handle.execute(
                "UPDATE removals SET first_open = CASE WHEN latest > ? THEN ? ELSE 0 END",
                fact.upTo(),
                fact.upTo() + 1);
    }

    private List<Stored> stored(String condition, String type, Collection<?> values) throws SQLException {
        return new ArrayList<>(handle.createQuery(JOBS + condition)
                .bindBySqlType(0, Sql.array(handle, type, values), Types.ARRAY)
                .map(JobWriter::stored)
                .list());
    }

    private RunFacts facts(List<Stored> jobs) throws SQLException {
        return new RunFacts(
                handle,
                new WriterMemory(0),
                jobs.stream()
                        .map(FactRows::run)
                        .filter(java.util.Objects::nonNull)
                        .collect(Collectors.toSet()),
                List.of());
    }

    /** All but {@code job_runs}. */
    private void remove(List<Stored> jobs) throws SQLException {
        KeyRows keys = new KeyRows(handle);
        RowBatch rows = new RowBatch(handle, "DELETE FROM jobs WHERE entry = ?");
        RowBatch docs = new RowBatch(handle, "DELETE FROM job_docs WHERE entry = ?");
        removeLabels(jobs);
        for (Stored job : jobs) {
            keys.add(job.job(), null, job.entry());
            names.changed(JobRows.record(job.job()), null);
            rows.add(job.entry());
            docs.add(job.entry());
        }
        keys.execute();
        Sql.execute(rows, docs);
    }

    private void removeLabels(List<Stored> jobs) throws SQLException {
        RunFacts runs = facts(jobs);
        RowBatch labels =
                new RowBatch(handle, "DELETE FROM job_labels WHERE label_id = ? AND started_at = ? AND entry = ?");
        for (Stored job : jobs) {
            if (job.runKnown()) {
                RunFacts.labels(runs.of(job.job().run()))
                        .forEach(label -> labels.add(label, Sql.utc(job.job().startedAt()), job.entry()));
            }
        }
        labels.execute();
    }

    private void removeRuns(Collection<Run> runs) {
        RowBatch labels =
                new RowBatch(handle, "DELETE FROM run_labels WHERE label_id = ? AND first_at = ? AND run_id = ?");
        RowBatch rows = new RowBatch(handle, "DELETE FROM runs WHERE run_id = ?");
        for (Run run : runs) {
            RunFacts.labels(run.info())
                    .forEach(label ->
                            labels.add(label, Sql.utc(run.firstAt()), run.id().value()));
            rows.add(run.id().value());
        }
        Sql.execute(labels, rows);
    }
}
