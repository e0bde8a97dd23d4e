package io.jobledger.ledger.move;

import io.jobledger.log.EventLog;
import io.jobledger.log.LogChain;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogRecord;
import io.jobledger.model.Digests;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/** All that a log hands out, in one SHA-256, so that two logs can be compared. Not thread-safe. */
final class LogDigest {
    private final MessageDigest sha = Digests.sha256();
    private long entries;

    private LogDigest() {}

    /** Reads a log from its first entry; {@code progress} hears how far it is. */
    static LogDigest of(EventLog log, LongConsumer progress) {
        LogDigest digest = new LogDigest();
        log.read(1, record -> {
            digest.add(record);
            progress.accept(record.last());
            return true;
        });
        return digest;
    }

    private void add(LogRecord record) {
        sha.update(ByteBuffer.allocate(3 * Long.BYTES)
                .putLong(record.first())
                .putLong(record.last())
                .putLong(LogChain.micros(record.received()))
                .array());
        sha.update(record.hash());
        for (LogEntry entry : record.entries()) {
            byte[] body = entry.body() == null ? new byte[0] : entry.body().getBytes(StandardCharsets.UTF_8);
            sha.update(ByteBuffer.allocate(4 * Long.BYTES + Integer.BYTES)
                    .putLong(entry.run().getMostSignificantBits())
                    .putLong(entry.run().getLeastSignificantBits())
                    .putLong(entry.seq())
                    .putLong(body.length)
                    .putInt(entry.kind().ordinal())
                    .array());
            sha.update(body);
            sha.update(entry.digest());
        }
        entries = record.last();
    }

    /** Number of the last entry. */
    long entries() {
        return entries;
    }

    /** Ends the digest. */
    String hex() {
        return HexFormat.of().formatHex(sha.digest());
    }
}
