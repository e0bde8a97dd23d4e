package io.jobledger.auth;

/**
 * The tokens cannot be read or written. The message names the place and what to do; it never holds a token or a hash.
 */
public final class TokenStoreException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final boolean passing;

    /** A fault that somebody must mend. */
    public TokenStoreException(String message, Throwable cause) {
        this(message, cause, false);
    }

    /** @param passing whether the store only does not answer at the moment, so that trying again later helps */
    public TokenStoreException(String message, Throwable cause, boolean passing) {
        super(message, cause);
        this.passing = passing;
    }

    /** Whether the store only does not answer at the moment. */
    public boolean isPassing() {
        return passing;
    }
}
