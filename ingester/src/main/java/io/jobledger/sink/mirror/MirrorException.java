package io.jobledger.sink.mirror;

/** A mirror could not do what was asked. The message names the operation, the object, and what to do. */
public final class MirrorException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final boolean passing;

    private MirrorException(boolean passing, String message, Throwable cause) {
        super(message, cause);
        this.passing = passing;
    }

    /** A failure that may pass by itself: trying again later makes sense. */
    public static MirrorException passing(String message, Throwable cause) {
        return new MirrorException(true, message, cause);
    }

    /** A failure that someone must mend: trying again changes nothing. */
    public static MirrorException lasting(String message, Throwable cause) {
        return new MirrorException(false, message, cause);
    }

    public boolean isPassing() {
        return passing;
    }
}
