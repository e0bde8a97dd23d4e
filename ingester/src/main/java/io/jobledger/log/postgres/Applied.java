package io.jobledger.log.postgres;

import io.jobledger.event.BatchDecoder;
import io.jobledger.log.EventLog.Logged;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogFact;
import io.jobledger.log.LogRecord;
import java.util.UUID;

/**
 * One entry that was appended and is to be projected.
 *
 * @param event null for a fact
 * @param fact null for an event
 * @param fault why this version cannot read it, null when it can
 */
public record Applied(long entry, UUID run, long seq, Logged event, LogFact fact, String fault) {
    static Applied of(Logged event) {
        return new Applied(
                event.entry(),
                event.event().head().run().value(),
                event.event().head().seq(),
                event,
                null,
                null);
    }

    static Applied of(long entry, LogFact fact) {
        return new Applied(entry, LogEntry.NO_RUN, 0, null, fact, null);
    }

    /** Of an entry that is not removed. */
    static Applied of(LogRecord record, LogEntry entry) {
        try {
            return entry.kind() == LogEntry.Kind.FACT
                    ? of(entry.entry(), LogFact.parse(entry.body()))
                    : of(new Logged(entry.entry(), record.received(), BatchDecoder.again(entry.body())));
        } catch (IllegalArgumentException e) {
            return new Applied(entry.entry(), entry.run(), entry.seq(), null, null, String.valueOf(e.getMessage()));
        }
    }
}
