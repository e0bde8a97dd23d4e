package io.jobledger.sink.webhook;

/** Why a file of hooks cannot be used: the file, the line, the field, and the rule. */
public final class InvalidHooks extends RuntimeException {
    private static final long serialVersionUID = 1;

    public InvalidHooks(String message) {
        super(message);
    }
}
