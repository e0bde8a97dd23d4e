package io.jobledger.ledger;

import com.zaxxer.hikari.pool.HikariPool;
import io.jobledger.files.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Takes a ledger's file back to what its contents need. H2 never overwrites a page that is younger than 45 seconds and gives space back to the file but not to the disk, so
 * after a time of heavy writing the file stays as large as it was then.
 */
public final class H2Compact {
    private static final int DATABASE_IS_CLOSED = 90121;

    private H2Compact() {}

    /**
     * What it brought.
     *
     * @param before bytes
     * @param after bytes
     */
    public record Outcome(long before, long after) {}

    /**
     * Rewrites the ledger that no ingester has open. H2 writes the new file aside and renames it, so a crash leaves the old one or the new one. It needs as much room as
     * the contents, for as long as it takes.
     *
     * @param ledger its path without suffix
     * @throws LedgerException of kind {@code UNUSABLE} when there is none, it is in use, or it cannot be read
     */
    public static Outcome compact(Path ledger, int cacheKib) {
        Path file = H2Files.databaseFile(ledger);
        H2Ledger.claim(file);
        try {
            if (!Files.exists(file)) {
                throw new LedgerException(LedgerException.Kind.UNUSABLE, "there is no ledger at " + file);
            }
            H2Files.prepare(ledger, base -> { });
            long before = Files.size(file);
            try (H2Connections connections = new H2Connections(ledger, cacheKib, H2Ledger.Medium.DISK.scheme())) {
                shutDown(connections);
            }
            // H2 made a new one.
            PrivateFiles.restrict(file);
            return new Outcome(before, Files.size(file));
        } catch (IOException | SQLException | HikariPool.PoolInitializationException e) {
            throw H2Ledger.unusable(file, e);
        } finally {
            H2Ledger.release(file);
        }
    }

    private static void shutDown(H2Connections connections) throws SQLException {
        try (Connection connection = connections.openConnection(); Statement statement = connection.createStatement()) {
            statement.execute("SHUTDOWN COMPACT");
        } catch (SQLException e) {
            // What is closed at the end finds the database closed: that was the aim.
            if (e.getErrorCode() != DATABASE_IS_CLOSED) {
                throw e;
            }
        }
    }
}
