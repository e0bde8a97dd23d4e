package io.jobledger.ledger.project;

import io.jobledger.ledger.rows.Facets;
import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.ledger.rows.RowBatch;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.model.Run;
import io.jobledger.model.RunInfo;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/**
 * Writes rows of {@code runs} and {@code run_labels}, and tells jobs that came before their run what it is. Used by the
 * writer's thread, inside its transaction.
 */
final class RunRows {
    /** What a run says of itself. */
    private static final List<String> INFO = List.of(
            "run_name",
            "playbook",
            "playbook_path",
            "run_user",
            "controller",
            "info",
            "run_name_id",
            "playbook_id",
            "user_id",
            "controller_id",
            "kind",
            "check_mode");
    /** What its events add up to. */
    private static final List<String> PROGRESS = List.of(
            "first_at",
            "last_at",
            "max_seq",
            "events",
            "finished_seq",
            "finished_at",
            "interrupted_seq",
            "last_received_at",
            "ended",
            "gaps",
            "last_entry");

    private static final List<String> COLUMNS =
            Stream.concat(INFO.stream(), PROGRESS.stream()).toList();
    private static final String INSERT = "INSERT INTO runs (" + String.join(", ", COLUMNS)
            + ", run_id, first_entry) VALUES (" + "?, ".repeat(COLUMNS.size()) + "?, ?)";

    private final Handle handle;
    private final WriterMemory memory;
    private final RowBatch inserts;
    private final RowBatch updates;
    private final RowBatch progress;
    private final RowBatch newLabels;
    private final RowBatch goneLabels;
    private final List<Run> introduced = new ArrayList<>();

    RunRows(Handle handle, WriterMemory memory) {
        this.handle = handle;
        this.memory = memory;
        this.inserts = new RowBatch(handle, INSERT);
        this.updates = new RowBatch(handle, RowBatch.update("runs", COLUMNS, "run_id"));
        this.progress = new RowBatch(handle, RowBatch.update("runs", PROGRESS, "run_id"));
        this.newLabels = new RowBatch(handle, "INSERT INTO run_labels (label_id, first_at, run_id) VALUES (?, ?, ?)");
        this.goneLabels =
                new RowBatch(handle, "DELETE FROM run_labels WHERE label_id = ? AND first_at = ? AND run_id = ?");
    }

    /**
     * Puts a row in line.
     *
     * @param before what it says now, null for a new one
     * @param first of the entries that say something new of it
     * @param last of them
     */
    void add(Run before, Run run, long first, long last) {
        RunInfo info = run.info();
        if (before != null && Objects.equals(before.info(), info)) {
            progress.add(progress(run, last).toArray());
        } else {
            List<Object> row = new ArrayList<>(info(info));
            row.addAll(progress(run, last));
            if (before == null) {
                row.add(first);
            }
            (before == null ? inserts : updates).add(row.toArray());
        }
        label(before, run);
        if (info != null && (before == null || before.info() == null)) {
            introduced.add(run);
        }
    }

    private static List<Object> info(RunInfo info) {
        return Arrays.asList(
                info == null ? null : info.runName(),
                info == null ? null : info.playbook(),
                info == null ? null : info.playbookPath(),
                info == null ? null : info.user(),
                info == null ? null : info.controller(),
                JobDocs.write(info),
                info == null ? null : Facets.id(info.runName()),
                info == null ? null : Facets.playbook(info.playbook(), info.playbookPath()),
                info == null ? null : Facets.id(info.user()),
                info == null ? null : Facets.id(info.controller()),
                info == null ? null : info.kind(),
                info != null && info.checkMode());
    }

    private static List<Object> progress(Run run, long last) {
        return Arrays.asList(
                Sql.utc(run.firstAt()),
                Sql.utc(run.lastAt()),
                run.maxSeq(),
                run.events(),
                run.finishedSeq(),
                Sql.utc(run.finishedAt()),
                run.interruptedSeq(),
                Sql.utc(run.lastReceivedAt()),
                run.finished(),
                !run.complete(),
                last,
                run.id().value());
    }

    private void label(Run before, Run run) {
        Instant first = before == null || before.info() == null ? null : before.firstAt();
        if (!run.firstAt().equals(first)) {
            UUID id = run.id().value();
            RunFacts.labels(run.info()).forEach(label -> {
                if (first != null) {
                    goneLabels.add(label, Sql.utc(first), id);
                }
                newLabels.add(label, Sql.utc(run.firstAt()), id);
            });
        }
    }

    void execute() {
        Sql.execute(inserts, updates, progress, goneLabels, newLabels);
        introduced.forEach(this::tellJobs);
    }

    /** Jobs whose events came before what their run said of itself; most often there are none. */
    private void tellJobs(Run run) {
        record Row(long entry, Instant startedAt) {}
        List<Row> jobs = handle.createQuery("SELECT entry, started_at FROM jobs WHERE run_id = ? AND run_known = FALSE")
                .bind(0, run.id().value())
                .map((rows, context) -> new Row(rows.getLong(1), Rows.instant(rows, "started_at")))
                .list();
        RowBatch told = new RowBatch(
                handle,
                RowBatch.update("jobs", List.of("run_known", "user_id", "controller_id", "run_name_id"), "entry"));
        RowBatch labels = new RowBatch(handle, "INSERT INTO job_labels (label_id, started_at, entry) VALUES (?, ?, ?)");
        for (Row job : jobs) {
            told.add(
                    true,
                    Facets.id(run.info().user()),
                    Facets.id(run.info().controller()),
                    Facets.id(run.info().runName()),
                    job.entry);
            RunFacts.labels(run.info()).forEach(label -> labels.add(label, Sql.utc(job.startedAt), job.entry));
        }
        Sql.execute(told, labels);
        if (!jobs.isEmpty()) {
            memory.forgetJobs();
        }
    }
}
