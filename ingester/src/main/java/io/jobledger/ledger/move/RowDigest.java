package io.jobledger.ledger.move;

import io.jobledger.model.Digests;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.OffsetDateTime;
import java.util.HexFormat;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * Counts rows and sums their SHA-256, so that two tables can be compared in whatever order each is read. Not
 * thread-safe.
 */
final class RowDigest {
    private static final int FETCH = 1_000;

    private final MessageDigest sha = Digests.sha256();
    private final long[] sum = new long[4];
    private long rows;

    private RowDigest() {}

    /** The columns of a table of an embedded ledger. */
    static List<String> columns(Jdbi h2, String table) {
        return h2.withHandle(handle -> handle.createQuery("SELECT LOWER(column_name) FROM information_schema.columns"
                        + " WHERE LOWER(table_name) = ? AND LOWER(table_schema) = 'public' ORDER BY ordinal_position")
                .bind(0, table)
                .mapTo(String.class)
                .list());
    }

    /** Reads a table, in a transaction: else the driver would have all rows in memory. */
    static RowDigest of(Handle handle, String table, List<String> columns) throws SQLException {
        RowDigest digest = new RowDigest();
        try (Statement sql = handle.getConnection().createStatement()) {
            sql.setFetchSize(FETCH);
            try (ResultSet rows = sql.executeQuery("SELECT " + String.join(", ", columns) + " FROM " + table)) {
                while (rows.next()) {
                    digest.add(rows, columns.size());
                }
            }
        }
        return digest;
    }

    /** Adds a row's first {@code columns} columns, as any database hands them out. */
    private void add(ResultSet row, int columns) throws SQLException {
        sha.reset();
        for (int column = 1; column <= columns; column++) {
            byte[] value = bytes(row.getObject(column));
            // With its length before it, so that no two rows look alike by where one value ends.
            sha.update(ByteBuffer.allocate(Integer.BYTES)
                    .putInt(value == null ? -1 : value.length)
                    .array());
            if (value != null) {
                sha.update(value);
            }
        }
        ByteBuffer digest = ByteBuffer.wrap(sha.digest());
        for (int i = 0; i < sum.length; i++) {
            sum[i] += digest.getLong();
        }
        rows++;
    }

    private static byte[] bytes(Object value) {
        if (value == null || value instanceof byte[]) {
            return (byte[]) value;
        }
        return text(value).getBytes(StandardCharsets.UTF_8);
    }

    /** A time comes as another class from each database. */
    private static String text(Object value) {
        if (value instanceof OffsetDateTime time) {
            return time.toInstant().toString();
        }
        return value instanceof Timestamp time ? time.toInstant().toString() : value.toString();
    }

    long rows() {
        return rows;
    }

    String hex() {
        ByteBuffer bytes = ByteBuffer.allocate(sum.length * Long.BYTES);
        for (long part : sum) {
            bytes.putLong(part);
        }
        return HexFormat.of().formatHex(bytes.array());
    }
}
