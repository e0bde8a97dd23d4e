package io.jobledger.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tokens as the server knows them: in memory, so that asking never blocks, and read again as often as the store
 * says, so that what a command makes or revokes counts at once. Once there was a token, every request needs one, also
 * when all of them are revoked or expired or the store cannot be read: a fault never opens the ledger. A store on
 * another machine that does not answer is believed for some seconds more; after that nobody is let in, and every
 * question is answered by a passing {@link TokenStoreException}, also where there was no token so far, since the first
 * may have been made meanwhile. Thread-safe.
 */
public final class Tokens implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Tokens.class);

    private final TokenStore store;
    private final Clock clock;
    private final ScheduledExecutorService refresher = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "tokens");
        thread.setDaemon(true);
        return thread;
    });
    private volatile Known known;
    private volatile boolean required;
    private String complaint;

    /** @param asked when the store was asked for them, by the clock that is never set */
    private record Known(List<Token> tokens, long asked) {}

    /**
     * Reads the tokens, once, in the caller's thread.
     *
     * @throws TokenStoreException when they cannot be read
     */
    public Tokens(TokenStore store, Clock clock) {
        this.store = store;
        this.clock = clock;
        this.known = read();
        this.required = !known.tokens.isEmpty();
    }

    /** Begins to look for changes. */
    public Tokens start() {
        long pause = store.following().every().toMillis();
        refresher.scheduleWithFixedDelay(this::refresh, pause, pause, TimeUnit.MILLISECONDS);
        return this;
    }

    private Known read() {
        // The time before the question: what is revoked while the answer is on its way is not in it.
        long asked = System.nanoTime();
        return new Known(store.read().orElse(List.of()), asked);
    }

    /** Reads the tokens now, and not only when it is time again. Blocks; what fails is logged. */
    public synchronized void refresh() {
        try {
            Known read = read();
            boolean empty = read.tokens.isEmpty();
            if (empty && required && complaint == null) {
                complaint = "";
                LOG.warn("The tokens are gone: every request is refused until there are some again, or the ingester is"
                        + " started anew");
            }
            complaint = empty ? complaint : null;
            required |= !empty;
            known = read;
        } catch (RuntimeException e) {
            if (!(e instanceof TokenStoreException fault && fault.isPassing())) {
                // A token that was revoked a moment before the fault must not go on working: nobody comes in until it
                // is mended.
                known = new Known(List.of(), System.nanoTime());
                required = true;
            }
            if (!String.valueOf(e.getMessage()).equals(complaint)) {
                complaint = String.valueOf(e.getMessage());
                LOG.error("Requests that need a token are refused until this is over: {}", complaint);
            }
        }
    }

    /** What is known, unless it is too old to be believed. */
    private List<Token> believed() {
        Known now = known;
        TokenStore.Following following = store.following();
        if (following.trust() != null
                && System.nanoTime() - now.asked > following.trust().toNanos()) {
            throw new TokenStoreException(
                    "whether a token is good cannot be asked now, try again: the place where the tokens are kept does"
                            + " not answer",
                    null,
                    true);
        }
        return now.tokens;
    }

    /**
     * Makes sure that tokens can be told from what is none.
     *
     * @throws TokenStoreException a passing one, when the store has not answered for too long
     */
    public void check() {
        believed();
    }

    /**
     * Whether a request without a token is to be refused.
     *
     * @throws TokenStoreException a passing one, when the store has not answered for too long
     */
    public boolean required() {
        check();
        return required;
    }

    /**
     * The token of this text, if it is one that is neither revoked nor expired. The time this takes says nothing about
     * the tokens' texts.
     *
     * @throws TokenStoreException a passing one, when the store has not answered for too long
     */
    public Optional<Token> find(String text) {
        byte[] hash = TokenText.hash(text).getBytes(StandardCharsets.US_ASCII);
        Token found = null;
        for (Token token : believed()) {
            if (MessageDigest.isEqual(hash, token.hash().getBytes(StandardCharsets.US_ASCII))) {
                found = token;
            }
        }
        return usable(found);
    }

    /**
     * The token of this id, under the same conditions.
     *
     * @throws TokenStoreException a passing one, when the store has not answered for too long
     */
    public Optional<Token> byId(String id) {
        return usable(believed().stream()
                .filter(token -> token.id().equals(id))
                .findFirst()
                .orElse(null));
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
