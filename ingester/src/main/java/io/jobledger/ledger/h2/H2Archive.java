package io.jobledger.ledger.h2;

import com.zaxxer.hikari.pool.HikariPool;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Verifier;
import io.jobledger.ledger.chain.JdbcVerifier;
import io.jobledger.ledger.chain.LedgerHead;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/** A ledger's file that is only read: one that no ingester has open, or a copy of it. Thread-safe. */
public final class H2Archive implements AutoCloseable {
    private final H2Connections connections;

    private H2Archive(H2Connections connections) {
        this.connections = connections;
    }

    /**
     * Opens it without writing a byte.
     *
     * @param ledger its path without suffix
     * @throws LedgerException of kind {@code UNUSABLE} when there is none, it is in use, or it cannot be read
     */
    public static H2Archive open(Path ledger, int cacheKib) {
        Path file = H2Files.databaseFile(ledger);
        if (!Files.exists(file)) {
            throw new LedgerException(LedgerException.Kind.UNUSABLE, "there is no ledger at " + file);
        }
        try {
            Journal.refuseLeft(file);
            H2Connections connections = H2Connections.readOnly(ledger, cacheKib);
            try {
                requireKnown(file, connections);
            } catch (IOException | RuntimeException e) {
                connections.close();
                throw e;
            }
            return new H2Archive(connections);
        } catch (IOException | JdbiException | HikariPool.PoolInitializationException e) {
            throw H2Ledger.unusable(file, e);
        }
    }

    /** A copy elsewhere has no mark, and then nothing is known of what it should hold. */
    private static void requireKnown(Path file, H2Connections connections) throws IOException {
        try (LedgerMark mark = LedgerMark.of("file:", file)) {
            LedgerHead head = Jdbi.create(connections).withHandle(LedgerHead::read);
            LedgerMark.Facts known = mark.facts();
            if (head.entry() < known.events() || head.removals() < known.removals()) {
                throw LedgerMark.lessThanKnown(file, head.entry(), known.events(), known.removals() - head.removals());
            }
        }
    }

    public Verifier verifier() {
        return new JdbcVerifier(Jdbi.create(connections));
    }

    @Override
    public void close() {
        connections.close();
    }
}
