package io.jobledger.ledger.h2;

import io.jobledger.ledger.AsOf;
import io.jobledger.log.EventLog;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogFact;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogStep;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Reads the log for the projector, group by group. */
final class LogSteps {
    private static final long CHARACTERS = 16 << 20;

    private LogSteps() {}

    /**
     * Steps in their order.
     *
     * @param head where they lead to
     * @param received when the last of it was received; null where there is nothing
     */
    record Group(List<LogStep> steps, LogHead head, Instant received) {
        AsOf asOf() {
            return new AsOf(head.epoch(), head.entry(), received);
        }
    }

    /**
     * Reads whole records that follow an entry, up to some {@code most} entries.
     *
     * @param after where the reader is
     * @param upTo the record that holds this entry is the last one
     */
    static Group after(EventLog log, LogHead after, int most, long upTo) {
        List<LogStep> steps = new ArrayList<>();
        LogHead[] head = {after};
        Instant[] received = new Instant[1];
        long[] size = new long[1];
        log.read(after.entry() + 1, record -> {
            int epoch = head[0].epoch();
            for (LogEntry entry : record.entries()) {
                if (entry.entry() > after.entry() && entry.kind() != LogEntry.Kind.REMOVED) {
                    LogStep step = LogStep.of(record, entry);
                    steps.add(step);
                    size[0] += entry.body().length();
                    epoch = step.fact() instanceof LogFact.EpochBegan began ? began.epoch() : epoch;
                }
            }
            head[0] = new LogHead(epoch, record.last(), record.hash());
            received[0] = record.received();
            return steps.size() < most && size[0] < CHARACTERS && record.last() < upTo;
        });
        return new Group(steps, head[0], received[0]);
    }

    /**
     * Of which moment rows speak that hold the log up to a head.
     *
     * @param now is it when they hold all of it
     */
    static AsOf asOf(EventLog log, LogHead head, Instant now) {
        Instant[] received = {head.entry() == log.head().entry() ? now : Instant.EPOCH};
        if (head.entry() > 0 && head.entry() < log.head().entry()) {
            log.read(head.entry(), record -> {
                received[0] = record.received();
                return false;
            });
        }
        return new AsOf(head.epoch(), head.entry(), received[0]);
    }

    /** As far as the log goes. */
    static Group after(EventLog log, LogHead after, int most) {
        return after(log, after, most, Long.MAX_VALUE);
    }
}
