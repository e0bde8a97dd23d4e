package io.jobledger.ledger.rows;

import java.sql.Array;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import org.jdbi.v3.core.Handle;

/** Small things that every statement needs. */
public final class Sql {
    private Sql() {}

    /** A time as the database takes it. */
    public static OffsetDateTime utc(Instant instant) {
        return instant == null ? null : instant.atOffset(ZoneOffset.UTC);
    }

    /** A pattern for {@code ILIKE ? ESCAPE '!'} that holds of what contains {@code text}. */
    public static String containing(String text) {
        return "%" + text.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%";
    }

    /** Values for {@code = ANY(?)}. */
    public static Array array(Handle handle, String type, Collection<?> values) throws SQLException {
        return handle.getConnection().createArrayOf(type, values.toArray());
    }

    /** Executes them in this order. */
    public static void execute(RowBatch... batches) {
        for (RowBatch batch : batches) {
            batch.execute();
        }
    }
}
