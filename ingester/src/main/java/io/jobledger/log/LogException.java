package io.jobledger.log;

/** The log could not do what was asked. The message says what, where, and what to do. */
public final class LogException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What a caller can do about it. */
    public enum Kind {
        /** Try again later: there is no room on the disk. Nothing was appended. */
        FULL,
        /** A read, a write or a sync failed. What was under way is not acknowledged. */
        FAILED,
        /** The log cannot be opened, or is damaged: the operator must act. */
        UNUSABLE
    }

    private final Kind kind;

    public LogException(Kind kind, String message) {
        this(kind, message, null);
    }

    public LogException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
