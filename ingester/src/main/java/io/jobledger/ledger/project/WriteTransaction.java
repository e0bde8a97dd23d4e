package io.jobledger.ledger.project;

import io.jobledger.ledger.rows.RowBatch;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * One writing transaction, as its database needs it: all that differs between the databases when events become rows.
 * While it lasts no other one writes events, runs, jobs or new entries of the outbox. Used by one thread.
 */
public interface WriteTransaction {
    /** The mirrors whose outbox is to hear of changes. */
    List<Integer> mirrors();

    /** Which of these events, given as numbers by run, the ledger already has. It may name others that it has, too. */
    Set<EventId> known(Map<UUID, List<Long>> asked) throws SQLException;

    /** What the writer remembers of earlier transactions; nothing where it is not the only one. */
    default WriterMemory memory() {
        return new WriterMemory(0);
    }

    /**
     * A batch that gives columns of rows new values.
     *
     * @param key the table's primary key; its value comes after those of the columns
     */
    default RowBatch updates(Handle handle, String table, List<String> columns, String key) {
        return new RowBatch(handle, RowBatch.update(table, columns, key));
    }

    /** Whether rows of events have a day. */
    default boolean byDay() {
        return false;
    }

    /** The day that stands in the events of a run that {@link #known} was asked for; null unless {@link #byDay}. */
    default LocalDate day(UUID run) {
        return null;
    }

    /** Tells who waits for news, once this is committed, that the events up to this number are there. */
    default void stored(long lastEvent) {}
}
