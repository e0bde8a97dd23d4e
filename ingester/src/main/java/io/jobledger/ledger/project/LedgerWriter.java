package io.jobledger.ledger.project;

import io.jobledger.ledger.chain.ChainLink.StoredEvent;
import io.jobledger.ledger.chain.LedgerHead;
import io.jobledger.ledger.rows.EventText;
import io.jobledger.ledger.rows.RowBatch;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.model.Event;
import io.jobledger.model.EventHead;
import io.jobledger.model.Job;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/**
 * Turns events into rows, inside a transaction that the caller opens and commits. Used by one thread;
 * {@link WriteTransaction} keeps other writers out meanwhile.
 */
public final class LedgerWriter {
    private final Handle handle;
    private final WriteTransaction writing;
    private final OffsetDateTime now;
    private final Instant received;
    private final List<Event> fresh = new ArrayList<>();
    private long lastEvent;

    public LedgerWriter(Handle handle, WriteTransaction writing, Instant now) {
        this.handle = handle;
        this.writing = writing;
        // The database keeps no more, and what is hashed must be what is kept.
        this.received = now.truncatedTo(ChronoUnit.MICROS);
        this.now = Sql.utc(received);
    }

    /** Stores what is new of each batch; returns for each how many events were. */
    public List<Integer> write(List<List<Event>> batches) throws SQLException {
        Set<EventId> known = known(batches);
        List<Integer> stored = new ArrayList<>();
        for (List<Event> batch : batches) {
            int before = fresh.size();
            for (Event event : batch) {
                if (known.add(new EventId(event.head()))) {
                    fresh.add(event);
                }
            }
            stored.add(fresh.size() - before);
        }
        if (!fresh.isEmpty()) {
            LedgerHead head = LedgerHead.read(handle);
            insertEvents(fresh, new JobWriter(handle, writing, now, head).merge(fresh), head);
            head.write();
            RunWriter runs = new RunWriter(handle, writing, received);
            runs.insertPlays(fresh);
            runs.merge(fresh);
            lastEvent = head.entry();
            writing.stored(lastEvent);
        } else {
            lastEvent = lastEntry(handle);
        }
        return stored;
    }

    /**
     * The number of the latest event, once {@link #write} has returned; known without asking where it stored something.
     */
    public long lastEvent() {
        return lastEvent;
    }

    /** What {@link #write} stored, in the order of its numbers. */
    public List<Event> fresh() {
        return fresh;
    }

    /** When the events count as received. */
    public Instant received() {
        return received;
    }

    private Set<EventId> known(List<List<Event>> batches) throws SQLException {
        Map<UUID, List<Long>> asked = new LinkedHashMap<>();
        batches.forEach(batch ->
                batch.forEach(event -> asked.computeIfAbsent(event.head().run().value(), run -> new ArrayList<>())
                        .add(event.head().seq())));
        return writing.known(asked);
    }

    private void insertEvents(List<Event> events, Map<UUID, Long> jobs, LedgerHead ledger) throws SQLException {
        ChainWriter chains = new ChainWriter(
                handle,
                ledger,
                writing,
                events.stream().map(event -> event.head().run().value()).collect(Collectors.toSet()));
        RowBatch rows = new RowBatch(
                handle,
                "INSERT INTO events (run_id, seq, entry, type, observed_at, received_at, job, body, link"
                        + (writing.byDay() ? ", day" : "") + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?"
                        + (writing.byDay() ? ", ?)" : ")"));
        for (Event event : events) {
            EventHead head = event.head();
            Job job = event.job();
            UUID uid = job != null
                    ? job.uid()
                    : event instanceof Event.JobNoted noted ? Job.uid(noted.executionHost(), noted.jobId()) : null;
            Long number = uid == null ? null : jobs.get(uid);
            long entry = ledger.nextEntry();
            byte[] link = chains.append(new StoredEvent(
                    head.run().value(), head.seq(), entry, head.type(), head.at(), received, number, head.body()));
            List<Object> row = new ArrayList<>(Arrays.asList(
                    head.run().value(),
                    head.seq(),
                    entry,
                    head.type(),
                    Sql.utc(head.at()),
                    now,
                    number,
                    EventText.stored(head),
                    link));
            if (writing.byDay()) {
                row.add(writing.day(head.run().value()));
            }
            rows.add(row.toArray());
        }
        rows.execute();
        chains.write();
    }

    /** The number of the latest event; 0 while there is none. */
    public static long lastEntry(Handle handle) {
        return handle.createQuery("SELECT entry FROM ledger_head WHERE id = 1")
                .mapTo(Long.class)
                .one();
    }
}
