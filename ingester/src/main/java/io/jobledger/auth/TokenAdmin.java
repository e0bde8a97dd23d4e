package io.jobledger.auth;

import io.jobledger.json.Json;
import io.jobledger.trail.Act;
import io.jobledger.trail.Trail;
import io.jobledger.trail.TrailException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * Makes, lists and revokes tokens in a store, whether a server runs on it or not. What it does stands in the trail
 * before it counts; what is refused does not stand there. Blocks. Thread-safe.
 */
public final class TokenAdmin {
    /** Longest name of a token, in characters. */
    public static final int MAX_NAME = 100;

    private final TokenStore store;
    private final Trail trail;
    private final Clock clock;

    /** @param trail where what is done is written down first */
    public TokenAdmin(TokenStore store, Trail trail, Clock clock) {
        this.store = store;
        this.trail = trail;
        this.clock = clock;
    }

    /** What a change comes to: the token that it is about, and all tokens after it; null where nothing changes. */
    private record Change(Token token, List<Token> all) {}

    /**
     * A token that was just made.
     *
     * @param text the token itself: to be shown once, and kept nowhere
     */
    public record Made(Token token, String text) {
        /** Without the text: nothing that prints objects may print it. */
        @Override
        public String toString() {
            return "Made[" + token.id() + "]";
        }
    }

    /**
     * Makes a token.
     *
     * @param name of the operator's choice; null for none
     * @param life how long it works; null for ever
     * @param by who makes it
     * @throws IllegalArgumentException when the name is too long, unprintable, or that of another token that works
     * @throws TokenStoreException when the store fails
     * @throws TrailException when it cannot be written down; nothing is made then
     */
    public Made create(Set<Scope> scopes, String name, Duration life, String by) {
        return create(TokenText.random(), scopes, name, life, by);
    }

    /**
     * Takes a token that was made elsewhere, for a secret that is handed to this machine and to controllers alike.
     * Where one of this text works already, nothing is changed and that one is returned.
     *
     * @param text see {@link TokenText}
     * @throws IllegalArgumentException as the other, and when the text is no token, or that of one with other scopes
     * @throws TokenStoreException when the store fails
     * @throws TrailException when it cannot be written down; nothing is taken then
     */
    public Token take(String text, Set<Scope> scopes, String name, Duration life, String by) {
        if (!TokenText.isWellFormed(text)) {
            throw new IllegalArgumentException(
                    "a token is " + TokenText.PREFIX + " and 64 hexadecimal digits (0-9, a-f)");
        }
        String hash = TokenText.hash(text);
        for (Token other : list()) {
            if (other.hash().equals(hash)) {
                if (other.usable(clock.instant()) && other.scopes().equals(scopes)) {
                    return other;
                }
                throw new IllegalArgumentException("this token is there already, as '" + other.name()
                        + "', and it is revoked or expired, or its scopes are others: use another one");
            }
        }
        return create(text, scopes, name, life, by).token();
    }

    private Made create(String text, Set<Scope> scopes, String name, Duration life, String by) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        String id = TokenText.randomHex(4);
        String called = name == null ? "token-" + id : name;
        if (called.isBlank() || called.length() > MAX_NAME || called.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("a token's name must have 1 to " + MAX_NAME + " printable characters");
        }
        Token token = new Token(
                id, called, scopes, TokenText.hash(text), now, by, life == null ? null : now.plus(life), null);
        Token kept = change("token.create", by, tokens -> {
            // Two machines that start at once are handed the same secret: the second finds what the first has made.
            Optional<Token> same = tokens.stream()
                    .filter(other -> other.hash().equals(token.hash()))
                    .findFirst();
            if (same.isPresent()) {
                return new Change(same.get(), null);
            }
            if (tokens.stream()
                    .anyMatch(other -> other.usable(now)
                            && (other.name().equals(called) || other.id().equals(called)))) {
                throw new IllegalArgumentException(
                        "there is a token '" + called + "' already: choose another name, or revoke it first");
            }
            List<Token> all = new ArrayList<>(tokens);
            all.add(token);
            return new Change(token, all);
        });
        return new Made(kept, text);
    }

    /** All tokens, oldest first. */
    public List<Token> list() {
        return store.read().orElse(List.of());
    }

    /**
     * Revokes a token. It stays in the list.
     *
     * @param which its id, or its name
     * @param by who revokes it
     * @throws IllegalArgumentException when there is none that works
     * @throws TokenStoreException when the store fails
     * @throws TrailException when it cannot be written down; nothing is revoked then
     */
    public Token revoke(String which, String by) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        return change("token.revoke", by, tokens -> {
            Token meant = tokens.stream()
                    .filter(token -> token.revokedAt() == null
                            && (token.id().equals(which) || token.name().equals(which) && token.usable(now)))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("there is no token '" + which
                            + "' that could be revoked; 'jobledger token ls' lists them"));
            return new Change(
                    meant.revoked(now),
                    tokens.stream()
                            .map(token -> token.id().equals(meant.id()) ? token.revoked(now) : token)
                            .toList());
        });
    }

    /**
     * Changes the store. It is written down when it is certain to be allowed, and before it is stored; if storing then
     * fails, that is written down as well.
     */
    private Token change(String what, String by, Function<List<Token>, Change> decide) {
        AtomicReference<Token> written = new AtomicReference<>();
        AtomicReference<Token> unchanged = new AtomicReference<>();
        try {
            store.change(tokens -> {
                Change change = decide.apply(tokens);
                if (change.all() == null) {
                    unchanged.set(change.token());
                    return tokens;
                }
                trail.record(new Act(what, by, "local", details(change.token())));
                written.set(change.token());
                return change.all();
            });
        } catch (TokenStoreException e) {
            if (written.get() != null) {
                writeDownFailure(what, by, written.get(), e);
            }
            throw e;
        }
        return written.get() == null ? unchanged.get() : written.get();
    }

    private void writeDownFailure(String what, String by, Token token, TokenStoreException e) {
        Map<String, Object> details = details(token);
        details.put("error", e.getMessage());
        try {
            trail.record(new Act(what + ".failed", by, "local", details));
        } catch (TrailException unwritten) {
            e.addSuppressed(unwritten);
        }
    }

    private static Map<String, Object> details(Token token) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("id", token.id());
        details.put("name", token.name());
        details.put("scopes", token.scopes().stream().sorted().map(Scope::wire).toList());
        details.put("expires", token.expiresAt() == null ? "never" : Json.time(token.expiresAt()));
        return details;
    }
}
