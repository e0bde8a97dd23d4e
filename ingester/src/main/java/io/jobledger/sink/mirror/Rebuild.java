package io.jobledger.sink.mirror;

import io.jobledger.event.SavedJobs;
import io.jobledger.json.Json;
import io.jobledger.json.RecordJson;
import io.jobledger.ledger.EventSink;
import io.jobledger.ledger.LedgerException;
import io.jobledger.model.Digests;
import io.jobledger.model.Event;
import io.jobledger.model.JobRecord;
import io.jobledger.model.RunId;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;

/**
 * Stores every record of a mirror in a ledger, as a save of that record. The identity of such a save is made from the
 * record's content, so doing it again, or going on after a break, stores nothing twice. Not thread-safe.
 */
public final class Rebuild {
    private static final int BATCH = 500;

    private final EventSink sink;
    private final Clock clock;
    private final LongConsumer progress;
    private final BiConsumer<String, String> damaged;
    private final List<Event> waiting = new ArrayList<>();
    private long seen;
    private long stored;
    private long skipped;

    /**
     * What a rebuild did.
     *
     * @param seen records that the mirror holds
     * @param stored those that the ledger did not have
     * @param damaged objects that are no records
     */
    public record Outcome(long seen, long stored, long damaged) {}

    /**
     * @param progress is told how many records have been seen, now and then
     * @param damaged is told the path of each object that cannot be read, and why
     */
    public Rebuild(EventSink sink, Clock clock, LongConsumer progress, BiConsumer<String, String> damaged) {
        this.sink = sink;
        this.clock = clock;
        this.progress = progress;
        this.damaged = damaged;
    }

    /**
     * Stores what {@code mirror} holds. A damaged object is reported and passed over.
     *
     * @throws LedgerException when the ledger cannot store it; what was stored before stays
     */
    public Outcome from(Mirror mirror) {
        mirror.list(listed -> {
            if (listed instanceof Mirror.Listed.Found found) {
                seen++;
                OtherRecords.all(found.record()).forEach(record -> waiting.add(save(record)));
                if (waiting.size() >= BATCH) {
                    store();
                }
            } else if (listed instanceof Mirror.Listed.Damaged object) {
                skipped++;
                damaged.accept(object.path(), object.why());
            }
        });
        store();
        return new Outcome(seen, stored, skipped);
    }

    private Event save(JobRecord record) {
        String content = Json.text(RecordJson.write(record));
        // A record without any time is as old as can be: it must not pass for the newest of its key.
        Instant at = record.lastSeenAt() != null
                ? record.lastSeenAt()
                : record.startedAt() != null ? record.startedAt() : Instant.EPOCH;
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        return SavedJobs.event(
                record,
                new RunId(Digests.uuid("rebuild", record.key().toString(), content)),
                at.isAfter(now) ? now : at);
    }

    private void store() {
        if (waiting.isEmpty()) {
            return;
        }
        try {
            stored += sink.append(List.copyOf(waiting)).get().stored();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof LedgerException failure
                    ? failure
                    : new LedgerException(
                            LedgerException.Kind.FAILED, e.getCause().getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LedgerException(LedgerException.Kind.STOPPED, "interrupted; start it again to go on", e);
        }
        waiting.clear();
        progress.accept(seen);
    }
}
