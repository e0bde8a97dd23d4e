package io.jobledger.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * How a token looks: {@code jl_} and 64 hexadecimal digits, so that scanners for leaked secrets find it. It is 256
 * random bits, which nobody can guess or search: one round of SHA-256 keeps it as safe as a slow hash keeps a password,
 * and costs a request nothing.
 */
public final class TokenText {
    public static final String PREFIX = "jl_";

    private static final Pattern FORM = Pattern.compile(PREFIX + "[0-9a-f]{64}");
    private static final SecureRandom RANDOM = new SecureRandom();

    private TokenText() {}

    /** A new one. */
    public static String random() {
        return PREFIX + randomHex(32);
    }

    /** Whether it can be a token at all. */
    public static boolean isWellFormed(String text) {
        return FORM.matcher(text).matches();
    }

    /** What is kept of it. */
    public static String hash(String token) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    static String randomHex(int bytes) {
        byte[] random = new byte[bytes];
        RANDOM.nextBytes(random);
        return HexFormat.of().formatHex(random);
    }
}
