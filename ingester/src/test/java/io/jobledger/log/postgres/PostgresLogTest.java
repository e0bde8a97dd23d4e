package io.jobledger.log.postgres;

import com.zaxxer.hikari.HikariDataSource;
import io.jobledger.config.LedgerLocation;
import io.jobledger.ledger.postgres.PostgresConnections;
import io.jobledger.ledger.postgres.PostgresLedger;
import io.jobledger.ledger.postgres.PostgresServer;
import io.jobledger.log.EventLog;
import io.jobledger.log.EventLogContract;
import java.time.Clock;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;

/** The log on a real PostgreSQL server. */
class PostgresLogTest extends EventLogContract {
    private final LedgerLocation.Postgres database = PostgresServer.shared().newDatabase();
    private HikariDataSource pool;

    @Override
    protected EventLog open() {
        if (pool == null) {
            PostgresLedger.migrate(database);
            pool = PostgresConnections.patientPool(database);
        }
        return new PostgresLog(
                PostgresLedger.jdbi(pool), UUID.randomUUID(), (handle, entries, head) -> {}, Clock.systemUTC());
    }

    @AfterEach
    void closePool() {
        pool.close();
    }
}
