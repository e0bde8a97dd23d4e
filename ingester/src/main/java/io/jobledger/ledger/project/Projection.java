package io.jobledger.ledger.project;

import io.jobledger.event.BatchDecoder;
import io.jobledger.log.EventLog.Logged;
import io.jobledger.log.LogFact;
import java.sql.SQLException;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * Turns entries of the log into rows, inside a transaction that the caller opens and commits. It merges all that a call
 * says of a job or a run before it writes, so large groups are cheap; how entries are grouped makes no difference to
 * the rows. Used by one thread; {@link WriteTransaction} keeps other writers out meanwhile.
 */
public final class Projection {
    private final Handle handle;
    private final WriteTransaction writing;

    public Projection(Handle handle, WriteTransaction writing) {
        this.handle = handle;
        this.writing = writing;
    }

    /**
     * Applies what the ledger itself did.
     *
     * @throws IllegalArgumentException when a fact holds an event that this version cannot read
     */
    public void apply(long entry, LogFact fact) throws SQLException {
        if (fact instanceof LogFact.EpochBegan || fact instanceof LogFact.EventsForgotten) {
            return;
        }
        FactRows rows = new FactRows(handle, writing);
        if (fact instanceof LogFact.RunsForgotten forgotten) {
            rows.forget(forgotten);
            rows.open(entry);
        } else if (fact instanceof LogFact.JobKept kept) {
            rows.keep(entry, kept);
        } else if (fact instanceof LogFact.RunKept kept) {
            rows.keep(kept);
        } else if (fact instanceof LogFact.EventReplaced replaced) {
            rows.replace(replaced, BatchDecoder.again(replaced.body()));
            rows.open(entry);
        } else if (fact instanceof LogFact.Purged purged) {
            rows.purged(purged);
        }
        writing.memory().forget();
    }

    /** Applies events that follow what is projected, in the order of their entries. */
    public void apply(List<Logged> events) throws SQLException {
        if (events.isEmpty()) {
            return;
        }
        new JobWriter(handle, writing).merge(events);
        RunWriter runs = new RunWriter(handle, writing);
        RunWriter.insertPlays(handle, events.stream().map(Logged::event).toList());
        runs.merge(events);
    }
}
