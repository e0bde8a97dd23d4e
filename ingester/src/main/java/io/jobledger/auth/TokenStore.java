package io.jobledger.auth;

import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Keeps the tokens. Processes share one: the server reads what a command changes. Every method may block. Thread-safe. */
public interface TokenStore {
    /**
     * All tokens, oldest first, those too that are revoked or expired; empty when there is no store yet.
     *
     * @throws TokenStoreException when it cannot be read, or is not to be trusted
     */
    Optional<List<Token>> read();

    /**
     * Replaces the tokens by what {@code change} makes of them, as one step: of two changes at once, the later sees the earlier. It is durable when this returns.
     *
     * @throws TokenStoreException when it cannot be read or written; then nothing is changed
     */
    void change(UnaryOperator<List<Token>> change);
}
