package io.jobledger.ledger.project;

import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.h2.H2Compact;
import io.jobledger.ledger.h2.H2Files;
import io.jobledger.ledger.h2.H2Ledger;
import io.jobledger.ledger.h2.LedgerMark;
import io.jobledger.ledger.jdbc.JdbcLedger;
import io.jobledger.model.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * Makes a ledger of many millions of jobs in minutes. Every row is made by the ledger's own {@code LedgerWriter}, a
 * batch at a time, but the large tables have no index meanwhile, and what the writer looks for again stands in small
 * tables of a schema in front of the real one. At the end the indexes are made again from the statements that H2 itself
 * gives for them, and the file is compacted. What comes out is what the writer would have stored, event for event,
 * chains included.
 *
 * <p>Nothing is synced on the way: a file that was not {@link #finish finished} is worthless. Used by one thread.
 */
public final class BulkLedger implements AutoCloseable {
    /**
     * What the writer adds and looks for again in ways that only an index answers, which the real table does not have
     * meanwhile; and by what.
     */
    private static final Map<String, List<String>> FRONT =
            Map.of("jobs", List.of("ansible_job_id", "run_id"), "names", List.of("id"));
    /** The tables that are large: their rows come without an index to keep. */
    private static final List<String> LARGE = List.of("events", "jobs", "job_keys", "job_labels");

    /**
     * A ledger keeps old pages for what was synced last, but here nothing is; and rows that wait in front need not come
     * to the disk. H2 would remember both.
     */
    private static final Map<String, Integer> QUICK = Map.of("RETENTION_TIME", 0, "WRITE_DELAY", 60_000);
    /** H2's own, and what every connection of a ledger asks for. */
    private static final Map<String, Integer> USUAL =
            Map.of("RETENTION_TIME", 45_000, "WRITE_DELAY", Integer.MAX_VALUE);

    private final Path ledger;
    private final int cacheKib;
    private final Clock clock;
    private final Connection connection;
    private final Handle handle;
    private final List<String> dropped;

    private BulkLedger(Path ledger, int cacheKib, Clock clock, Connection connection) {
        this.ledger = ledger;
        this.cacheKib = cacheKib;
        this.clock = clock;
        this.connection = connection;
        this.handle = JdbcLedger.jdbi(() -> connection).open();
        QUICK.forEach((name, value) -> handle.execute("SET " + name + " " + value));
        this.dropped = dropIndexes();
        putSmallTablesInFront();
    }

    /**
     * Makes a ledger where there is none.
     *
     * @param ledger its path without suffix
     * @param cacheKib memory for H2's page cache; making the indexes is quicker with more
     * @param clock says when events are received
     * @throws LedgerException of kind {@code UNUSABLE} when there is a file already
     */
    public static BulkLedger create(Path ledger, int cacheKib, Clock clock) throws SQLException {
        Path file = H2Files.databaseFile(ledger);
        if (Files.exists(file)) {
            throw new LedgerException(
                    LedgerException.Kind.UNUSABLE,
                    file + " is there already; a ledger is filled in bulk from its beginning");
        }
        H2Ledger.open(new H2Ledger.Options(ledger, cacheKib, 1000, 1000, 0), List.of(), clock)
                .close();
        try {
            // What is known of it was true while it was empty.
            Files.delete(LedgerMark.file(file));
        } catch (IOException e) {
            throw new LedgerException(LedgerException.Kind.UNUSABLE, "the mark of " + file + " cannot be removed", e);
        }
        return new BulkLedger(ledger, cacheKib, clock, connect(ledger, cacheKib));
    }

    private static Connection connect(Path ledger, int cacheKib) throws SQLException {
        // Housekeeping in the background would move pages that are written once.
        return DriverManager.getConnection(
                "jdbc:h2:file:" + ledger.toAbsolutePath().normalize() + ";CACHE_SIZE=" + cacheKib
                        + ";DB_CLOSE_ON_EXIT=FALSE;TRACE_LEVEL_FILE=0;AUTO_COMPACT_FILL_RATE=0",
                "jobledger",
                "");
    }

    /**
     * Drops what can be made again; returns the statements that make it. The key of a single number is the table's own
     * order in H2, and stays.
     */
    private List<String> dropIndexes() {
        List<String> drops = new ArrayList<>();
        List<String> makes = new ArrayList<>();
        for (String table : LARGE) {
            for (String statement : handle.createQuery("SCRIPT NODATA NOPASSWORDS NOSETTINGS TABLE " + table)
                    .mapTo(String.class)
                    .list()) {
                if (statement.matches("(?s)CREATE (UNIQUE )?(NULLS (NOT )?DISTINCT )?INDEX .*")) {
                    drops.add("DROP INDEX " + statement.replaceFirst("(?s).*?INDEX (\\S+) ON .*", "$1"));
                    makes.add(statement);
                } else if (statement.matches("(?s)ALTER TABLE .* PRIMARY KEY\\(.*,.*")) {
                    drops.add("ALTER TABLE " + table + " DROP PRIMARY KEY");
                    makes.add(statement);
                }
            }
        }
        drops.forEach(handle::execute);
        return makes;
    }

    private void putSmallTablesInFront() {
        handle.execute("CREATE SCHEMA front");
        FRONT.forEach((table, searched) -> {
            handle.execute("CREATE TABLE front." + table + " AS SELECT * FROM public." + table + " WHERE FALSE");
            searched.forEach(column -> handle.execute("CREATE INDEX ON front." + table + "(" + column + ")"));
        });
        handle.execute("SET SCHEMA front");
        handle.execute("SET SCHEMA_SEARCH_PATH front, public");
    }

    /** Whoever writes to a ledger that nobody else has, from events that come once. */
    private static final class Alone implements WriteTransaction {
        @Override
        public List<Integer> mirrors() {
            return List.of();
        }

        @Override
        public Set<EventId> known(Map<UUID, List<Long>> asked) {
            return new HashSet<>();
        }
    }

    /** Stores events that are not there yet. All events of a run, and of a job, must come in one call. */
    public void append(List<Event> events) throws SQLException {
        handle.begin();
        new LedgerWriter(handle, new Alone(), clock.instant()).write(List.of(events));
        handle.commit();
        move("jobs");
    }

    private void move(String table) {
        handle.execute("INSERT INTO public." + table + " SELECT * FROM front." + table);
        handle.execute("TRUNCATE TABLE front." + table);
    }

    /** Makes the ledger whole: it can be opened, and is as small as it gets. */
    public void finish() throws SQLException {
        // Later batches change these again, so they come last.
        move("names");
        handle.execute("SET SCHEMA public");
        handle.execute("DROP SCHEMA front CASCADE");
        connection.close();
        // Opened again: with what is left of the transactions before, H2 would count the rows of a table one by one
        // before it makes an index.
        try (Connection fresh = connect(ledger, cacheKib);
                Statement sql = fresh.createStatement()) {
            for (String statement : dropped) {
                sql.execute(statement);
            }
            sql.execute("ANALYZE");
            for (Map.Entry<String, Integer> setting : USUAL.entrySet()) {
                sql.execute("SET " + setting.getKey() + " " + setting.getValue());
            }
        }
        H2Compact.compact(ledger, cacheKib);
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
