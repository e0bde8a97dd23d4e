package io.jobledger.log.postgres;

import io.jobledger.log.EventLog.Purge;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * Takes contents out in short transactions. An event loses its body first; a record of which nothing is left becomes a
 * stub, and the numbers of its events go to {@code forgotten_numbers}. One that is interrupted is finished when it is
 * called again.
 */
final class RowPurge {
    private static final int RUNS = 50;
    private static final int ENTRIES = 1000;

    /** Adds the numbers of the rows in {@code gone} as ranges. */
    static final String FORGET = " INSERT INTO forgotten_numbers (run_id, from_seq, to_seq) SELECT run_id, MIN(seq),"
            + " MAX(seq) FROM (SELECT run_id, seq, seq - row_number() OVER (PARTITION BY run_id ORDER BY seq) AS island"
            + " FROM gone) numbers GROUP BY run_id, island ON CONFLICT (run_id, from_seq) DO UPDATE SET to_seq ="
            + " GREATEST(forgotten_numbers.to_seq, EXCLUDED.to_seq)";

    private final Transactions transactions;

    RowPurge(Transactions transactions) {
        this.transactions = transactions;
    }

    /** Returns how many entries lost their contents. */
    long purge(Purge purge) {
        long removed = 0;
        for (List<UUID> runs : pages(purge.runs(), RUNS)) {
            removed += run(handle -> emptied(handle, "run_id = ANY(?) AND entry <= " + purge.upTo(), "uuid", runs));
            List<Long> entries =
                    run(handle -> handle.createQuery("SELECT entry FROM events WHERE run_id = ANY(?) AND entry <= ?")
                            .bindBySqlType(0, array(handle, "uuid", runs), Types.ARRAY)
                            .bind(1, purge.upTo())
                            .mapTo(Long.class)
                            .list());
            shrink(entries);
        }
        for (List<Long> entries : pages(purge.entries(), ENTRIES)) {
            removed += run(handle -> emptied(handle, "entry = ANY(?)", "int8", entries)
                    + handle.createUpdate("DELETE FROM facts WHERE entry = ANY(?)")
                            .bindBySqlType(0, array(handle, "int8", entries), Types.ARRAY)
                            .execute());
            shrink(entries);
        }
        if (!purge.entries().isEmpty()) {
            // A secret is to be gone now, and not when the server next tidies up.
            transactions.each("what was removed could not be overwritten", handle -> handle.execute("VACUUM events"));
            transactions.each("what was removed could not be overwritten", handle -> handle.execute("VACUUM facts"));
        }
        return removed;
    }

    private static int emptied(Handle handle, String which, String type, Collection<?> ids) throws SQLException {
        return handle.createUpdate("UPDATE events SET body = NULL WHERE " + which + " AND body IS NOT NULL")
                .bindBySqlType(0, array(handle, type, ids), Types.ARRAY)
                .execute();
    }

    private void shrink(List<Long> entries) {
        for (List<Long> page : pages(entries, ENTRIES)) {
            run(handle -> {
                HeadRow.lock(handle);
                return stubs(handle, page);
            });
        }
    }

    /** Makes stubs of the records that hold these entries and nothing else any more. */
    private static int stubs(Handle handle, List<Long> entries) throws SQLException {
        record Stretch(long first, long last) {}
        List<Stretch> empty = handle.createQuery("WITH touched AS (SELECT DISTINCT r.first_entry, r.last_entry FROM"
                        + " unnest(?::bigint[]) AS gone (entry) CROSS JOIN LATERAL (SELECT first_entry, last_entry FROM"
                        + " log_records WHERE last_entry >= gone.entry ORDER BY last_entry LIMIT 1) r) UPDATE"
                        + " log_records r SET digests = NULL FROM touched t WHERE r.last_entry = t.last_entry AND NOT"
                        + " EXISTS (SELECT 1 FROM events e WHERE e.entry BETWEEN t.first_entry AND t.last_entry AND"
                        + " e.body IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM facts f WHERE f.entry BETWEEN"
                        + " t.first_entry AND t.last_entry) RETURNING r.first_entry, r.last_entry")
                .bindBySqlType(0, array(handle, "int8", entries), Types.ARRAY)
                .map((rows, c) -> new Stretch(rows.getLong(1), rows.getLong(2)))
                .list();
        if (empty.isEmpty()) {
            return 0;
        }
        return handle.createUpdate("WITH gone AS (DELETE FROM events e USING unnest(?::bigint[], ?::bigint[]) AS stub"
                        + " (first_entry, last_entry) WHERE e.entry BETWEEN stub.first_entry AND stub.last_entry"
                        + " RETURNING e.run_id, e.seq)" + FORGET)
                .bindBySqlType(
                        0,
                        array(handle, "int8", empty.stream().map(Stretch::first).toList()),
                        Types.ARRAY)
                .bindBySqlType(
                        1,
                        array(handle, "int8", empty.stream().map(Stretch::last).toList()),
                        Types.ARRAY)
                .execute();
    }

    private <T> T run(org.jdbi.v3.core.HandleCallback<T, SQLException> work) {
        return transactions.run("contents of the log could not be removed", work);
    }

    private static java.sql.Array array(Handle handle, String type, Collection<?> values) throws SQLException {
        return handle.getConnection().createArrayOf(type, values.toArray());
    }

    private static <T> List<List<T>> pages(Collection<T> all, int size) {
        List<T> list = new ArrayList<>(all);
        List<List<T>> pages = new ArrayList<>();
        for (int from = 0; from < list.size(); from += size) {
            pages.add(list.subList(from, Math.min(list.size(), from + size)));
        }
        return pages;
    }
}
