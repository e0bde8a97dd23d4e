package io.jobledger.ledger.postgres;

import io.jobledger.ledger.project.EntryFault;
import io.jobledger.ledger.project.Projection;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.log.EventLog.Logged;
import io.jobledger.log.LogHead;
import io.jobledger.log.postgres.AppendHook;
import io.jobledger.log.postgres.Applied;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Works what is appended into the records, in the same transaction. Thread-safe. */
public class PostgresProjecting implements AppendHook {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresProjecting.class);
    private static final int MAX_REASON = 2000;

    private final Clock clock;
    private final boolean careful;

    /** What happens with every append of a ledger. */
    public PostgresProjecting(Clock clock) {
        this(clock, false);
    }

    PostgresProjecting(Clock clock, boolean careful) {
        this.clock = clock;
        this.careful = careful;
    }

    @Override
    public void apply(Handle handle, List<Applied> entries, LogHead head) throws SQLException {
        if (careful) {
            for (Applied entry : entries) {
                alone(handle, entry);
            }
        } else {
            apply(handle, entries);
        }
        handle.execute("UPDATE projected SET epoch = ?, entry = ?, hash = ?", head.epoch(), head.entry(), head.hash());
    }

    private void apply(Handle handle, List<Applied> entries) throws SQLException {
        Projection projection = new Projection(handle, new PostgresWriteTransaction(handle, Sql.utc(clock.instant())));
        List<Logged> events = new ArrayList<>();
        for (Applied entry : entries) {
            if (entry.fault() != null) {
                throw new IllegalArgumentException(entry.fault());
            } else if (entry.fact() != null) {
                projection.apply(events);
                events.clear();
                projection.apply(entry.entry(), entry.fact());
            } else {
                events.add(entry.event());
            }
        }
        projection.apply(events);
    }

    /** An entry that cannot be projected is set aside, and the rest goes on. */
    private void alone(Handle handle, Applied entry) throws SQLException {
        handle.savepoint("entry");
        try {
            apply(handle, List.of(entry));
            handle.releaseSavepoint("entry");
        } catch (SQLException | RuntimeException e) {
            if (!EntryFault.isIn(e) || refuses(entry)) {
                throw e;
            }
            handle.rollbackToSavepoint("entry");
            String reason = Failures.text(e);
            LOG.error(
                    "Entry {} (run {}, seq {}) cannot be projected and is set aside: {}",
                    entry.entry(),
                    entry.run(),
                    entry.seq(),
                    reason);
            handle.execute(
                    "INSERT INTO set_aside (entry, run_id, seq, reason) VALUES (?, ?, ?, ?)",
                    entry.entry(),
                    entry.run(),
                    entry.seq(),
                    reason.length() > MAX_REASON ? reason.substring(0, MAX_REASON) : reason);
        }
    }

    /** Whether an entry that cannot be projected is not to be stored at all. */
    protected boolean refuses(Applied entry) {
        return false;
    }

    @Override
    public AppendHook careful(Throwable failure) {
        return !careful && EntryFault.isIn(failure) ? new PostgresProjecting(clock, true) : null;
    }
}
