package io.jobledger.ledger.h2;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import io.jobledger.ledger.rows.Failures;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import javax.sql.DataSource;
import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
import org.h2.message.DbException;
import org.h2.mvstore.MVStore;
import org.jdbi.v3.core.ConnectionFactory;

/**
 * Connections to the ledger's file. After a failed write H2 closes its store, or leaves it half open, and connections
 * repeat that failure or see what is not whole. So a store that failed is opened again, and recovered, while nobody has
 * a connection; and who gave one back to a store that failed meanwhile hears of it, since what was read may be wrong.
 * Thread-safe; a connection is given back by the thread that took it.
 */
public final class H2Connections implements ConnectionFactory, AutoCloseable {
    /** Percent of what is in use in the file, below which old pages are moved together. */
    static final int LEAST_FILL = 30;

    private static final long MOST_WAITING = 64 << 20;
    private static final int MOST_OPENINGS = 3;
    /** H2's SQLSTATE for it. */
    private static final String DATABASE_CLOSED = "90098";

    private final String url;
    /**
     * Whoever has a connection holds the one for reading; whoever opens the store again, the other. It guards what
     * follows. Who has a connection must not wait for another thread that needs one.
     */
    private final ReentrantReadWriteLock users = new ReentrantReadWriteLock();

    private volatile Opened opened;
    private Recovery recovery = connections -> {};
    private volatile boolean closed;

    /**
     * What is open and recovered. A pool whose store was closed opens the file by itself for its next connection, and
     * nobody may read that before it is recovered: so the store stands beside it.
     */
    private record Opened(HikariDataSource pool, MVStore store) {
        boolean isSound() {
            return !pool.isClosed() && !store.isClosed() && store.getPanicException() == null;
        }
    }

    /** Brings a store that was just opened to what was acknowledged, before anybody reads it. */
    interface Recovery {
        void run(DataSource connections) throws Exception;
    }

    /**
     * @param base the ledger's path without suffix
     * @param scheme of H2's file system
     */
    public H2Connections(Path base, int cacheKib, String scheme) {
        this(base, cacheKib, scheme, "");
    }

    private H2Connections(Path base, int cacheKib, String scheme, String more) {
        // DB_CLOSE_ON_EXIT: H2's own exit hook would close the file under a commit that the drain still waits for.
        // COMPRESS: pages of 64 KiB instead of 16, written with LZF;
        // it takes no more processor time than it saves by writing a third of the bytes.
        // WRITE_DELAY: H2's own writer, by default twice a second, does not look whether a transaction is under way
        // (see H2Turn). So it sleeps for as long as a number can say, and checkpoints do its
        // work. None at all (0) would make each commit write the file.
        // AUTO_COMPACT_FILL_RATE: for what is compacted when the file is closed.
        // QUERY_CACHE_SIZE: a group has more statements than H2's 8, and each would be parsed and planned anew.
        this.url = "jdbc:h2:" + scheme + base.toAbsolutePath().normalize()
                + ";DB_CLOSE_ON_EXIT=FALSE;LOCK_TIMEOUT=10000" + ";WRITE_DELAY=" + Integer.MAX_VALUE
                + ";MAX_COMPACT_TIME=1500;AUTO_COMPACT_FILL_RATE=" + LEAST_FILL
                + ";COMPRESS=TRUE;TRACE_LEVEL_FILE=0;QUERY_CACHE_SIZE=64;CACHE_SIZE=" + cacheKib + more;
        this.opened = open();
    }

    /** Connections that cannot change anything, also to a file that may not be written. */
    static H2Connections readOnly(Path base, int cacheKib) {
        return new H2Connections(base, cacheKib, "file:", ";ACCESS_MODE_DATA=r");
    }

    private Opened open() {
        HikariConfig config = new HikariConfig();
        config.setPoolName("ledger");
        config.setJdbcUrl(url);
        config.setUsername("jobledger");
        config.setPassword("");
        config.setMaximumPoolSize(14);
        config.setMinimumIdle(2);
        HikariDataSource made = new HikariDataSource(config);
        try (Connection connection = made.getConnection()) {
            MVStore store = store(connection);
            letPagesWait(store);
            return new Opened(made, store);
        } catch (SQLException e) {
            made.close();
            throw new HikariPool.PoolInitializationException(e);
        }
    }

    /**
     * Lets changed pages wait in memory for the next checkpoint, up to a sixth of the heap. With H2's own limit, a
     * seventeenth, a busy ledger's pages were written again and again between two checkpoints: half of the processor
     * time. H2 has a setting for it, but no way to it from a database's URL.
     */
    private static void letPagesWait(MVStore store) {
        set(MVStore.class, "autoCommitMemory", store, (int) Math.max(
                store.getAutoCommitMemory(), Math.min(Runtime.getRuntime().maxMemory() / 6, MOST_WAITING)));
    }

    private static <T> void set(Class<? super T> type, String field, T owner, int value) {
        try {
            Field found = type.getDeclaredField(field);
            found.setAccessible(true);
            found.setInt(owner, value);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this is not the H2 that the program was built with", e);
        }
    }

    /** Does this now, and again whenever the store was closed by a failure and is opened again. */
    void recover(Recovery how) throws Exception {
        recovery = how;
        how.run(opened.pool);
    }

    public DataSource dataSource() {
        return opened.pool;
    }

    @Override
    public Connection openConnection() throws SQLException {
        for (int openings = 0; openings <= MOST_OPENINGS; openings++) {
            Connection connection = null;
            users.readLock().lock();
            try {
                connection = connection();
            } finally {
                if (connection == null) {
                    users.readLock().unlock();
                }
            }
            if (connection != null) {
                return connection;
            }
            reopen();
        }
        throw failed();
    }

    /** Null when the store has to be opened again first. */
    private Connection connection() throws SQLException {
        try {
            Connection connection = opened.pool.getConnection();
            if (isWhole(connection)) {
                return connection;
            }
            discard(connection);
        } catch (SQLException e) {
            if (opened.isSound()) {
                throw e;
            }
        }
        return null;
    }

    @Override
    public void closeConnection(Connection connection) throws SQLException {
        boolean sound;
        try {
            sound = closed || isWhole(connection);
            connection.close();
        } finally {
            users.readLock().unlock();
        }
        if (!sound) {
            throw failed();
        }
    }

    private static SQLException failed() {
        return new SQLException("the ledger's store was closed by a failure", DATABASE_CLOSED);
    }

    private boolean isWhole(Connection connection) throws SQLException {
        try {
            return opened.isSound() && store(connection) == opened.store;
        } catch (DbException e) {
            // It was just closed.
            return false;
        }
    }

    private static void discard(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            // It says that the database is closed, which is why it is discarded.
        }
    }

    /** What is under a connection: an embedded database has no other sessions than local ones. */
    static SessionLocal session(Connection connection) throws SQLException {
        return (SessionLocal) connection.unwrap(JdbcConnection.class).getSession();
    }

    /** The file under a connection. */
    static MVStore store(Connection connection) throws SQLException {
        return session(connection).getDatabase().getStore().getMvStore();
    }

    /** Opens the store again, unless another caller has just done it. */
    private void reopen() throws SQLException {
        if (users.getReadHoldCount() > 0) {
            // This thread has another connection, and would wait for itself.
            throw failed();
        }
        users.writeLock().lock();
        Opened fresh = null;
        try {
            if (closed) {
                throw new SQLException("the ledger is closed");
            }
            if (opened.isSound()) {
                return;
            }
            shutDown(opened.pool);
            fresh = open();
            recovery.run(fresh.pool);
            opened = fresh;
        } catch (Exception e) {
            if (fresh != null) {
                shutDown(fresh.pool);
            }
            throw new SQLException(
                    "the ledger's store was closed by a failure and cannot be opened again: " + Failures.text(e), e);
        } finally {
            users.writeLock().unlock();
        }
    }

    /** Otherwise H2 would hand out the same closed database again. */
    private static void shutDown(HikariDataSource broken) {
        if (broken.isClosed()) {
            return;
        }
        broken.setMinimumIdle(0);
        try (Connection connection = broken.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SHUTDOWN IMMEDIATELY");
        } catch (SQLException e) {
            // It says that the database is closed: that was the aim.
        }
        broken.close();
    }

    /** Closes it; says whether the file is closed, too. */
    boolean shutDown() {
        close();
        return opened.store.isClosed();
    }

    @Override
    public void close() {
        closed = true;
        opened.pool.close();
    }
}
