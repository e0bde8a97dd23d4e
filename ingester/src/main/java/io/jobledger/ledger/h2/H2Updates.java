package io.jobledger.ledger.h2;

import io.jobledger.ledger.rows.RowBatch;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import org.h2.engine.SessionLocal;
import org.h2.index.Cursor;
import org.h2.index.Index;
import org.h2.message.DbException;
import org.h2.result.Row;
import org.h2.result.SearchRow;
import org.h2.table.Column;
import org.h2.table.Table;
import org.h2.value.Value;
import org.h2.value.ValueToObjectConverter;
import org.jdbi.v3.core.Handle;

/**
 * What {@code UPDATE … WHERE key = ?} does, in place. H2 carries out that statement by taking the row out of each index
 * and putting it back, also where nothing in the index changed: for a poll of a job 28 indexes, of which it changes
 * none. H2 has another way inside, which compares first, and uses it only for its own tables (its {@code Update} says
 * TODO). So this goes below SQL: the same transaction, conversions and checks of columns, and the same undoing. It
 * knows no triggers and no generated columns; the ledger has none. Not thread-safe.
 */
final class H2Updates extends RowBatch {
    private final String table;
    private final List<String> columns;
    private final String key;

    /**
     * Rows have the values of the columns, in their order, and then that of the key, which is the table's primary key.
     */
    H2Updates(Handle handle, String table, List<String> columns, String key) {
        super(handle, update(table, columns, key));
        this.table = table;
        this.columns = columns;
        this.key = key;
    }

    @Override
    protected int[] send(Connection connection, List<Object[]> rows) throws SQLException {
        SessionLocal session = H2Connections.session(connection);
        session.lock();
        try {
            Table found = session.getDatabase().getMainSchema().getTableOrView(session, table.toUpperCase(Locale.ROOT));
            found.lock(session, Table.WRITE_LOCK);
            Target target = new Target(
                    session,
                    found,
                    found.getPrimaryKey(),
                    column(found, key),
                    columns.stream().mapToInt(column -> column(found, column)).toArray());
            return rows.stream().mapToInt(target::update).toArray();
        } catch (DbException e) {
            throw DbException.toSQLException(e);
        } finally {
            session.unlock();
        }
    }

    private static int column(Table table, String name) {
        return table.getColumn(name.toUpperCase(Locale.ROOT)).getColumnId();
    }

    private record Target(SessionLocal session, Table table, Index index, int key, int[] columns) {
        int update(Object[] values) {
            SearchRow sought = table.getTemplateSimpleRow(false);
            Column column = table.getColumn(key);
            sought.setValue(key, column.convert(session, value(values[columns.length])));
            Cursor cursor = index.find(session, sought, sought, false);
            if (!cursor.next()) {
                return 0;
            }
            Row old = cursor.get();
            Row changed = table.createRow(old.getValueList().clone(), Row.MEMORY_CALCULATE);
            for (int i = 0; i < columns.length; i++) {
                changed.setValue(columns[i], value(values[i]));
            }
            changed.setKey(old.getKey());
            table.convertUpdateRow(session, changed, false);
            table.updateRow(session, old, changed);
            return 1;
        }

        private Value value(Object value) {
            return ValueToObjectConverter.objectToValue(session, value, Value.UNKNOWN);
        }
    }
}
