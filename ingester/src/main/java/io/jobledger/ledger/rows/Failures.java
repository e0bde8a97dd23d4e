package io.jobledger.ledger.rows;

import io.jobledger.ledger.LedgerException;
import io.jobledger.log.LogException;
import java.nio.file.FileSystemException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Locale;

/** Database failures in one line. */
public final class Failures {
    private Failures() {}

    /** The innermost message, without the SQL text that drivers append: it may hold what was to be stored. */
    public static String text(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        if (cause instanceof FileSystemException file && file.getReason() == null) {
            // Its message is the path alone; what is wrong is the type.
            return cause.getClass()
                            .getSimpleName()
                            .replace("Exception", "")
                            .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
                            .toLowerCase(Locale.ROOT)
                    + ": " + file.getFile();
        }
        String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        int sql = message.indexOf("; SQL statement:");
        return (sql < 0 ? message : message.substring(0, sql)).replaceAll("\\s+", " ");
    }

    /** A failure as the ledger's callers know it. What names its own kind keeps it. */
    public static LedgerException of(String what, Throwable e) {
        if (e instanceof LedgerException known) {
            return known;
        }
        if (e instanceof LogException log && log.kind() == LogException.Kind.FULL) {
            return new LedgerException(LedgerException.Kind.FULL, log.getMessage(), e);
        }
        String text = text(e);
        String state = state(e);
        if (state.matches("08.*|57P0.|25006|53300|40001|40P01") || isNoConnection(e)) {
            return new LedgerException(LedgerException.Kind.AWAY, what + " now, try again: " + text, e);
        }
        if (state.equals("55P03")) {
            return new LedgerException(
                    LedgerException.Kind.BUSY,
                    what + " now, try again: other writers hold it for too long: " + text,
                    e);
        }
        // The words of the operating system; neither Java nor H2 has a type for it.
        LedgerException.Kind kind =
                state.equals("53100") || text.contains("No space left") || text.contains("Disk quota exceeded")
                        ? LedgerException.Kind.FULL
                        : LedgerException.Kind.FAILED;
        return new LedgerException(kind, what + ": " + text, e);
    }

    /**
     * Whether H2 closed its store, or is about to, because something could not be written: whoever only reads finds it
     * open again with the next connection.
     */
    static boolean isClosing(LedgerException e) {
        // PostgreSQL says of a full disk that it is one (class 53), and goes on.
        return e.kind() == LedgerException.Kind.FULL && !state(e).startsWith("53") || state(e).matches("90098|90121");
    }

    /** The SQLSTATE of the innermost database error, empty when there is none. */
    public static String state(Throwable e) {
        String state = "";
        for (Throwable cause = e; cause != null && cause != cause.getCause(); cause = cause.getCause()) {
            if (cause instanceof SQLException sql && sql.getSQLState() != null) {
                state = sql.getSQLState();
            }
        }
        return state;
    }

    /** Whether the pool had no connection to give, after waiting for one. */
    public static boolean isNoConnection(Throwable e) {
        for (Throwable cause = e; cause != null && cause != cause.getCause(); cause = cause.getCause()) {
            if (cause instanceof SQLTransientConnectionException) {
                return true;
            }
        }
        return false;
    }
}
