package io.jobledger.auth;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A browser's login: the id of a token and a time, signed with a key that only this process has. Nothing is kept of it here, so logins cannot fill the memory; it ends with the
 * token, with its time, or with the process. Thread-safe.
 */
public final class Sessions {
    private final Tokens tokens;
    private final Clock clock;
    private final Duration life;
    private final SecretKeySpec key;

    public Sessions(Tokens tokens, Clock clock, Duration life) {
        this.tokens = tokens;
        this.clock = clock;
        this.life = life;
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        this.key = new SecretKeySpec(random, "HmacSHA256");
    }

    /** The value of a new session's cookie. */
    public String open(Token token) {
        String content = token.id() + "." + clock.instant().plus(life).getEpochSecond();
        return content + "." + sign(content);
    }

    /** The token of a session that is in force. */
    public Optional<Token> find(String cookie) {
        String[] parts = cookie.split("\\.", -1);
        if (parts.length != 3 || !same(sign(parts[0] + "." + parts[1]), parts[2]) || Long.parseLong(parts[1]) <= clock.instant().getEpochSecond()) {
            return Optional.empty();
        }
        return tokens.byId(parts[0]);
    }

    public Duration life() {
        return life;
    }

    private static boolean same(String one, String other) {
        return MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    private String sign(String content) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            return HexFormat.of().formatHex(mac.doFinal(content.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HMAC-SHA-256", e);
        }
    }
}
