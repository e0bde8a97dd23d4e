package io.jobledger.auth;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A browser's login: the id of a token, a time and a random number, signed with a key that only this process has.
 * Nothing is kept of it while it is in force, so logins cannot fill the memory; it ends with a logout, with the token,
 * with its time, or with the process. Of logouts so many are kept as fit; beyond that a logout ends all sessions of its
 * token. Thread-safe.
 */
public final class Sessions {
    private static final int MOST_ENDED = 10_000;

    private final Tokens tokens;
    private final Clock clock;
    private final Duration life;
    private final SecretKeySpec key;
    private final SecureRandom random = new SecureRandom();
    /** Sessions that were logged out of, by their random number, and when they would have ended. */
    private final Map<String, Long> ended = new HashMap<>();
    /** Tokens of which every session is over that would have ended then or earlier. */
    private final Map<String, Long> allEnded = new HashMap<>();

    /** What a cookie says, once its signature was found good. */
    private record Session(String token, long until, String number) {}

    public Sessions(Tokens tokens, Clock clock, Duration life) {
        this.tokens = tokens;
        this.clock = clock;
        this.life = life;
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        this.key = new SecretKeySpec(bytes, "HmacSHA256");
    }

    /** The value of a new session's cookie. */
    public String open(Token token) {
        byte[] number = new byte[16];
        random.nextBytes(number);
        String content = token.id() + "." + latest() + "." + HexFormat.of().formatHex(number);
        return content + "." + sign(content);
    }

    /** The token of a session that is in force. */
    public Optional<Token> find(String cookie) {
        return read(cookie).filter(this::isOpen).flatMap(session -> tokens.byId(session.token));
    }

    /** Ends a session: from now on its cookie lets nobody in. What is no session is passed over. */
    public void end(String cookie) {
        read(cookie).filter(this::isOpen).ifPresent(this::end);
    }

    public Duration life() {
        return life;
    }

    private long latest() {
        return clock.instant().plus(life).getEpochSecond();
    }

    private Optional<Session> read(String cookie) {
        int signature = cookie.lastIndexOf('.');
        // Only what was signed here is taken apart.
        if (signature < 0 || !same(sign(cookie.substring(0, signature)), cookie.substring(signature + 1))) {
            return Optional.empty();
        }
        String[] parts = cookie.substring(0, signature).split("\\.", -1);
        Session session = new Session(parts[0], Long.parseLong(parts[1]), parts[2]);
        return session.until > clock.instant().getEpochSecond() ? Optional.of(session) : Optional.empty();
    }

    private synchronized boolean isOpen(Session session) {
        return !ended.containsKey(session.number) && session.until > allEnded.getOrDefault(session.token, 0L);
    }

    private synchronized void end(Session session) {
        if (ended.size() >= MOST_ENDED) {
            long now = clock.instant().getEpochSecond();
            ended.values().removeIf(until -> until <= now);
            allEnded.values().removeIf(until -> until <= now);
        }
        if (ended.size() >= MOST_ENDED) {
            allEnded.put(session.token, latest());
        } else {
            ended.put(session.number, session.until);
        }
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
