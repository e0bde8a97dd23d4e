package io.jobledger.ledger.verify;

import io.jobledger.ledger.Verifier.Fault;
import io.jobledger.ledger.Verifier.Listener;
import io.jobledger.model.RunId;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/** Compares the rows that people read with the same rows computed again, table by table. Not thread-safe. */
final class RowComparison {
    private static final int PAGE = 500;
    /** Differences of a table that are named; of more only the number is said. */
    private static final int NAMED = 10;

    private static final Map<String, List<String>> TABLES = new TreeMap<>(Map.of(
            "runs", List.of("run_id"),
            "jobs", List.of("entry"),
            "job_docs", List.of("entry"),
            "job_keys", List.of("key_id", "open", "started_at", "entry"),
            "names", List.of("id"),
            "told", List.of("job", "after_seconds")));

    private final Listener listener;
    private long compared;
    private long faults;

    RowComparison(Listener listener) {
        this.listener = listener;
    }

    long compared() {
        return compared;
    }

    long faults() {
        return faults;
    }

    void run(Handle kept, Handle computed) {
        TABLES.forEach((table, key) -> compare(table, key, new Rows(kept, table, key), new Rows(computed, table, key)));
    }

    private void compare(String table, List<String> key, Rows kept, Rows computed) {
        long before = faults;
        Map<String, Object> has = kept.next();
        Map<String, Object> should = computed.next();
        while (has != null || should != null) {
            int order = has == null ? 1 : should == null ? -1 : compare(key, has, should);
            if (order < 0) {
                fault(table, key, has, before, "is there, and does not follow from the log");
            } else if (order > 0) {
                fault(table, key, should, before, "follows from the log, and is missing");
            } else if (!has.equals(should)) {
                fault(table, key, has, before, "differs from what follows from the log in " + columns(has, should));
            }
            compared++;
            has = order <= 0 ? kept.next() : has;
            should = order >= 0 ? computed.next() : should;
        }
        if (faults - before > NAMED) {
            listener.fault(new Fault(
                    "row-changed",
                    null,
                    null,
                    null,
                    "table " + table + ": " + (faults - before - NAMED) + " rows more differ"));
        }
    }

    @SuppressWarnings("unchecked")
    private static int compare(List<String> key, Map<String, Object> a, Map<String, Object> b) {
        for (String column : key) {
            int order = ((Comparable<Object>) a.get(column)).compareTo(b.get(column));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    private static String columns(Map<String, Object> a, Map<String, Object> b) {
        return a.keySet().stream()
                .filter(column -> !Objects.equals(a.get(column), b.get(column)))
                .collect(Collectors.joining(", "));
    }

    private void fault(String table, List<String> key, Map<String, Object> row, long before, String what) {
        if (++faults - before > NAMED) {
            return;
        }
        String place =
                key.stream().map(column -> column + " " + row.get(column)).collect(Collectors.joining(", "));
        String name = row.containsKey("job")
                ? " (" + row.get("host") + "/" + row.get("play") + "/" + row.get("job") + ")"
                : "";
        listener.fault(new Fault(
                "row-changed",
                row.get("run_id") instanceof String run ? new RunId(UUID.fromString(run)) : null,
                null,
                row.get("entry") instanceof Long entry ? entry : null,
                "table " + table + ": the row of " + place + name + " " + what));
    }

    /** A table's rows in the order of their key, page by page. */
    private static final class Rows {
        private final Handle handle;
        private final String table;
        private final List<String> key;
        private final List<Object> last = new ArrayList<>();
        private Iterator<Map<String, Object>> page =
                List.<Map<String, Object>>of().iterator();
        private boolean done;

        Rows(Handle handle, String table, List<String> key) {
            this.handle = handle;
            this.table = table;
            this.key = key;
        }

        Map<String, Object> next() {
            if (!page.hasNext() && !done) {
                read();
            }
            return page.hasNext() ? page.next() : null;
        }

        private void read() {
            String order = String.join(", ", key);
            List<Map<String, Object>> rows;
            try (Query query = handle.createQuery("SELECT * FROM " + table + (last.isEmpty() ? "" : " WHERE " + after())
                    + " ORDER BY " + order + " LIMIT " + PAGE)) {
                for (int i = 0; i < last.size(); i++) {
                    query.bind("k" + i, last.get(i));
                }
                rows = query.map((row, context) -> {
                            last.clear();
                            for (String column : key) {
                                last.add(row.getObject(column));
                            }
                            return values(row);
                        })
                        .list();
            }
            done = rows.size() < PAGE;
            page = rows.iterator();
        }

        /** What comes after the last row; the first part leads into the index. */
        private String after() {
            return key.get(0) + " >= :k0 AND (" + after(0) + ")";
        }

        private String after(int i) {
            String column = key.get(i);
            return column + " > :k" + i
                    + (i + 1 == key.size() ? "" : " OR " + column + " = :k" + i + " AND (" + after(i + 1) + ")");
        }

        private static Map<String, Object> values(ResultSet row) throws SQLException {
            Map<String, Object> values = new TreeMap<>();
            ResultSetMetaData columns = row.getMetaData();
            for (int i = 1; i <= columns.getColumnCount(); i++) {
                values.put(columns.getColumnLabel(i).toLowerCase(Locale.ROOT), value(row, columns, i));
            }
            return values;
        }

        /** The same for both databases. */
        private static Object value(ResultSet row, ResultSetMetaData columns, int i) throws SQLException {
            if (columns.getColumnTypeName(i).toLowerCase(Locale.ROOT).startsWith("timestamp")) {
                OffsetDateTime time = row.getObject(i, OffsetDateTime.class);
                return time == null ? null : time.toInstant();
            }
            Object value = row.getObject(i);
            return value instanceof Number number
                    ? (Object) number.longValue()
                    : value instanceof Boolean || value == null ? value : value.toString();
        }
    }
}
