package io.jobledger.ledger.chain;

import io.jobledger.model.Digests;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.UUID;

/**
 * The hashes that chain what the ledger keeps. They are stored, and auditors recompute them from
 * docs/reference/chain.md, so what is hashed must never change without a new first line. Pure.
 */
public final class ChainLink {
    /** Stands where there is no link before: 64 zeros. */
    private static final String NONE = "0".repeat(64);

    private ChainLink() {}

    /**
     * All that the ledger stores of one event, as it stores it.
     *
     * @param job the number of the job that it speaks of, or null
     */
    public record StoredEvent(
            UUID run,
            long seq,
            long entry,
            String type,
            Instant observedAt,
            Instant receivedAt,
            Long job,
            String body) {}

    /** What a stub says of the chain it stands for. */
    public record StubFacts(
            long number,
            UUID run,
            long firstEntry,
            long lastEntry,
            long events,
            long jobs,
            byte[] opening,
            byte[] head,
            Instant removedAt,
            String removedBy,
            String reason) {}

    /**
     * The link of an event.
     *
     * @param before the link of the event before it in its chain; for the first, the opening of the chain before; null
     *     when there is none
     */
    public static byte[] of(byte[] before, StoredEvent event) {
        return sha256(lines(
                        "jobledger event 1",
                        hex(before),
                        event.run,
                        event.seq,
                        event.entry,
                        event.type,
                        micros(event.observedAt),
                        micros(event.receivedAt),
                        event.job == null ? "-" : event.job)
                + event.body);
    }

    /**
     * The link of a stub.
     *
     * @param before the link of the stub before, null when there is none
     */
    public static byte[] of(byte[] before, StubFacts stub) {
        return sha256(lines(
                        "jobledger stub 1",
                        hex(before),
                        stub.number,
                        stub.run,
                        stub.firstEntry,
                        stub.lastEntry,
                        stub.events,
                        stub.jobs,
                        hex(stub.opening),
                        hex(stub.head),
                        micros(stub.removedAt),
                        stub.removedBy)
                + stub.reason);
    }

    /** Lower case; zeros for null. */
    static String hex(byte[] link) {
        return link == null ? NONE : HexFormat.of().formatHex(link);
    }

    private static long micros(Instant instant) {
        // Not ChronoUnit.between: on Java 17 it counts in nanoseconds, which end in the year 2262.
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000L), instant.getNano() / 1000);
    }

    private static String lines(Object... values) {
        StringBuilder text = new StringBuilder(256);
        for (Object value : values) {
            text.append(value).append('\n');
        }
        return text.toString();
    }

    static byte[] sha256(String text) {
        return Digests.sha256(text.getBytes(StandardCharsets.UTF_8));
    }
}
