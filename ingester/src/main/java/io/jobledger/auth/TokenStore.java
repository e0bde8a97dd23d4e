package io.jobledger.auth;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Keeps the tokens. Processes share one: the server reads what a command changes. Every method may block. Thread-safe.
 */
public interface TokenStore {
    /**
     * How a server is to follow the changes of a store.
     *
     * @param every pause between two readings
     * @param trust how long what was read counts while it cannot be read again; null where that never depends on
     *     another machine
     */
    record Following(Duration every, Duration trust) {}

    /** How a server is to follow the changes of this store. Does not block. */
    Following following();

    /**
     * All tokens, oldest first, those too that are revoked or expired; empty when there is no store yet.
     *
     * @throws TokenStoreException when it cannot be read, or is not to be trusted
     */
    Optional<List<Token>> read();

    /**
     * Replaces the tokens by what {@code change} makes of them, as one step: of two changes at once, the later sees the
     * earlier. It is durable when this returns. What {@code change} throws comes out of here, and nothing is changed
     * then.
     *
     * @throws TokenStoreException when it cannot be read or written; then nothing is changed, unless the message says
     *     that this is not known
     */
    void change(UnaryOperator<List<Token>> change);
}
