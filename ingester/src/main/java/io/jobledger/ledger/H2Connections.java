package io.jobledger.ledger;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
import org.h2.mvstore.MVStore;
import org.jdbi.v3.core.ConnectionFactory;

/**
 * Connections to the ledger's file. After a failed write H2 closes its store and every connection only repeats that failure, so a closed store is opened again, and
 * recovered. Thread-safe.
 */
final class H2Connections implements ConnectionFactory, AutoCloseable {
    /** Milliseconds; see the constructor. */
    static final int WRITE_DELAY = 20_000;

    private static final long MOST_WAITING = 64 << 20;

    private final String url;
    private volatile HikariDataSource pool;
    private Recovery recovery = connections -> { };
    private boolean closed;

    /** Brings a store that was just opened to what was acknowledged, before anybody reads it. */
    interface Recovery {
        void run(DataSource connections) throws Exception;
    }

    /**
     * @param base the ledger's path without suffix
     * @param scheme of H2's file system
     */
    H2Connections(Path base, int cacheKib, String scheme) {
        this(base, cacheKib, scheme, "");
    }

    private H2Connections(Path base, int cacheKib, String scheme, String more) {
        // DB_CLOSE_ON_EXIT: H2's own exit hook would close the file under a commit that the drain still waits for. COMPRESS: pages of 64 KiB instead of 16, written with LZF;
        // it takes no more processor time than it saves by writing a third of the bytes.
        // WRITE_DELAY: checkpoints write the file, every few seconds while there is something to write; H2's own writer, by default twice a second, would do it all again.
        // AUTO_COMPACT_FILL_RATE: by default H2 begins to move pages together when a tenth of the file is out of date, and nobody can commit meanwhile. So it begins at seven tenths.
        // QUERY_CACHE_SIZE: a group has more statements than H2's 8, and each would be parsed and planned anew.
        this.url = "jdbc:h2:" + scheme + base.toAbsolutePath().normalize() + ";DB_CLOSE_ON_EXIT=FALSE;LOCK_TIMEOUT=10000"
                + ";WRITE_DELAY=" + WRITE_DELAY + ";MAX_COMPACT_TIME=1500;AUTO_COMPACT_FILL_RATE=30;COMPRESS=TRUE;TRACE_LEVEL_FILE=0;QUERY_CACHE_SIZE=64;CACHE_SIZE=" + cacheKib + more;
        this.pool = open();
    }

    /** Connections that cannot change anything, also to a file that may not be written. */
    static H2Connections readOnly(Path base, int cacheKib) {
        return new H2Connections(base, cacheKib, "file:", ";ACCESS_MODE_DATA=r");
    }

    private HikariDataSource open() {
        HikariConfig config = new HikariConfig();
        config.setPoolName("ledger");
        config.setJdbcUrl(url);
        config.setUsername("jobledger");
        config.setPassword("");
        config.setMaximumPoolSize(14);
        config.setMinimumIdle(2);
        HikariDataSource made = new HikariDataSource(config);
        try (Connection connection = made.getConnection()) {
            letPagesWait(store(connection));
        } catch (SQLException e) {
            made.close();
            throw new HikariPool.PoolInitializationException(e);
        }
        return made;
    }

    /**
     * Lets changed pages wait in memory for the next checkpoint, up to a sixth of the heap. With H2's own limit, a seventeenth, a busy ledger's pages were written again and again between two checkpoints:
     * half of the processor time. H2 has a setting for it, but no way to it from a database's URL.
     */
    private static void letPagesWait(MVStore store) {
        try {
            Field limit = MVStore.class.getDeclaredField("autoCommitMemory");
            limit.setAccessible(true);
            limit.setInt(store, (int) Math.max(store.getAutoCommitMemory(), Math.min(Runtime.getRuntime().maxMemory() / 6, MOST_WAITING)));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this is not the H2 that the program was built with", e);
        }
    }

    /** Does this now, and again whenever the store was closed by a failure and is opened again. */
    synchronized void recover(Recovery how) throws Exception {
        recovery = how;
        how.run(pool);
    }

    DataSource dataSource() {
        return pool;
    }

    @Override
    public Connection openConnection() throws SQLException {
        HikariDataSource current = pool;
        try {
            Connection connection = current.getConnection();
            if (!store(connection).isClosed()) {
                return connection;
            }
            connection.close();
        } catch (SQLException e) {
            // A pool that is closed is what a failed attempt to open the store again leaves behind.
            if (!current.isClosed()) {
                throw e;
            }
        }
        reopen(current);
        return pool.getConnection();
    }

    /** What is under a connection: an embedded database has no other sessions than local ones. */
    static SessionLocal session(Connection connection) throws SQLException {
        return (SessionLocal) connection.unwrap(JdbcConnection.class).getSession();
    }

    private static MVStore store(Connection connection) throws SQLException {
        return session(connection).getDatabase().getStore().getMvStore();
    }

    /** One caller opens the store again; the others find it open. */
    private synchronized void reopen(HikariDataSource broken) throws SQLException {
        if (closed) {
            throw new SQLException("the ledger is closed");
        }
        if (pool != broken) {
            return;
        }
        if (!broken.isClosed()) {
            shutDown(broken);
        }
        HikariDataSource fresh = null;
        try {
            fresh = open();
            recovery.run(fresh);
            pool = fresh;
        } catch (Exception e) {
            if (fresh != null) {
                shutDown(fresh);
            }
            throw new SQLException("the ledger's store was closed by a failure and cannot be opened again: " + Failures.text(e), e);
        }
    }

    /** Otherwise H2 would hand out the same closed database again. */
    private static void shutDown(HikariDataSource broken) {
        try (Connection connection = broken.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute("SHUTDOWN IMMEDIATELY");
        } catch (SQLException e) {
            // It says that the database is closed: that was the aim.
        }
        broken.close();
    }

    @Override
    public synchronized void close() {
        closed = true;
        pool.close();
    }
}
