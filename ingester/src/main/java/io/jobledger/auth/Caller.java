package io.jobledger.auth;

import java.util.EnumSet;
import java.util.Set;

/**
 * Who asks. Immutable.
 *
 * @param name for logs and the audit trail: the token's name, or {@code anonymous}
 * @param tokenId null for anonymous
 */
public record Caller(String name, String tokenId, Set<Scope> scopes) {
    /** Whoever reaches a server that has no tokens; may do everything. */
    public static final Caller ANONYMOUS = new Caller("anonymous", null, EnumSet.allOf(Scope.class));
    /** Whoever asks for what needs no token. */
    public static final Caller NOBODY = new Caller("-", null, Set.of());

    public Caller {
        scopes = Set.copyOf(scopes);
    }

    public static Caller of(Token token) {
        return new Caller(token.name(), token.id(), token.scopes());
    }

    public boolean may(Scope scope) {
        return scope.isAllowedBy(scopes);
    }
}
