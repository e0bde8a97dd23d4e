package io.jobledger.ledger.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import io.jobledger.config.LedgerLocation;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import org.postgresql.util.PSQLException;

/** Connections to a PostgreSQL ledger. */
public final class PostgresConnections {
    /**
     * What the driver is told unless the URL says otherwise: a peer that vanished must be noticed, and after a failover
     * the primary be found.
     */
    private static final Map<String, String> DEFAULTS = Map.ofEntries(
            Map.entry("ApplicationName", "jobledger"),
            Map.entry("connectTimeout", "5"),
            Map.entry("socketTimeout", "60"),
            Map.entry("tcpKeepAlive", "true"),
            Map.entry("targetServerType", "primary"),
            // Batches become inserts of many rows.
            Map.entry("reWriteBatchedInserts", "true"),
            // An error's details may hold what was to be stored.
            Map.entry("logServerErrorDetail", "false"));

    private PostgresConnections() {}

    /** A pool that connects when it is first used. */
    static HikariDataSource pool(LedgerLocation.Postgres location) {
        HikariConfig config = config(location, properties(location), location.connections());
        config.setKeepaliveTime(60_000);
        config.setExceptionOverride(new ReadOnlyIsBroken());
        // A writer that hangs, or that died without its connection being closed, must not keep the others out.
        config.setConnectionInitSql("SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '30s'");
        return new HikariDataSource(config);
    }

    /**
     * A few connections for short questions and acts that must not wait until an audit gives back one of the ledger's.
     * They give up soon.
     */
    static HikariDataSource accessPool(LedgerLocation.Postgres location, int connections) {
        Properties properties = properties(location);
        properties.setProperty("socketTimeout", "5");
        HikariConfig config = config(location, properties, connections);
        config.setPoolName("access");
        config.setExceptionOverride(new ReadOnlyIsBroken());
        config.setConnectionInitSql("SET lock_timeout = '4s'; SET idle_in_transaction_session_timeout = '30s'");
        return new HikariDataSource(config);
    }

    /** A pool for long work that no sender waits for: migrations of large tables, and moves. */
    public static HikariDataSource patientPool(LedgerLocation.Postgres location) {
        return new HikariDataSource(config(location, patient(location), 2));
    }

    /** A connection of its own, outside of the pool, on which it is no fault that nothing comes for hours. */
    static Connection lasting(LedgerLocation.Postgres location) throws SQLException {
        return DriverManager.getConnection(location.url(), patient(location));
    }

    private static Properties patient(LedgerLocation.Postgres location) {
        Properties properties = properties(location);
        properties.remove("socketTimeout");
        return properties;
    }

    private static HikariConfig config(LedgerLocation.Postgres location, Properties properties, int connections) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("ledger");
        config.setJdbcUrl(location.url());
        config.setDataSourceProperties(properties);
        config.setMaximumPoolSize(connections);
        config.setMinimumIdle(1);
        config.setInitializationFailTimeout(-1);
        // Less than what a sender waits; a server that restarts takes longer, and then the sender is told to come back.
        config.setConnectionTimeout(3_000);
        config.setValidationTimeout(2_000);
        return config;
    }

    private static Properties properties(LedgerLocation.Postgres location) {
        Properties properties = new Properties();
        DEFAULTS.forEach((name, value) -> {
            // What the URL says would count less than what is said here.
            if (!location.url().contains("?" + name + "=") && !location.url().contains("&" + name + "=")) {
                properties.setProperty(name, value);
            }
        });
        if (location.user() != null) {
            properties.setProperty("user", location.user());
        }
        if (location.password() != null) {
            properties.setProperty("password", location.password());
        }
        return properties;
    }

    /** A server that became a standby answers, but does not write: the pool must look for the new primary. */
    public static final class ReadOnlyIsBroken implements SQLExceptionOverride {
        @java.lang.Override
        public Override adjudicate(SQLException e) {
            return e instanceof PSQLException && "25006".equals(e.getSQLState())
                    ? Override.MUST_EVICT
                    : Override.CONTINUE_EVICT;
        }
    }
}
