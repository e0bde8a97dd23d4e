package io.jobledger.auth;

import java.time.Instant;
import java.util.Set;

/**
 * What is kept of a token: never the token itself. Immutable.
 *
 * @param id names it in lists, logs and revocations; no secret
 * @param name the operator's own
 * @param scopes what it allows; never empty
 * @param hash SHA-256 of the token, in hexadecimal
 * @param createdBy who made it
 * @param expiresAt null for never
 * @param revokedAt null while it is not
 */
public record Token(
        String id,
        String name,
        Set<Scope> scopes,
        String hash,
        Instant createdAt,
        String createdBy,
        Instant expiresAt,
        Instant revokedAt) {
    public Token {
        scopes = Set.copyOf(scopes);
    }

    /** Whether it opens anything at {@code now}. */
    public boolean usable(Instant now) {
        return revokedAt == null && (expiresAt == null || now.isBefore(expiresAt));
    }

    /** The same, revoked; one that is revoked already keeps its time. */
    public Token revoked(Instant now) {
        return new Token(id, name, scopes, hash, createdAt, createdBy, expiresAt, revokedAt == null ? now : revokedAt);
    }

    /** {@code valid}, {@code expired} or {@code revoked}. */
    public String state(Instant now) {
        return revokedAt != null ? "revoked" : usable(now) ? "valid" : "expired";
    }
}
