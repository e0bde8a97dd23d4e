package io.jobledger.ledger.rows;

import io.jobledger.ledger.LedgerException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/** Runs what reads. Thread-safe. */
public final class Reader {
    private static final int AGAIN = 3;
    /** Before a page that looks damaged is read again; twice as long each time. */
    private static final Duration PAUSE = Duration.ofMillis(20);

    private final Jdbi jdbi;
    private final Duration limit;
    private final StoreHealth health;
    private final Runnable before;

    /**
     * @param limit longest time for one audit statement; the database cancels it then
     * @param health hears of what could not be read
     * @param before is called before each question; it may wait
     */
    public Reader(Jdbi jdbi, Duration limit, StoreHealth health, Runnable before) {
        this.jdbi = jdbi;
        this.limit = limit;
        this.health = health;
        this.before = before;
    }

    /** The same without anything before a question. */
    public Reader atOnce() {
        return new Reader(jdbi, limit, health, () -> {});
    }

    /** Longest time for one audit statement. */
    public Duration limit() {
        return limit;
    }

    /** Statements on one connection that share the time limit's setting. */
    public final class Query {
        private final Handle handle;

        private Query(Handle handle) {
            this.handle = handle;
        }

        public Handle handle() {
            return handle;
        }

        public org.jdbi.v3.core.statement.Query query(String sql, List<?> values) {
            org.jdbi.v3.core.statement.Query query =
                    handle.createQuery(sql).setQueryTimeout((int) Math.max(1, (limit.toMillis() + 999) / 1000));
            for (int i = 0; i < values.size(); i++) {
                query.bind(i, values.get(i));
            }
            return query;
        }
    }

    /** Waits as before a question. */
    public void settle() {
        before.run();
    }

    /** For a lookup that reads a few rows by an index. */
    public <T> T lookup(Function<Handle, T> work) {
        return asked(work::apply);
    }

    /** Statements on one connection. */
    public interface Plain<T> {
        T on(Connection connection) throws SQLException;
    }

    /** For a lookup that is asked so often that it does without Jdbi's statements. */
    public <T> T plainly(Plain<T> work) {
        return asked(handle -> work.on(handle.getConnection()));
    }

    /** For a question that may read much. */
    public <T> T audit(Function<Query, T> work) {
        return asked(handle -> {
            try {
                return work.apply(new Query(handle));
            } finally {
                forget(handle);
            }
        });
    }

    private <T> T asked(HandleCallback<T, SQLException> question) {
        before.run();
        for (int failed = 0; ; failed++) {
            try {
                return jdbi.withHandle(question);
            } catch (SQLException | RuntimeException e) {
                if (!(e instanceof SQLException || e instanceof JdbiException) && !Damage.isIn(e)) {
                    throw (RuntimeException) e;
                }
                if ("57014".equals(Failures.state(e))) {
                    throw new LedgerException(
                            LedgerException.Kind.TOO_SLOW,
                            "this question reads more than can be read in " + limit.toMillis() + " ms (query-timeout)",
                            e);
                }
                LedgerException failure = Failures.of("the ledger could not be read", e);
                // A write without room closed the store under the question. The next connection finds it open again.
                // Until the store has closed itself, a page that it could not write looks like a damaged one.
                boolean closing = Failures.isClosing(failure);
                if (!closing && !Damage.isIn(e) || failed == AGAIN) {
                    health.failed(question, e);
                    throw failure;
                }
                if (!closing) {
                    LockSupport.parkNanos(PAUSE.toNanos() << failed);
                }
            }
        }
    }

    /**
     * H2 keeps a statement's limit for the whole connection: the writer, who is next to take it from the pool, must not
     * be cancelled by it.
     */
    private static void forget(Handle handle) throws SQLException {
        try (Statement statement = handle.getConnection().createStatement()) {
            statement.setQueryTimeout(0);
        }
    }
}
