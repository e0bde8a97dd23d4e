package io.jobledger.auth;

/** The tokens cannot be read or written. The message names the place and what to do; it never holds a token or a hash. */
public final class TokenStoreException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public TokenStoreException(String message, Throwable cause) {
        super(message, cause);
    }
}
