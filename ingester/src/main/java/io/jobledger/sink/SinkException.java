package io.jobledger.sink;

import java.time.Duration;

/** Why news could not be delivered, and whether it may go better later. The message is for people. */
public final class SinkException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What is to be done about it. */
    public enum Kind {
        /** Tried again for as long as it takes: nobody answered, or the answer said so. */
        PASSING,
        /** Tried again a few times: the answer says that the news are refused. */
        REFUSED,
        /** Not tried again before an operator says so. */
        LASTING
    }

    private final Kind kind;
    private final transient Duration after;

    /** @param after the time that the other side asks for before the next attempt; null where it does not */
    public SinkException(Kind kind, String message, Duration after) {
        super(message);
        this.kind = kind;
        this.after = after;
    }

    public SinkException(Kind kind, String message) {
        this(kind, message, null);
    }

    public Kind kind() {
        return kind;
    }

    /** Null where the other side did not say. */
    public Duration after() {
        return after;
    }
}
