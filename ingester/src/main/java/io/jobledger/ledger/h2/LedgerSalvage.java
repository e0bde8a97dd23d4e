package io.jobledger.ledger.h2;

import io.jobledger.event.BatchDecoder;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.log.EventLog;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogException;
import io.jobledger.log.LogFact;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogRecord;
import io.jobledger.log.file.AcceptedLoss;
import io.jobledger.log.file.FileLog;
import io.jobledger.log.file.SystemDisk;
import io.jobledger.model.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a ledger that is refused for what its log has lost one that goes on. For an operator who has decided so. */
public final class LedgerSalvage {
    private static final Logger LOG = LoggerFactory.getLogger(LedgerSalvage.class);

    private LedgerSalvage() {}

    /**
     * What was found and what was done.
     *
     * @param from the first entry that was lost; above {@code to} when none was
     * @param to the last entry that is known to have been there
     * @param stored events behind the damage that were stored again, under new numbers
     * @param head where the log ends now
     * @param evidence directory with the damaged files; null when there are none
     */
    public record Outcome(long from, long to, long stored, LogHead head, Path evidence) {}

    /**
     * Keeps the damaged files aside, begins a new epoch with what is whole before the damage, and stores again what is
     * whole behind it. The records are computed at the next start.
     *
     * @param by who accepts the loss
     * @throws LedgerException of kind {@code UNUSABLE} when there is no ledger, or it is in use
     */
    public static Outcome run(Path ledger, String by, Clock clock) {
        LedgerDirectory directory = new LedgerDirectory(ledger);
        if (!Files.isDirectory(directory.log())) {
            throw new LedgerException(
                    LedgerException.Kind.UNUSABLE,
                    "there is no ledger at " + ledger + ", so nothing is left that could be kept");
        }
        try {
            AcceptedLoss loss = AcceptedLoss.accept(directory.log(), new SystemDisk());
            try (FileLog log = FileLog.open(directory.log(), FileLog.Options.of(0))) {
                LedgerRestore.epoch(
                        log,
                        loss.head(),
                        by,
                        "a loss was accepted: entries " + loss.from() + " to " + loss.to(),
                        clock);
                forget(directory, loss.head());
                long[] stored = new long[1];
                loss.salvaged(record -> {
                    stored[0] += again(log, record);
                    return true;
                });
                LOG.warn(
                        "The ledger {} goes on with what is left: entries {} to {} were lost, {} events of them were"
                                + " stored again; the damaged files are in {}",
                        ledger,
                        loss.from(),
                        loss.to(),
                        stored[0],
                        loss.evidence());
                return new Outcome(loss.from(), loss.to(), stored[0], log.head(), loss.evidence());
            }
        } catch (IOException | LogException e) {
            throw new LedgerException(LedgerException.Kind.UNUSABLE, Failures.text(e), e);
        }
    }

    /** What was computed may know more than the log has now. */
    private static void forget(LedgerDirectory directory, LogHead head) throws IOException {
        H2Database.delete(directory.projections());
        directory.takeClosed();
        if (Files.exists(H2Database.file(directory.delivery()))) {
            try {
                LedgerRestore.enqueued(directory, head.entry());
            } catch (RuntimeException e) {
                LOG.warn("What the mirrors have cannot be read: {}", Failures.text(e));
                directory.setDeliveryAside();
            }
        }
    }

    /** Stores what is new of a record; says how many events that is. */
    private static long again(EventLog log, LogRecord record) {
        List<Event> events = new ArrayList<>();
        List<LogFact> facts = new ArrayList<>();
        for (LogEntry entry : record.entries()) {
            try {
                if (entry.kind() == LogEntry.Kind.EVENT) {
                    events.add(BatchDecoder.again(entry.body()));
                } else if (entry.kind() == LogEntry.Kind.FACT
                        && LogFact.parse(entry.body()) instanceof LogFact.RunsForgotten forgotten) {
                    // Others speak of entries by numbers that are given anew.
                    facts.add(forgotten);
                }
            } catch (IllegalArgumentException e) {
                LOG.warn("Entry {} was found behind the damage and cannot be read: {}", entry.entry(), e.getMessage());
            }
        }
        long stored = events.isEmpty()
                ? 0
                : log.append(List.of(events), record.received()).fresh().size();
        if (!facts.isEmpty()) {
            log.append(record.received(), facts);
        }
        return stored;
    }
}
