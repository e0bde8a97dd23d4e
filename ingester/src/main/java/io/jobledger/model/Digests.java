package io.jobledger.model;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.UUID;

/** Digests of names. They are stored, so the algorithm must never change. */
public final class Digests {
    /** To look for the algorithm and to make room for it takes as long as to digest a name. */
    private static final ThreadLocal<MessageDigest> KEPT = ThreadLocal.withInitial(Digests::sha256);

    private Digests() {}

    /** The first 128 bits of SHA-256 over the parts, each ended by a NUL, which no name can hold. */
    public static UUID uuid(String... parts) {
        MessageDigest sha256 = KEPT.get();
        sha256.reset();
        for (String part : parts) {
            sha256.update(part.getBytes(StandardCharsets.UTF_8));
            sha256.update((byte) 0);
        }
        ByteBuffer digest = ByteBuffer.wrap(sha256.digest());
        return new UUID(digest.getLong(), digest.getLong());
    }

    /** SHA-256 over bytes. */
    public static byte[] sha256(byte[] bytes) {
        MessageDigest sha256 = KEPT.get();
        sha256.reset();
        return sha256.digest(bytes);
    }

    /** SHA-256 over bytes, in hex. */
    public static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(sha256(bytes));
    }

    /** A new SHA-256; every Java platform has it. */
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no SHA-256", e);
        }
    }
}
