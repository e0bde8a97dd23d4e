package io.jobledger.ledger.postgres;

import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.project.WriteTransaction;
import io.jobledger.ledger.rows.Sql;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * Writing to PostgreSQL, beside other ingesters: takes the one row that lets only one write at a time, over all of
 * them. A transaction holds a whole group of batches, so what limits the ledger is events in a group and commits in a
 * second, not callers.
 */
public final class PostgresWriteTransaction implements WriteTransaction {
    /** Said in the transaction and not for the session, which a pooler in between may have given away. */
    private static final String DURABLE =
            "SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'remote_apply'"
                    + " THEN 'remote_apply' ELSE 'on' END, TRUE)";

    private final Handle handle;
    private final EventPartitions partitions;
    private final LocalDate today;
    private final List<Integer> mirrors;
    private final Map<UUID, LocalDate> days = new HashMap<>();

    private PostgresWriteTransaction(Handle handle, EventPartitions partitions, Instant now) {
        this.handle = handle;
        this.partitions = partitions;
        this.today = now.atOffset(ZoneOffset.UTC).toLocalDate();
        lock(handle);
        // Which the others feed counts too: a mirror must not miss what this ingester is told.
        this.mirrors = handle.createQuery("SELECT mirror_id FROM mirrors ORDER BY mirror_id")
                .mapTo(Integer.class)
                .list();
    }

    /** Waits for its turn, in the transaction that {@code handle} is in. */
    static PostgresWriteTransaction begin(Handle handle, EventPartitions partitions, Instant now) {
        PostgresWriteTransaction writing = new PostgresWriteTransaction(handle, partitions, now);
        boolean whole = handle.createQuery("SELECT NOT EXISTS (SELECT 1 FROM ledger_move WHERE NOT done)")
                .mapTo(Boolean.class)
                .one();
        if (!whole) {
            throw new LedgerException(
                    LedgerException.Kind.AWAY,
                    "a ledger is being moved to this database; nothing else is stored until that is done");
        }
        return writing;
    }

    /**
     * Keeps every other writer of the ledger out until the transaction ends, and has it flushed, as {@link #flushed}
     * does.
     */
    public static void lock(Handle handle) {
        handle.createQuery(DURABLE + " FROM ledger_head FOR UPDATE OF ledger_head")
                .mapTo(String.class)
                .one();
    }

    /**
     * Has the transaction's commit flushed, also where the server's default is to be quick: what is acknowledged must
     * last.
     */
    static void flushed(Handle handle) {
        handle.createQuery(DURABLE).mapTo(String.class).one();
    }

    @Override
    public void changed(Map<UUID, io.jobledger.ledger.project.Changed> names) {
        throw new UnsupportedOperationException();
    }

    /** Learns the day of each run; returns those that are not new, by their days. */
    private Map<LocalDate, List<UUID>> heardOf(Set<UUID> runs) throws SQLException {
        partitions.cover(handle, today);
        Map<LocalDate, List<UUID>> old = new TreeMap<>();
        handle.createQuery("SELECT run_id, day FROM run_days WHERE run_id = ANY(?)")
                .bindBySqlType(0, Sql.array(handle, "uuid", runs), Types.ARRAY)
                .map((rows, c) -> Map.entry(rows.getObject(1, UUID.class), rows.getObject(2, LocalDate.class)))
                .forEach(row -> {
                    days.put(row.getKey(), row.getValue());
                    old.computeIfAbsent(row.getValue(), day -> new ArrayList<>())
                            .add(row.getKey());
                });
        List<UUID> fresh = runs.stream().filter(run -> !days.containsKey(run)).toList();
        if (!fresh.isEmpty()) {
            handle.createUpdate(
                            "INSERT INTO run_days (run_id, day) SELECT fresh.run_id, ?::date FROM unnest(?::uuid[]) AS"
                                    + " fresh (run_id)")
                    .bind(0, today)
                    .bindBySqlType(1, Sql.array(handle, "uuid", fresh), Types.ARRAY)
                    .execute();
            fresh.forEach(run -> days.put(run, today));
        }
        return old;
    }
}
