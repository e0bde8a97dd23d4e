package io.jobledger.ledger.postgres;

import io.jobledger.ledger.project.EntryFault;
import io.jobledger.ledger.project.Projection;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogStep;
import io.jobledger.log.postgres.AppendHook;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** Works what is appended into the records, in the same transaction. Thread-safe. */
public class PostgresProjecting implements AppendHook {
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
    public void apply(Handle handle, List<LogStep> entries, LogHead head) throws SQLException {
        if (careful) {
            for (LogStep entry : entries) {
                alone(handle, entry);
            }
        } else {
            apply(handle, entries);
        }
        Projection.reached(handle, head);
    }

    private void apply(Handle handle, List<LogStep> entries) throws SQLException {
        new Projection(handle, new PostgresWriteTransaction(handle, Sql.utc(clock.instant()))).applySteps(entries);
    }

    /** An entry that cannot be projected is set aside, and the rest goes on. */
    private void alone(Handle handle, LogStep entry) throws SQLException {
        handle.savepoint("entry");
        try {
            apply(handle, List.of(entry));
            handle.releaseSavepoint("entry");
        } catch (SQLException | RuntimeException e) {
            if (!EntryFault.isIn(e) || refuses(entry)) {
                throw e;
            }
            handle.rollbackToSavepoint("entry");
            Projection.setAside(handle, entry, Failures.text(e));
        }
    }

    /** Whether an entry that cannot be projected is not to be stored at all. */
    protected boolean refuses(LogStep entry) {
        return false;
    }

    @Override
    public AppendHook careful(Throwable failure) {
        return !careful && EntryFault.isIn(failure) ? new PostgresProjecting(clock, true) : null;
    }
}
