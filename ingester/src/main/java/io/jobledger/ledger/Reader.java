package io.jobledger.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/** Runs what reads. Thread-safe. */
final class Reader {
    private final Jdbi jdbi;
    private final Duration limit;

    /** @param limit longest time for one audit statement; the database cancels it then */
    Reader(Jdbi jdbi, Duration limit) {
        this.jdbi = jdbi;
        this.limit = limit;
    }

    /** Statements on one connection that share the time limit's setting. */
    final class Query {
        private final Handle handle;

        private Query(Handle handle) {
            this.handle = handle;
        }

        Handle handle() {
            return handle;
        }

        org.jdbi.v3.core.statement.Query query(String sql, List<?> values) {
            org.jdbi.v3.core.statement.Query query = handle.createQuery(sql).setQueryTimeout((int) Math.max(1, (limit.toMillis() + 999) / 1000));
            for (int i = 0; i < values.size(); i++) {
                query.bind(i, values.get(i));
            }
            return query;
        }
    }

    /** For a lookup that reads a few rows by an index. */
    <T> T lookup(Function<Handle, T> work) {
        try {
            return jdbi.withHandle(work::apply);
        } catch (JdbiException e) {
            throw Failures.of("the ledger could not be read", e);
        }
    }

    /** Statements on one connection. */
    interface Plain<T> {
        T on(Connection connection) throws SQLException;
    }

    /** For a lookup that is asked so often that it does without Jdbi's statements. */
    <T> T plainly(Plain<T> work) {
        try {
            return jdbi.withHandle(handle -> work.on(handle.getConnection()));
        } catch (SQLException | JdbiException e) {
            throw Failures.of("the ledger could not be read", e);
        }
    }

    /** For a question that may read much. */
    <T> T audit(Function<Query, T> work) {
        try {
            return jdbi.withHandle(handle -> {
                try {
                    return work.apply(new Query(handle));
                } finally {
                    forget(handle);
                }
            });
        } catch (JdbiException e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof SQLException sql && "57014".equals(sql.getSQLState())) {
                    throw new LedgerException(LedgerException.Kind.TOO_SLOW, "this question reads more than can be read in " + limit.toMillis() + " ms (query-timeout)", e);
                }
            }
            throw Failures.of("the ledger could not be read", e);
        }
    }

    /** H2 keeps a statement's limit for the whole connection: the writer, who is next to take it from the pool, must not be cancelled by it. */
    private static void forget(Handle handle) {
        try (Statement statement = handle.getConnection().createStatement()) {
            statement.setQueryTimeout(0);
        } catch (SQLException e) {
            throw Failures.of("the ledger could not be read", e);
        }
    }
}
