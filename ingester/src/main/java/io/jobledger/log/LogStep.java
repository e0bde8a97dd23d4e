package io.jobledger.log;

import io.jobledger.event.BatchDecoder;
import io.jobledger.log.EventLog.Logged;
import java.time.Instant;
import java.util.UUID;

/**
 * One entry that is to be worked into the projections.
 *
 * @param event null for a fact
 * @param fact null for an event
 * @param fault why this version cannot read it, null when it can
 */
public record LogStep(long entry, UUID run, long seq, Logged event, LogFact fact, String fault) {
    public static LogStep of(Logged event) {
        return new LogStep(
                event.entry(),
                event.event().head().run().value(),
                event.event().head().seq(),
                event,
                null,
                null);
    }

    public static LogStep of(long entry, LogFact fact) {
        return new LogStep(entry, LogEntry.NO_RUN, 0, null, fact, null);
    }

    /** Of an entry that is not removed. */
    public static LogStep of(LogRecord record, LogEntry entry) {
        try {
            return entry.kind() == LogEntry.Kind.FACT
                    ? of(entry.entry(), LogFact.parse(entry.body()))
                    : of(logged(entry, record.received()));
        } catch (IllegalArgumentException e) {
            return new LogStep(entry.entry(), entry.run(), entry.seq(), null, null, String.valueOf(e.getMessage()));
        }
    }

    /** @throws IllegalArgumentException when this version cannot read the event */
    public static Logged logged(LogEntry entry, Instant received) {
        return new Logged(entry.entry(), received, BatchDecoder.again(entry.body()));
    }
}
