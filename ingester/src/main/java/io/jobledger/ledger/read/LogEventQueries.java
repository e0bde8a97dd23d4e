package io.jobledger.ledger.read;

import com.fasterxml.jackson.databind.node.TextNode;
import io.jobledger.json.Json;
import io.jobledger.ledger.EventQueries;
import io.jobledger.ledger.query.Change;
import io.jobledger.ledger.query.Page;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.StoredEvent;
import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.ledger.rows.Reader;
import io.jobledger.log.LogEntry;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.Event;
import io.jobledger.model.Job;
import io.jobledger.model.RunId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.jdbi.v3.core.Handle;

/** {@link EventQueries}, answered from the log; rows say where in it to look. */
final class LogEventQueries implements EventQueries {
    private static final Set<String> ENDS = Set.of("job_ended", "job_saved", "job_closed");

    private final Reader reader;
    private final LogReads log;
    private final LongSupplier projected;
    private final RunEvents runs;

    /** @param projected up to which entry the log is in the rows */
    LogEventQueries(Reader reader, LogReads log, LongSupplier projected) {
        this.reader = reader;
        this.log = log;
        this.projected = projected;
        this.runs = new RunEvents(reader, log, projected);
    }

    @Override
    public Page<StoredEvent> events(RunId id, PageRequest page) {
        return runs.page(id, page);
    }

    @Override
    public List<String> events(RunId id, long afterSeq, int limit) {
        return runs.after(id, afterSeq, limit).stream().map(StoredEvent::body).toList();
    }

    /** Where a job's events are: those of these runs between its first entry and its last. */
    private record Place(Set<UUID> runs, RunEvents.Bounds bounds) {}

    @Override
    public List<StoredEvent> eventsOf(String executionHost, AnsibleJobId jobId, int limit) {
        UUID uid = Job.uid(executionHost, jobId);
        Place place = reader.lookup(handle -> place(handle, uid, jobId)).orElse(null);
        if (place == null) {
            return List.of();
        }
        // As it stands in the JSON of every event that names the job.
        String name = Json.text(TextNode.valueOf(jobId.value()));
        List<Dated> found = new ArrayList<>();
        for (UUID run : place.runs) {
            int[] count = new int[1];
            log.ofRun(run, place.bounds.first(), place.bounds.last(), entry -> {
                Event event = entry.body().contains(name) ? LogReads.event(entry) : null;
                if (event != null && uid.equals(event.jobUid())) {
                    found.add(new Dated(entry, event));
                    count[0]++;
                }
                return count[0] < limit;
            });
        }
        return found.stream()
                .sorted(Comparator.comparingLong(dated -> dated.entry.entry()))
                .limit(limit)
                .sorted(Comparator.comparing(dated -> dated.event.head().at()))
                .map(dated -> LogReads.stored(dated.entry))
                .toList();
    }

    private record Dated(LogEntry entry, Event event) {}

    private static Optional<Place> place(Handle handle, UUID uid, AnsibleJobId jobId) {
        record Row(long entry, long last, UUID run, Job job) {}
        return handle.createQuery(
                        "SELECT j.entry, d.last_entry, j.run_id, d.doc FROM jobs j JOIN job_docs d ON d.entry ="
                                + " j.entry WHERE j.ansible_job_id = ?")
                .bind(0, jobId.value())
                .map((rows, c) -> new Row(
                        rows.getLong(1),
                        rows.getLong(2),
                        rows.getObject(3, UUID.class),
                        JobDocs.job(rows.getString(4))))
                .filter(row -> row.job.uid().equals(uid))
                .findFirst()
                .map(row -> {
                    Set<UUID> runs = new LinkedHashSet<>();
                    if (row.run != null) {
                        runs.add(row.run);
                    }
                    handle.createQuery("SELECT run_id FROM job_runs WHERE job = ?")
                            .bind(0, row.entry)
                            .map((rows, c) -> rows.getObject(1, UUID.class))
                            .forEach(runs::add);
                    return new Place(runs, new RunEvents.Bounds(row.entry, row.last));
                });
    }

    @Override
    public List<Ending> endings(long afterEntry, long upTo, int limit) {
        List<Ending> endings = new ArrayList<>();
        log.read(afterEntry + 1, upTo, entry -> {
            Event event = ENDS.contains(LogReads.type(entry.body())) ? LogReads.event(entry) : null;
            Job job = event == null ? null : event.job();
            if (job != null) {
                endings.add(new Ending(
                        entry.entry(), job.jobId() == null ? null : job.jobId().value()));
            }
            return endings.size() < limit;
        });
        return endings;
    }

    @Override
    public Changes changes(long afterEntry, int limit) {
        // Before the rows are read: what they say is then no older than the events.
        long upTo = projected.getAsLong();
        List<LogEntry> entries = new ArrayList<>();
        log.read(afterEntry + 1, upTo, entry -> {
            entries.add(entry);
            return entries.size() < limit;
        });
        List<Change> changes = reader.atOnce().audit(query -> ChangedRows.changes(query.handle(), entries));
        return new Changes(
                changes,
                entries.size() < limit
                        ? Math.max(afterEntry, upTo)
                        : entries.get(entries.size() - 1).entry());
    }
}
