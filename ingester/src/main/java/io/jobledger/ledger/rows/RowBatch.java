package io.jobledger.ledger.rows;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * One statement for many rows, in the transaction of its handle. Plain JDBC, because a stored event binds some seventy
 * values, and Jdbi looks for a way to bind each of them anew: an eighth of the writer's processor time. Not
 * thread-safe.
 */
public class RowBatch {
    private final Handle handle;
    private final String sql;
    private final List<Object[]> rows = new ArrayList<>();

    /** Prepares nothing yet: most batches stay empty. */
    public RowBatch(Handle handle, String sql) {
        this.handle = handle;
        this.sql = sql;
    }

    /** The statement that gives these columns of the row with that key new values. */
    public static String update(String table, List<String> columns, String key) {
        return "UPDATE " + table + " SET " + String.join(" = ?, ", columns) + " = ? WHERE " + key + " = ?";
    }

    /** Puts a row in line; its values are of types that JDBC knows, or null. */
    public void add(Object... values) {
        rows.add(values);
    }

    /**
     * Sends the rows that are in line; returns how many rows of the table each one touched.
     *
     * @throws LedgerException when the database refuses one; then none may be committed
     */
    public int[] execute() {
        if (rows.isEmpty()) {
            return new int[0];
        }
        try {
            return send(handle.getConnection(), rows);
        } catch (SQLException e) {
            throw Failures.of("the ledger could not store the rows", e);
        } finally {
            rows.clear();
        }
    }

    /** Sends rows, of which there is one at least; returns how many rows of the table each one touched. */
    protected int[] send(Connection connection, List<Object[]> rows) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (Object[] values : rows) {
                for (int i = 0; i < values.length; i++) {
                    statement.setObject(i + 1, values[i]);
                }
                statement.addBatch();
            }
            return statement.executeBatch();
        }
    }
}
