package io.jobledger.ledger.read;

import com.fasterxml.jackson.databind.node.TextNode;
import io.jobledger.json.Json;
import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.ledger.rows.Reader;
import io.jobledger.log.LogEntry;
import io.jobledger.model.Event;
import io.jobledger.model.Job;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/** What was known of a job before an entry of the log. Thread-safe. */
final class JobHistory {
    private final Reader reader;
    private final LogReads log;

    JobHistory(Reader reader, LogReads log) {
        this.reader = reader;
        this.log = log;
    }

    /** The rows do not have the entry: they are being computed again. */
    static final class Recomputed extends RuntimeException {
        private static final long serialVersionUID = 1;

        Recomputed() {
            super("the records are being computed again", null, false, false);
        }
    }

    /** Where a job's events are, and how it stands now. */
    private record Row(long first, Set<UUID> runs, Job job) {}

    /**
     * Merges what the log had of a job before an entry. Where retention has removed some of that, the job is taken as
     * it stands now: what is known of it is no news.
     *
     * @param said names the job
     * @return null when the entry is the first that tells of it
     * @throws Recomputed when the rows do not have the entry at the moment
     */
    Job before(Job said, long entry) {
        Row row = reader.lookup(handle -> {
            requireProjected(handle, entry);
            return row(handle, said);
        });
        return row == null || row.first >= entry ? null : merged(row, said, entry);
    }

    /**
     * As {@link #before} has it, of the job with a number.
     *
     * @return null when there is no such job any more
     */
    Job numbered(long number, long entry) {
        record Numbered(Job job, Row row) {}
        Numbered found = reader.lookup(handle -> {
            requireProjected(handle, entry);
            return handle.createQuery("SELECT doc FROM job_docs WHERE entry = ?")
                    .bind(0, number)
                    .map((rows, c) -> JobDocs.job(rows.getString(1)))
                    .findOne()
                    .map(job -> new Numbered(job, row(handle, job)))
                    .orElse(null);
        });
        return found == null || found.row == null ? null : merged(found.row, found.job, entry);
    }

    private Job merged(Row row, Job said, long entry) {
        List<LogEntry> events = new ArrayList<>();
        String name = said.jobId() == null
                ? ""
                : Json.text(TextNode.valueOf(said.jobId().value()));
        for (UUID run : row.runs) {
            log.ofRun(run, row.first, entry - 1, one -> {
                if (one.body() != null && one.body().contains(name)) {
                    events.add(one);
                }
                return true;
            });
        }
        events.sort(Comparator.comparingLong(LogEntry::entry));
        Job before = null;
        boolean whole = false;
        for (LogEntry one : events) {
            Event event = LogReads.event(one);
            Job told = event == null ? null : event.job();
            if (told != null && told.uid().equals(said.uid())) {
                whole |= one.entry() == row.first;
                before = before == null ? told : before.merge(told);
            }
        }
        return whole ? before : row.job;
    }

    private static void requireProjected(Handle handle, long entry) {
        long projected = handle.createQuery("SELECT entry FROM projected")
                .mapTo(Long.class)
                .one();
        if (projected < entry) {
            throw new Recomputed();
        }
    }

    private static Row row(Handle handle, Job said) {
        Query query = said.jobId() == null
                ? handle.createQuery("SELECT j.entry, j.run_id, d.doc FROM jobs j JOIN job_docs d ON d.entry = j.entry"
                                + " WHERE j.run_id = ? AND j.ansible_job_id IS NULL")
                        .bind(0, said.run().value())
                : handle.createQuery("SELECT j.entry, j.run_id, d.doc FROM jobs j JOIN job_docs d ON d.entry = j.entry"
                                + " WHERE j.ansible_job_id = ?")
                        .bind(0, said.jobId().value());
        record Found(long entry, UUID run, Job job) {}
        Found found = query.map((rows, c) ->
                        new Found(rows.getLong(1), rows.getObject(2, UUID.class), JobDocs.job(rows.getString(3))))
                .filter(one -> one.job.uid().equals(said.uid()))
                .findFirst()
                .orElse(null);
        if (found == null) {
            return null;
        }
        Set<UUID> runs = new LinkedHashSet<>();
        if (found.run != null) {
            runs.add(found.run);
        }
        handle.createQuery("SELECT run_id FROM job_runs WHERE job = ?")
                .bind(0, found.entry)
                .map((rows, c) -> rows.getObject(1, UUID.class))
                .forEach(runs::add);
        return new Row(found.entry, runs, found.job);
    }
}
