package io.jobledger.ledger.move;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.OffsetDateTime;
import java.util.HexFormat;

/**
 * Counts rows and sums their SHA-256, so that two tables can be compared in whatever order each is read. Not
 * thread-safe.
 */
final class RowDigest {
    private final MessageDigest sha;
    private final long[] sum = new long[4];
    private long rows;

    RowDigest() {
        try {
            sha = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Adds a row's first {@code columns} columns, as any database hands them out. */
    void add(ResultSet row, int columns) throws SQLException {
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
