package io.jobledger.log.postgres;

import io.jobledger.log.LogException;
import io.jobledger.log.LogHead;
import org.jdbi.v3.core.Handle;

/**
 * The one row of {@code log_head}: where the log ends, and the lock of all writers.
 *
 * @param movedFrom the ledger that is being moved here, null when none is
 */
public record HeadRow(LogHead head, String movedFrom) {
    /** Said in the transaction and not for the session, which a pooler in between may have given away. */
    private static final String DURABLE =
            "set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'remote_apply'"
                    + " THEN 'remote_apply' ELSE 'on' END, TRUE)";

    private static final String COLUMNS = "epoch, entry, hash, moved_from";

    /**
     * Keeps every other writer of the ledger out until the transaction ends, and has its commit flushed, also where the
     * server's default is to be quick: what is acknowledged must last.
     */
    public static HeadRow lock(Handle handle) {
        return row(handle, "SELECT " + COLUMNS + ", " + DURABLE + " FROM log_head FOR UPDATE OF log_head");
    }

    /** Has the transaction's commit flushed without the lock. */
    public static void flushed(Handle handle) {
        handle.createQuery("SELECT " + DURABLE).mapTo(String.class).one();
    }

    public static HeadRow read(Handle handle) {
        return row(handle, "SELECT " + COLUMNS + " FROM log_head");
    }

    private static HeadRow row(Handle handle, String sql) {
        return handle.createQuery(sql)
                .map((rows, c) ->
                        new HeadRow(new LogHead(rows.getInt(1), rows.getLong(2), rows.getBytes(3)), rows.getString(4)))
                .one();
    }

    /** @throws LogException of kind {@code UNUSABLE} while a ledger is being moved here */
    void requireWhole() {
        if (movedFrom != null) {
            throw new LogException(
                    LogException.Kind.UNUSABLE,
                    "a ledger is being moved to this database; nothing else is stored until that is done");
        }
    }

    /** Says where the log ends now, in the transaction and, once it is committed, to whoever listens. */
    static void write(Handle handle, LogHead head) {
        handle.createQuery("WITH written AS (UPDATE log_head SET epoch = ?, entry = ?, hash = ? RETURNING id)"
                        + " SELECT pg_notify(?, ?) FROM written")
                .bind(0, head.epoch())
                .bind(1, head.entry())
                .bind(2, head.hash())
                .bind(3, PostgresLog.CHANNEL)
                .bind(4, head.text())
                .map((rows, c) -> true)
                .one();
    }
}
