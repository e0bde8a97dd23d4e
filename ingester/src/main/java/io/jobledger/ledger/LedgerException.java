package io.jobledger.ledger;

/** The ledger could not do what was asked. The message says what, and what to do. */
public final class LedgerException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What a caller can do about it. */
    public enum Kind {
        /** Try again soon: too much is waiting. */
        BUSY,
        /** Try again later: the ledger is closing. */
        STOPPED,
        /** Try again later: there is no room on the disk. */
        FULL,
        /** The input cannot be stored; trying again is no use. */
        REFUSED,
        /** The question reads too much for the time limit; a narrower one may be answered. */
        TOO_SLOW,
        /** What is asked for contradicts what is stored. */
        CONFLICT,
        /** The database failed. */
        FAILED,
        /**
         * Try again later: the database server does not answer, or does not write at the moment. Whether it stored what
         * was under way is not known.
         */
        AWAY,
        /** The log lacks what somebody was told of it: nothing is stored until the operator has acted. */
        BEHIND,
        /** This ledger cannot do that; the message says what can. */
        UNSUPPORTED,
        /** The ledger cannot be opened: the operator must act. */
        UNUSABLE
    }

    private final Kind kind;

    public LedgerException(Kind kind, String message) {
        this(kind, message, null);
    }

    public LedgerException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
