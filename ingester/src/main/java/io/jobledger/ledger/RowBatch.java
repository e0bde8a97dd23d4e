package io.jobledger.ledger;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * One statement for many rows, in the transaction of its handle. Plain JDBC, because a stored event binds some seventy values, and Jdbi looks for a way to bind each of
 * them anew: an eighth of the writer's processor time. Not thread-safe.
 */
final class RowBatch {
    private final Handle handle;
    private final String sql;
    private final List<Object[]> rows = new ArrayList<>();

    /** Prepares nothing yet: most batches stay empty. */
    RowBatch(Handle handle, String sql) {
        this.handle = handle;
        this.sql = sql;
    }

    /** Puts a row in line; its values are of types that JDBC knows, or null. */
    void add(Object... values) {
        rows.add(values);
    }

    /**
     * Sends the rows that are in line; returns how many rows of the table each one touched.
     *
     * @throws LedgerException when the database refuses one; then none may be committed
     */
    int[] execute() {
        if (rows.isEmpty()) {
            return new int[0];
        }
        try (PreparedStatement statement = handle.getConnection().prepareStatement(sql)) {
            for (Object[] values : rows) {
                for (int i = 0; i < values.length; i++) {
                    statement.setObject(i + 1, values[i]);
                }
                statement.addBatch();
            }
            rows.clear();
            return statement.executeBatch();
        } catch (SQLException e) {
            throw Failures.of("the ledger could not store the rows", e);
        }
    }
}
