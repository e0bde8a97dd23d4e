package io.jobledger.ledger.project;

import io.jobledger.event.BatchDecoder;
import io.jobledger.log.EventLog.Logged;
import io.jobledger.log.LogFact;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogStep;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns entries of the log into rows, inside a transaction that the caller opens and commits. It merges all that a call
 * says of a job or a run before it writes, so large groups are cheap; how entries are grouped makes no difference to
 * the rows. Used by one thread; {@link WriteTransaction} keeps other writers out meanwhile.
 */
public final class Projection {
    private static final Logger LOG = LoggerFactory.getLogger(Projection.class);
    private static final int MAX_REASON = 2000;

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
    private void apply(long entry, LogFact fact) throws SQLException {
        if (fact instanceof LogFact.EpochBegan
                || fact instanceof LogFact.EventsForgotten
                || fact instanceof LogFact.SinkBlocked) {
            return;
        }
        FactRows rows = new FactRows(handle, writing);
        if (fact instanceof LogFact.JobOverdue overdue) {
            rows.told(overdue);
            return;
        }
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

    /**
     * Applies entries that follow what is projected, in their order.
     *
     * @throws IllegalArgumentException when this version cannot read one
     */
    public void applySteps(List<LogStep> steps) throws SQLException {
        List<Logged> events = new ArrayList<>();
        for (LogStep step : steps) {
            if (step.fault() != null) {
                throw new IllegalArgumentException(step.fault());
            } else if (step.fact() != null) {
                apply(events);
                events.clear();
                apply(step.entry(), step.fact());
            } else {
                events.add(step.event());
            }
        }
        apply(events);
    }

    /** Notes an entry that could not be applied, and says so. */
    public static void setAside(Handle handle, LogStep step, String reason) {
        LOG.error(
                "Entry {} (run {}, seq {}) cannot be projected and is set aside: {}",
                step.entry(),
                step.run(),
                step.seq(),
                reason);
        handle.execute("DELETE FROM set_aside WHERE entry = ?", step.entry());
        handle.execute(
                "INSERT INTO set_aside (entry, run_id, seq, reason) VALUES (?, ?, ?, ?)",
                step.entry(),
                step.run(),
                step.seq(),
                reason.length() > MAX_REASON ? reason.substring(0, MAX_REASON) : reason);
    }

    /** The log is projected up to this head. */
    public static void reached(Handle handle, LogHead head) {
        handle.execute("UPDATE projected SET epoch = ?, entry = ?, hash = ?", head.epoch(), head.entry(), head.hash());
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
