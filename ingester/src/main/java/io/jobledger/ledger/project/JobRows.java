package io.jobledger.ledger.project;

import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.rows.Facets;
import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.ledger.rows.RowBatch;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.model.Job;
import io.jobledger.model.JobRecord;
import io.jobledger.model.RunInfo;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Writes rows of {@code jobs} and {@code job_labels}. Used by the writer's thread, inside its transaction. */
public final class JobRows {
    /** The width of {@code jobs.doc}. */
    private static final int MAX_DOC = 1_000_000;

    private static final List<String> COLUMNS = List.of(
            "ansible_job_id",
            "host",
            "play",
            "job",
            "playbook",
            "playbook_path",
            "task",
            "message",
            "run_id",
            "status",
            "started_at",
            "deadline",
            "finished_at",
            "duration_ms",
            "duration_class",
            "host_id",
            "execution_id",
            "play_id",
            "name_id",
            "task_id",
            "action_id",
            "playbook_id",
            "run_known",
            "user_id",
            "controller_id",
            "run_name_id");

    private static final String INSERT = "INSERT INTO jobs (" + String.join(", ", COLUMNS) + ", entry) VALUES ("
            + "?, ".repeat(COLUMNS.size()) + "?)";

    private final RunFacts runs;
    private final RowBatch inserts;
    private final RowBatch updates;
    private final RowBatch newDocs;
    private final RowBatch docs;
    private final RowBatch otherRuns;
    private final RowBatch newLabels;
    private final RowBatch goneLabels;

    JobRows(Handle handle, RunFacts runs) {
        this.runs = runs;
        this.inserts = new RowBatch(handle, INSERT);
        this.updates = new RowBatch(handle, RowBatch.update("jobs", COLUMNS, "entry"));
        this.newDocs =
                new RowBatch(handle, "INSERT INTO job_docs (last_seen_at, doc, last_entry, entry) VALUES (?, ?, ?, ?)");
        this.docs = new RowBatch(
                handle, RowBatch.update("job_docs", List.of("last_seen_at", "doc", "last_entry"), "entry"));
        this.otherRuns = new RowBatch(
                handle,
                "INSERT INTO job_runs (job, run_id) SELECT CAST(? AS BIGINT), CAST(? AS UUID) WHERE NOT EXISTS"
                        + " (SELECT 1 FROM job_runs WHERE job = ? AND run_id = ?)");
        this.newLabels = new RowBatch(handle, "INSERT INTO job_labels (label_id, started_at, entry) VALUES (?, ?, ?)");
        this.goneLabels =
                new RowBatch(handle, "DELETE FROM job_labels WHERE label_id = ? AND started_at = ? AND entry = ?");
    }

    /** Whether the run has said what it is. */
    boolean runKnown(JobRecord record) {
        return runs.of(record.run()) != null;
    }

    /**
     * How a job is written.
     *
     * @throws LedgerException of kind {@code REFUSED} when it is too large
     */
    public static String doc(Job job) {
        String doc = JobDocs.write(job);
        if (doc.length() > MAX_DOC) {
            throw new LedgerException(
                    LedgerException.Kind.REFUSED,
                    "job " + job.mainKey() + " would hold more than " + MAX_DOC
                            + " characters: save less metadata, or save it under fewer names");
        }
        return doc;
    }

    /** Puts a row in line of which nothing but the document changed. */
    void addSeen(Job job, String doc, long entry, long last) {
        addDoc(false, job, doc, entry, last);
    }

    /** Puts a document in line. */
    void addDoc(boolean fresh, Job job, String doc, long entry, long last) {
        (fresh ? newDocs : docs).add(Sql.utc(job.lastSeenAt()), doc, last, entry);
    }

    /**
     * Notes a run that told of a job and is not its own, or is not any more.
     *
     * @param before the job before that, null when there was none
     */
    void addRuns(Job before, Job job, long entry, UUID told) {
        UUID own = job.run() == null ? null : job.run().value();
        if (!told.equals(own)) {
            addRun(entry, told);
        }
        if (before != null && before.run() != null && !before.run().value().equals(own)) {
            addRun(entry, before.run().value());
        }
    }

    private void addRun(long entry, UUID run) {
        otherRuns.add(entry, run, entry, run);
    }

    /**
     * Puts a row in line.
     *
     * @param before what the row says now, null for a new row
     * @param knownBefore whether it already says what its run told
     * @param record of the job under its main name
     */
    void add(JobRecord before, boolean knownBefore, JobRecord record, long entry) {
        RunInfo run = runs.of(record.run());
        Long millis = record.finishedAt() == null
                ? null
                : Math.max(
                        0,
                        Duration.between(record.startedAt(), record.finishedAt())
                                .toMillis());
        (before == null ? inserts : updates)
                .add(
                        record.jobId() == null ? null : record.jobId().value(),
                        record.key().host(),
                        record.key().play(),
                        record.key().job(),
                        record.playbook(),
                        record.playbookPath(),
                        record.task(),
                        record.message(),
                        record.run() == null ? null : record.run().value(),
                        record.status().wire(),
                        Sql.utc(record.startedAt()),
                        Sql.utc(record.deadline()),
                        Sql.utc(record.finishedAt()),
                        millis,
                        Facets.durationClass(millis),
                        Facets.id(record.key().host()),
                        record.executionHost().equals(record.key().host()) ? null : Facets.id(record.executionHost()),
                        Facets.id(record.key().play()),
                        Facets.id(record.key().job()),
                        Facets.id(record.task()),
                        Facets.id(record.action()),
                        Facets.playbook(record.playbook(), record.playbookPath()),
                        run != null,
                        run == null ? null : Facets.id(run.user()),
                        run == null ? null : Facets.id(run.controller()),
                        run == null ? null : Facets.id(run.runName()),
                        entry);
        label(before, knownBefore, record, run, entry);
    }

    private void label(JobRecord old, boolean knownBefore, JobRecord record, RunInfo run, long entry) {
        if (old != null) {
            if (knownBefore
                    && old.startedAt().equals(record.startedAt())
                    && java.util.Objects.equals(old.run(), record.run())) {
                return;
            }
            if (knownBefore) {
                RunFacts.labels(runs.of(old.run()))
                        .forEach(label -> goneLabels.add(label, Sql.utc(old.startedAt()), entry));
            }
        }
        RunFacts.labels(run).forEach(label -> newLabels.add(label, Sql.utc(record.startedAt()), entry));
    }

    void execute() {
        Sql.execute(inserts, updates, newDocs, docs, otherRuns, goneLabels, newLabels);
    }

    public static JobRecord record(Job job) {
        return job.record(job.mainKey());
    }
}
