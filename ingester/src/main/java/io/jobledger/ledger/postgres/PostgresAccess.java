package io.jobledger.ledger.postgres;

import com.zaxxer.hikari.HikariDataSource;
import io.jobledger.auth.TokenStore;
import io.jobledger.config.LedgerLocation;
import io.jobledger.trail.Trail;
import java.time.Clock;
import org.jdbi.v3.core.Jdbi;

/**
 * Tokens and audit trail of a PostgreSQL ledger, which all its ingesters share. It has connections of its own, so that
 * a token can be asked for while audits hold all those of the ledger. Thread-safe.
 */
public final class PostgresAccess implements AutoCloseable {
    /** One to read, one to change, and one for the trail, which is written while a change is under way. */
    private static final int CONNECTIONS = 3;

    private final HikariDataSource pool;
    private final TokenStore tokens;
    private final Trail trail;

    /** For a database whose ledger this process has open. Connects when it is first used. */
    public PostgresAccess(LedgerLocation.Postgres location, Clock clock) {
        pool = PostgresConnections.accessPool(location, CONNECTIONS);
        Jdbi jdbi = PostgresLedger.jdbi(pool);
        tokens = new PostgresTokens(jdbi, location.toString());
        trail = new PostgresTrail(jdbi, location.toString(), clock);
    }

    /**
     * For a command that does not open the ledger: brings the database to this program's version first.
     *
     * @throws LedgerException of kind {@code UNUSABLE} that says what to do
     */
    public static PostgresAccess open(LedgerLocation.Postgres location, Clock clock) {
        try {
            PostgresLedger.migrate(location);
            return new PostgresAccess(location, clock);
        } catch (RuntimeException e) {
            throw PostgresLedger.unusable(location, e);
        }
    }

    /** What is kept of the tokens. */
    public TokenStore tokens() {
        return tokens;
    }

    /** Where administrative acts are written down. */
    public Trail trail() {
        return trail;
    }

    @Override
    public void close() {
        pool.close();
    }
}
