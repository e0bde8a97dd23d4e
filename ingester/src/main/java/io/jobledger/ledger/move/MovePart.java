package io.jobledger.ledger.move;

import io.jobledger.ledger.postgres.EventPartitions;
import io.jobledger.ledger.rows.Sql;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * One table of a ledger that is moved. It is known by its columns alone, so that a later migration's tables and columns
 * move with the rest.
 *
 * @param columns in lower case, those that both databases have
 */
record MovePart(String table, List<String> columns) {
    private static final int FETCH = 1_000;

    /**
     * The tables of an embedded ledger: all but those that are about a place and not about what happened, and the
     * counts, which come last.
     */
    static List<MovePart> of(Handle h2) {
        Map<String, List<String>> columns = new TreeMap<>();
        h2.createQuery("SELECT LOWER(c.TABLE_NAME), LOWER(c.COLUMN_NAME) FROM INFORMATION_SCHEMA.COLUMNS c JOIN"
                        + " INFORMATION_SCHEMA.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME ="
                        + " c.TABLE_NAME WHERE c.TABLE_SCHEMA = 'PUBLIC' AND t.TABLE_TYPE = 'BASE TABLE' AND"
                        + " LOWER(c.TABLE_NAME) NOT IN ('flyway_schema_history', 'mirrors', 'outbox',"
                        + " 'ledger_head') ORDER BY c.ORDINAL_POSITION")
                .map((rows, c) -> Map.entry(rows.getString(1), rows.getString(2)))
                .forEach(row -> columns.computeIfAbsent(row.getKey(), table -> new ArrayList<>())
                        .add(row.getValue()));
        return columns.entrySet().stream()
                .map(entry -> new MovePart(entry.getKey(), entry.getValue()))
                .toList();
    }

    /** Whether its rows are numbered, so that a move can go on after the last. */
    boolean numbered() {
        return columns.contains("entry");
    }

    private String list() {
        return String.join(", ", columns);
    }

    long count(Handle handle) {
        return handle.createQuery("SELECT COUNT(*) FROM " + table)
                .mapTo(Long.class)
                .one();
    }

    RowDigest digest(Handle handle) throws SQLException {
        RowDigest digest = new RowDigest();
        try (Statement sql = handle.getConnection().createStatement()) {
            sql.setFetchSize(FETCH);
            try (ResultSet rows = sql.executeQuery("SELECT " + list() + " FROM " + table)) {
                while (rows.next()) {
                    digest.add(rows, columns.size());
                }
            }
        }
        return digest;
    }

    /**
     * Rows as the source has them: those from a number on in their order, since a page may have ended between two rows
     * of one number; or all.
     */
    String select() {
        return "SELECT " + list() + " FROM " + table + (numbered() ? " WHERE entry >= ? ORDER BY entry" : "");
    }

    long number(List<Object> row) {
        return numbered() ? ((Number) row.get(columns.indexOf("entry"))).longValue() : 0;
    }

    /** Writes a page; rows that are there already are left as they are. */
    void insert(Handle postgres, List<List<Object>> page, EventPartitions partitions) throws SQLException {
        boolean byDay = table.equals("events");
        Map<UUID, LocalDate> days = byDay ? days(postgres, page, partitions) : Map.of();
        String values = String.join(", ", Collections.nCopies(columns.size() + (byDay ? 1 : 0), "?"));
        try (PreparedStatement sql = postgres.getConnection()
                .prepareStatement("INSERT INTO " + table + " (" + list() + (byDay ? ", day" : "") + ") VALUES ("
                        + values + ") ON CONFLICT DO NOTHING")) {
            for (List<Object> row : page) {
                for (int i = 0; i < row.size(); i++) {
                    sql.setObject(i + 1, row.get(i));
                }
                if (byDay) {
                    sql.setObject(row.size() + 1, days.get((UUID) row.get(columns.indexOf("run_id"))));
                }
                sql.addBatch();
            }
            sql.executeBatch();
        }
    }

    /** The day of each run: that of the first event that came. */
    private Map<UUID, LocalDate> days(Handle postgres, List<List<Object>> page, EventPartitions partitions)
            throws SQLException {
        Map<UUID, LocalDate> days = new HashMap<>();
        for (List<Object> row : page) {
            LocalDate received = ((OffsetDateTime) row.get(columns.indexOf("received_at")))
                    .withOffsetSameInstant(ZoneOffset.UTC)
                    .toLocalDate();
            days.putIfAbsent((UUID) row.get(columns.indexOf("run_id")), received);
        }
        try (PreparedStatement sql = postgres.getConnection()
                .prepareStatement("INSERT INTO run_days (run_id, day) VALUES (?, ?) ON CONFLICT DO NOTHING")) {
            for (Map.Entry<UUID, LocalDate> day : days.entrySet()) {
                sql.setObject(1, day.getKey());
                sql.setObject(2, day.getValue());
                sql.addBatch();
            }
            sql.executeBatch();
        }
        // Those that an earlier page brought have theirs already.
        postgres.createQuery("SELECT run_id, day FROM run_days WHERE run_id = ANY(?)")
                .bindBySqlType(0, Sql.array(postgres, "uuid", days.keySet()), Types.ARRAY)
                .map((rows, c) -> Map.entry(rows.getObject(1, UUID.class), rows.getObject(2, LocalDate.class)))
                .forEach(day -> days.put(day.getKey(), day.getValue()));
        days.values().stream().distinct().forEach(day -> partitions.cover(postgres, day));
        return days;
    }
}
