package io.jobledger.ledger.rows;

import java.sql.SQLException;
import java.util.Set;

/** Tells whether a failure means that what a database has stored is damaged. Pure. */
public final class Damage {
    /**
     * H2's: a general error (its own code met what it did not expect), reading failed, file corrupted, wrong format, a
     * row is missing in an index.
     */
    private static final Set<Integer> H2 = Set.of(50000, 90028, 90030, 90031, 90048, 90112);

    private static final int DEEP = 20;

    private Damage() {}

    public static boolean isIn(Throwable e) {
        int depth = 0;
        for (Throwable cause = e; cause != null && depth < DEEP; cause = cause.getCause(), depth++) {
            if (cause.getClass().getName().equals("org.h2.mvstore.MVStoreException")
                    || cause instanceof SQLException sql && isDamage(sql)
                    || isOwnFault(cause)) {
                return !Failures.text(e).contains("No space left");
            }
        }
        return false;
    }

    /** SQLSTATE XX… and 58030 are PostgreSQL's words for it. */
    private static boolean isDamage(SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        return state.startsWith("XX00") && !state.equals("XX000")
                || state.equals("58030")
                || H2.contains(e.getErrorCode()) && e.getClass().getName().startsWith("org.h2.");
    }

    /** An index out of bounds, a null: what H2's code does with a page that is none. */
    private static boolean isOwnFault(Throwable e) {
        StackTraceElement[] stack = e.getStackTrace();
        if (!(e instanceof RuntimeException) || e.getClass().getName().startsWith("org.h2.")) {
            return false;
        }
        for (int i = 0; i < Math.min(stack.length, 8); i++) {
            if (!stack[i].getClassName().startsWith("java.")) {
                return stack[i].getClassName().startsWith("org.h2.mvstore.")
                        || stack[i].getClassName().startsWith("org.h2.value.");
            }
        }
        return false;
    }

    /** What is wrong, in words for people: those of H2, where it has any. */
    public static String text(Throwable e) {
        String text = Failures.text(e);
        return text.contains(" ")
                        && !text.contains("Exception")
                        && !text.contains(" is null")
                        && !text.startsWith("Index ")
                        && !text.startsWith("Cannot ")
                ? text
                : "a page of it is none";
    }
}
