package io.jobledger.log.postgres;

import io.jobledger.event.BatchDecoder;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogEntry.Kind;
import io.jobledger.log.LogException;
import io.jobledger.log.LogFact;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogRecord;
import io.jobledger.log.LogStep;
import io.jobledger.log.SeqRanges;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;

/** Writes records of another log as they are, in a transaction that holds the head's lock. One use. */
final class LogCopy {
    private final Handle handle;
    private final RecordWriter writer;
    private final Function<UUID, SeqRanges> numbers;
    private final List<LogStep> applied = new ArrayList<>();

    LogCopy(Handle handle, RecordWriter writer, Function<UUID, SeqRanges> numbers) {
        this.handle = handle;
        this.writer = writer;
        this.numbers = numbers;
    }

    /** What is to be projected. */
    List<LogStep> applied() {
        return applied;
    }

    LogHead write(LogHead before, List<LogRecord> records) throws SQLException {
        LogHead at = before;
        for (LogRecord record : records) {
            if (record.first() != at.entry() + 1) {
                throw new LogException(
                        LogException.Kind.UNUSABLE,
                        "the copy ends with entry " + at.entry() + ", and entry " + record.first() + " comes next:"
                                + " does another process write there?");
            }
            writer.write(record);
            int epoch = at.epoch();
            for (LogEntry entry : record.entries()) {
                if (entry.kind() != Kind.REMOVED) {
                    LogStep one = LogStep.of(record, entry);
                    applied.add(one);
                    remember(one.fact());
                    epoch = one.fact() instanceof LogFact.EpochBegan began ? began.epoch() : epoch;
                }
            }
            at = new LogHead(epoch, record.last(), record.hash());
        }
        HeadRow.write(handle, at);
        return at;
    }

    /** Numbers of which nothing else is left. */
    private void remember(LogFact fact) {
        if (fact instanceof LogFact.RunsForgotten forgotten) {
            forgotten.runs().forEach(run -> remember(run.run()));
        } else if (fact instanceof LogFact.EventsForgotten forgotten) {
            forgotten.runs().forEach(run -> remember(run.run()));
        } else if (fact instanceof LogFact.EventReplaced replaced) {
            remember(BatchDecoder.again(replaced.body()).head().run().value());
        }
    }

    private void remember(UUID run) {
        for (SeqRanges.Range range : numbers.apply(run).ranges()) {
            handle.execute(
                    "INSERT INTO forgotten_numbers (run_id, from_seq, to_seq) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    run,
                    range.from(),
                    range.to());
        }
    }
}
