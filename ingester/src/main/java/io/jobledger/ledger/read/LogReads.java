package io.jobledger.ledger.read;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.event.BatchDecoder;
import io.jobledger.json.Json;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.query.StoredEvent;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.ledger.rows.Reader;
import io.jobledger.log.EventLog;
import io.jobledger.log.LogChain;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogException;
import io.jobledger.log.SeqRanges;
import io.jobledger.model.Event;
import io.jobledger.model.RunId;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.UUID;
import java.util.function.Predicate;

/** Reads events of the log for a question, no longer than a question may take. Thread-safe. */
final class LogReads {
    private static final String USUAL_BEGINNING = "{\"type\":\"";

    private final EventLog log;
    private final Reader reader;
    private final Duration limit;

    /** Nothing takes longer than what the reader reads. */
    LogReads(EventLog log, Reader reader) {
        this(log, reader, reader.limit());
    }

    /** @param limit longest time for one question */
    LogReads(EventLog log, Reader reader, Duration limit) {
        this.log = log;
        this.reader = reader;
        this.limit = limit;
    }

    /**
     * The events of a run in a range of entries, in their order, for as long as {@code each} returns true; those that
     * were replaced are as they are now.
     */
    void ofRun(UUID run, long from, long upTo, Predicate<LogEntry> each) {
        Predicate<LogEntry> limited = limited(each);
        Deque<LogEntry> replaced = replaced(run, from, upTo);
        boolean[] more = {true};
        try {
            log.ofRun(run, from, upTo, entry -> {
                while (more[0] && !replaced.isEmpty() && replaced.peek().entry() < entry.entry()) {
                    more[0] = limited.test(replaced.poll());
                }
                if (!replaced.isEmpty() && replaced.peek().entry() == entry.entry()) {
                    // It is to be taken out of the log.
                    return more[0];
                }
                more[0] = more[0] && limited.test(entry);
                return more[0];
            });
        } catch (LogException e) {
            throw failure(e);
        }
        while (more[0] && !replaced.isEmpty()) {
            more[0] = limited.test(replaced.poll());
        }
    }

    private Deque<LogEntry> replaced(UUID run, long from, long upTo) {
        return reader.lookup(handle -> new ArrayDeque<>(handle.createQuery("SELECT entry, seq, body FROM replaced WHERE"
                        + " run_id = ? AND entry >= ? AND entry <= ? ORDER BY entry")
                .bind(0, run)
                .bind(1, from)
                .bind(2, upTo)
                .map((rows, c) -> new LogEntry(
                        rows.getLong(1),
                        LogEntry.Kind.EVENT,
                        run,
                        rows.getLong(2),
                        rows.getString(3),
                        LogChain.start()))
                .list()));
    }

    /** The events of all runs in a range of entries, in their order, for as long as {@code each} returns true. */
    void read(long from, long upTo, Predicate<LogEntry> each) {
        if (from > upTo) {
            return;
        }
        Predicate<LogEntry> limited = limited(each);
        try {
            log.read(from, record -> {
                for (LogEntry entry : record.entries()) {
                    boolean asked = entry.entry() >= from && entry.entry() <= upTo;
                    if (asked && entry.kind() == LogEntry.Kind.EVENT && !limited.test(entry)) {
                        return false;
                    }
                }
                return record.last() < upTo;
            });
        } catch (LogException e) {
            throw failure(e);
        }
    }

    SeqRanges ranges(UUID run) {
        try {
            return log.ranges(run);
        } catch (LogException e) {
            throw failure(e);
        }
    }

    static LedgerException failure(LogException e) {
        return Failures.of("the log could not be read", e);
    }

    private Predicate<LogEntry> limited(Predicate<LogEntry> each) {
        long began = System.nanoTime();
        return entry -> {
            if (System.nanoTime() - began > limit.toNanos()) {
                throw new LedgerException(
                        LedgerException.Kind.TOO_SLOW,
                        "this question reads more than can be read in " + limit.toMillis() + " ms (query-timeout)");
            }
            return each.test(entry);
        };
    }

    static StoredEvent stored(LogEntry entry) {
        return new StoredEvent(entry.entry(), new RunId(entry.run()), entry.seq(), type(entry.body()), entry.body());
    }

    /** The type of an event. A recorder begins with it; then there is no need to read the rest. */
    static String type(String body) {
        int end = body.startsWith(USUAL_BEGINNING) ? body.indexOf('"', USUAL_BEGINNING.length()) : -1;
        return end > 0
                ? body.substring(USUAL_BEGINNING.length(), end)
                : json(body).path("type").asText();
    }

    static JsonNode json(String body) {
        try {
            return Json.OWN.readTree(body);
        } catch (IOException e) {
            throw new LedgerException(LedgerException.Kind.FAILED, "an event in the log is not JSON", e);
        }
    }

    /** What an event says; null where this version cannot read it. */
    static Event event(LogEntry entry) {
        return event(entry.body());
    }

    /** The same for an event's JSON. */
    static Event event(String body) {
        try {
            return BatchDecoder.again(body);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
