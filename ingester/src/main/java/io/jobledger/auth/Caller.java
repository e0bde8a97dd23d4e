package io.jobledger.auth;

import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;

/**
 * Who asks. Immutable.
 *
 * @param name for logs and the audit trail: the token's name, or {@code anonymous}
 * @param tokenId null for anonymous
 * @param expiresAt when the token ends; null for never, and for anonymous
 */
public record Caller(String name, String tokenId, Set<Scope> scopes, Instant expiresAt) {
    /** Whoever reaches a server that has no tokens; may do everything. */
    public static final Caller ANONYMOUS = new Caller("anonymous", null, EnumSet.allOf(Scope.class), null);
    /** Whoever asks for what needs no token. */
    public static final Caller NOBODY = new Caller("-", null, Set.of(), null);

    public Caller {
        scopes = Set.copyOf(scopes);
    }

    public static Caller of(Token token) {
        return new Caller(token.name(), token.id(), token.scopes(), token.expiresAt());
    }

    public boolean may(Scope scope) {
        return scope.isAllowedBy(scopes);
    }
}
