package io.jobledger.ledger.rows;

import io.jobledger.model.Job;
import io.jobledger.model.JobRecord;
import io.jobledger.model.Run;
import io.jobledger.model.RunId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jdbi.v3.core.statement.StatementContext;

/** Rows to model objects. */
public final class Rows {
    public static final String RUN_COLUMNS =
            "run_id, info, first_at, last_at, max_seq, events, finished_seq, finished_at, interrupted_seq,"
                    + " last_received_at";

    private Rows() {}

    /** A row of {@link #RUN_COLUMNS}. */
    public static Run run(ResultSet rows, StatementContext context) throws SQLException {
        return new Run(
                new RunId(rows.getObject("run_id", UUID.class)),
                JobDocs.info(rows.getString("info")),
                instant(rows, "first_at"),
                instant(rows, "last_at"),
                rows.getLong("max_seq"),
                rows.getLong("events"),
                rows.getObject("finished_seq", Long.class),
                instant(rows, "finished_at"),
                rows.getObject("interrupted_seq", Long.class),
                instant(rows, "last_received_at"));
    }

    /** A row with {@code doc}, under the job's main name. */
    static JobRecord job(ResultSet rows, StatementContext context) throws SQLException {
        Job job = JobDocs.job(rows.getString("doc"));
        return job.record(job.mainKey());
    }

    public static Instant instant(ResultSet rows, String column) throws SQLException {
        return instant(rows, rows.findColumn(column));
    }

    public static Instant instant(ResultSet rows, int column) throws SQLException {
        OffsetDateTime time = rows.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
