package io.jobledger.trail;

/** An act could not be written down, and so must not be done; or what was written cannot be read. */
public final class TrailException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public TrailException(String message, Throwable cause) {
        super(message, cause);
    }
}
