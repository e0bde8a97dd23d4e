package io.jobledger.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tokens as the server knows them: in memory, so that asking never blocks, and read again a few times a second, so that what a command makes or revokes counts at once.
 * Once there was a token, every request needs one, also when all of them are revoked or expired or the store cannot be read: a fault never opens the ledger. Thread-safe.
 */
public final class Tokens implements AutoCloseable {
    /** How often the store is read again. */
    public static final Duration REFRESH = Duration.ofMillis(300);

    private static final Logger LOG = LoggerFactory.getLogger(Tokens.class);

    private final TokenStore store;
    private final Clock clock;
    private final ScheduledExecutorService refresher = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "tokens");
        thread.setDaemon(true);
        return thread;
    });
    private volatile List<Token> known;
    private volatile boolean required;
    private String complaint;

    /**
     * Reads the tokens, once, in the caller's thread.
     *
     * @throws TokenStoreException when they cannot be read
     */
    public Tokens(TokenStore store, Clock clock) {
        this.store = store;
        this.clock = clock;
        this.known = store.read().orElse(List.of());
        this.required = !known.isEmpty();
    }

    /** Begins to look for changes. */
    public Tokens start() {
        refresher.scheduleWithFixedDelay(this::refresh, REFRESH.toMillis(), REFRESH.toMillis(), TimeUnit.MILLISECONDS);
        return this;
    }

    private void refresh() {
        try {
            List<Token> read = store.read().orElse(List.of());
            if (read.isEmpty() && required && complaint == null) {
                complaint = "";
                LOG.warn("The tokens are gone: every request is refused until there are some again, or the ingester is started anew");
            }
            complaint = read.isEmpty() ? complaint : null;
            required |= !read.isEmpty();
            known = read;
        } catch (RuntimeException e) {
            // A token that was revoked a moment before the fault must not go on working: nobody comes in until it is mended.
            known = List.of();
            required = true;
            if (!String.valueOf(e.getMessage()).equals(complaint)) {
                complaint = String.valueOf(e.getMessage());
                LOG.error("Every request is refused: {}", complaint);
            }
        }
    }

    /** Whether a request without a token is to be refused. */
    public boolean required() {
        return required;
    }

    /** The token of this text, if it is one that is neither revoked nor expired. The time this takes says nothing about the tokens' texts. */
    public Optional<Token> find(String text) {
        byte[] hash = TokenText.hash(text).getBytes(StandardCharsets.US_ASCII);
        Token found = null;
        for (Token token : known) {
            if (MessageDigest.isEqual(hash, token.hash().getBytes(StandardCharsets.US_ASCII))) {
                found = token;
            }
        }
        return usable(found);
    }

    /** The token of this id, under the same conditions. */
    public Optional<Token> byId(String id) {
        return usable(known.stream().filter(token -> token.id().equals(id)).findFirst().orElse(null));
    }

    private Optional<Token> usable(Token token) {
        Instant now = clock.instant();
        return Optional.ofNullable(token).filter(found -> found.usable(now));
    }

    @Override
    public void close() {
        refresher.shutdownNow();
    }
}
