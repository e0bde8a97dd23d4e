package io.jobledger.ledger.h2;

import com.zaxxer.hikari.pool.HikariPool;
import io.jobledger.files.PrivateFiles;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.rows.Failures;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.h2.engine.Constants;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.MVStoreTool;

/**
 * Takes a ledger's file back to what its contents need. H2 never overwrites a page that is younger than 45 seconds and
 * gives space back to the file but not to the disk, so after a time of heavy writing the file stays as large as it was
 * then.
 */
public final class H2Compact {
    private static final int DATABASE_IS_CLOSED = 90121;
    /**
     * Copies one store into another, page by page. H2's public way to it always compresses with LZF, which leaves a
     * quarter more bytes than Deflate does.
     */
    private static final Method COPY = copy();

    private H2Compact() {}

    /**
     * What it brought.
     *
     * @param before bytes
     * @param after bytes
     */
    public record Outcome(long before, long after) {}

    /**
     * Rewrites the ledger that no ingester has open, deflated. The new file is written and synced aside and then
     * renamed, so a crash leaves the old one or the new one; what else it leaves H2 removes at the next start. It needs
     * as much room as the contents, for as long as it takes.
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
            H2Files.prepare(ledger, base -> {});
            Journal.refuseLeft(file);
            return LedgerMark.keeping(file, () -> {
                long before = Files.size(file);
                try (H2Connections connections = new H2Connections(ledger, cacheKib, H2Ledger.Medium.DISK.scheme())) {
                    shutDown(connections);
                }
                rewrite(file);
                return new Outcome(before, Files.size(file));
            });
        } catch (HikariPool.PoolInitializationException | MVStoreException e) {
            throw H2Ledger.unusable(file, e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw H2Ledger.unusable(file, e);
        } finally {
            H2Ledger.release(file);
        }
    }

    private static void rewrite(Path file) throws IOException {
        Path fresh = Path.of(file + Constants.SUFFIX_MV_STORE_TEMP_FILE);
        Files.deleteIfExists(fresh);
        try (MVStore from = new MVStore.Builder()
                        .fileName(file.toString())
                        .readOnly()
                        .open();
                MVStore to = new MVStore.Builder()
                        .fileName(fresh.toString())
                        .compressHigh()
                        .open()) {
            COPY.invoke(null, from, to);
        } catch (ReflectiveOperationException e) {
            throw new IOException("H2 could not copy the ledger: " + Failures.text(e), e);
        }
        PrivateFiles.restrict(fresh);
        try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        MVStoreTool.moveAtomicReplace(fresh.toString(), file.toString());
    }

    private static Method copy() {
        try {
            Method copy = MVStore.class.getDeclaredMethod("compact", MVStore.class, MVStore.class);
            copy.setAccessible(true);
            return copy;
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException("this is not the H2 that the program was built with", e);
        }
    }

    private static void shutDown(H2Connections connections) throws SQLException {
        try (Connection connection = connections.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SHUTDOWN");
        } catch (SQLException e) {
            // What is closed at the end finds the database closed: that was the aim.
            if (e.getErrorCode() != DATABASE_IS_CLOSED) {
                throw e;
            }
        }
    }
}
