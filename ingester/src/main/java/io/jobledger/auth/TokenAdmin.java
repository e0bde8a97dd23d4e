package io.jobledger.auth;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/** Makes, lists and revokes tokens in a store, whether a server runs on it or not. Blocks. */
public final class TokenAdmin {
    /** Longest name of a token, in characters. */
    public static final int MAX_NAME = 100;

    private final TokenStore store;
    private final Clock clock;

    public TokenAdmin(TokenStore store, Clock clock) {
        this.store = store;
        this.clock = clock;
    }

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
     * @throws IllegalArgumentException when the name is too long, unprintable, or that of another token that works
     * @throws TokenStoreException when the store fails
     */
    public Made create(Set<Scope> scopes, String name, Duration life, String by) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        String text = TokenText.random();
        String id = TokenText.randomHex(4);
        String called = name == null ? "token-" + id : name;
        if (called.isBlank() || called.length() > MAX_NAME || called.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("a token's name must have 1 to " + MAX_NAME + " printable characters");
        }
        Token token = new Token(id, called, scopes, TokenText.hash(text), now, by, life == null ? null : now.plus(life), null);
        store.change(tokens -> {
            if (tokens.stream().anyMatch(other -> other.usable(now) && (other.name().equals(called) || other.id().equals(called)))) {
                throw new IllegalArgumentException("there is a token '" + called + "' already: choose another name, or revoke it first");
            }
            List<Token> all = new ArrayList<>(tokens);
            all.add(token);
            return all;
        });
        return new Made(token, text);
    }

    /** All tokens, oldest first. */
    public List<Token> list() {
        return store.read().orElse(List.of());
    }

    /**
     * Revokes a token. It stays in the list.
     *
     * @param which its id, or its name
     * @throws IllegalArgumentException when there is none that works
     * @throws TokenStoreException when the store fails
     */
    public Token revoke(String which) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        AtomicReference<Token> revoked = new AtomicReference<>();
        store.change(tokens -> tokens.stream().map(token -> {
            if (token.revokedAt() != null || !(token.id().equals(which) || token.name().equals(which) && token.usable(now))) {
                return token;
            }
            revoked.set(token.revoked(now));
            return revoked.get();
        }).toList());
        if (revoked.get() == null) {
            throw new IllegalArgumentException("there is no token '" + which + "' that could be revoked; 'jobledger token ls' lists them");
        }
        return revoked.get();
    }
}
