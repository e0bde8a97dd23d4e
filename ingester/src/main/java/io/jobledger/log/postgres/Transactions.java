package io.jobledger.log.postgres;

import io.jobledger.log.LogException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/** Transactions that outlive a restart of the server, and failures in the log's words. */
final class Transactions {
    private static final int TRIES = 3;
    private static final String BROKEN = "08...|57P0.|25006|40001|40P01";

    private final Jdbi jdbi;

    Transactions(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /**
     * One transaction, tried again when a connection turns out to be dead. What it did before may have been committed
     * without a word: doing it again must do no harm.
     *
     * @param what could not be done, for the message
     */
    <T> T run(String what, HandleCallback<T, SQLException> work) {
        for (int tries = 1; ; tries++) {
            try {
                return jdbi.<T, SQLException>inTransaction(work);
            } catch (JdbiException | SQLException e) {
                // The pool may hold connections that a restart has cut; each is found out by use. When there is none to
                // be had, it has waited for one already.
                if (tries == TRIES || isNoConnection(e) || !state(e).matches(BROKEN)) {
                    throw failed(what, e);
                }
            }
        }
    }

    /** Statements of which each stands for itself. */
    <T> T each(String what, HandleCallback<T, SQLException> work) {
        try {
            return jdbi.<T, SQLException>withHandle(work);
        } catch (JdbiException | SQLException e) {
            throw failed(what, e);
        }
    }

    static LogException failed(String what, Exception e) {
        Throwable cause = e;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return new LogException(
                state(e).equals("53100") ? LogException.Kind.FULL : LogException.Kind.FAILED,
                what + ": " + String.valueOf(cause.getMessage()).replaceAll("\\s+", " "),
                e);
    }

    /** The SQLSTATE of the innermost database error, empty when there is none. */
    private static String state(Throwable e) {
        String state = "";
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && sql.getSQLState() != null) {
                state = sql.getSQLState();
            }
        }
        return state;
    }

    private static boolean isNoConnection(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLTransientConnectionException) {
                return true;
            }
        }
        return false;
    }
}
