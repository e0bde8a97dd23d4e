package io.jobledger.log;

import io.jobledger.model.Digests;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * The hashes that chain the log. They are stored, and auditors compute them again from docs/reference/chain.md, so what
 * is hashed must never change without a new version. Pure, thread-safe.
 */
public final class LogChain {
    /** Bytes of a hash. */
    public static final int BYTES = 32;

    private LogChain() {}

    /** What the first record follows. A new array each time. */
    public static byte[] start() {
        return new byte[BYTES];
    }

    /**
     * The digest of an entry: SHA-256 over its kind (one byte, the {@code ordinal}), its run (16 bytes), its number in
     * the run (8 bytes) and its body in UTF-8. Numbers are big-endian.
     */
    public static byte[] digest(LogEntry.Kind kind, UUID run, long seq, String body) {
        ByteBuffer head = ByteBuffer.allocate(25)
                .put((byte) kind.ordinal())
                .putLong(run.getMostSignificantBits())
                .putLong(run.getLeastSignificantBits())
                .putLong(seq);
        MessageDigest sha256 = Digests.sha256();
        sha256.update(head.array());
        return sha256.digest(body.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The hash of a record: SHA-256 over the hash of the record before, the numbers of its first and last entry (8
     * bytes each), when it was received (8 bytes, microseconds since 1970) and the digests of its entries in their
     * order.
     */
    public static byte[] next(byte[] before, long first, long last, Instant received, List<byte[]> digests) {
        MessageDigest sha256 = Digests.sha256();
        sha256.update(before);
        sha256.update(ByteBuffer.allocate(24)
                .putLong(first)
                .putLong(last)
                .putLong(micros(received))
                .array());
        digests.forEach(sha256::update);
        return sha256.digest();
    }

    /** Microseconds since 1970. */
    public static long micros(Instant instant) {
        // Not ChronoUnit.between: on Java 17 it counts in nanoseconds, which end in the year 2262.
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000L), instant.getNano() / 1000);
    }

    /** The moment of {@link #micros}. */
    public static Instant instant(long micros) {
        return Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1000);
    }
}
