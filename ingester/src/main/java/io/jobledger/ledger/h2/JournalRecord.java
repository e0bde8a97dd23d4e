package io.jobledger.ledger.h2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The bytes of the journal. A segment begins with a {@link Begin}: who it is and which event comes first in it. Then
 * come records, each a {@link Head} and its events, a line of JSON each. Each part has a checksum of its own, so a
 * length that was damaged is not taken for a record that goes on behind the end of the file. Pure.
 */
final class JournalRecord {
    private static final long NAME = 0x4A_4C_4A_52_4E_4C_32_0AL;
    private static final int MARK = 0x4A_4C_52_45;

    private JournalRecord() {}

    private static int checksum(ByteBuffer bytes, int length) {
        CRC32C sum = new CRC32C();
        sum.update(bytes.array(), 0, length);
        return (int) sum.getValue();
    }

    /**
     * How a segment begins.
     *
     * @param segment its number, which its name has, too
     * @param first number of the event that comes first in it
     */
    record Begin(long segment, long first) {
        static final int BYTES = 28;

        ByteBuffer bytes() {
            ByteBuffer bytes =
                    ByteBuffer.allocate(BYTES).putLong(NAME).putLong(segment).putLong(first);
            return bytes.putInt(checksum(bytes, 24)).flip();
        }

        /** Null where the file does not begin like a segment. */
        static Begin read(FileChannel channel) throws IOException {
            ByteBuffer bytes = JournalRecord.read(channel, 0, BYTES);
            return bytes == null || bytes.getLong(0) != NAME || bytes.getInt(24) != checksum(bytes, 24)
                    ? null
                    : new Begin(bytes.getLong(8), bytes.getLong(16));
        }
    }

    /**
     * What stands before the events of a group.
     *
     * @param length of its events, in bytes
     * @param first number of its first event in the ledger
     * @param events how many there are
     * @param sum checksum of its events
     */
    record Head(int length, long first, int events, Instant received, int sum) {
        static final int BYTES = 36;

        /** The head of a group whose events are these lines. */
        static Head of(long first, Instant received, List<byte[]> lines) {
            int length = 0;
            CRC32C sum = new CRC32C();
            for (byte[] line : lines) {
                sum.update(line);
                sum.update('\n');
                length = Math.addExact(length, line.length + 1);
            }
            return new Head(length, first, lines.size(), received, (int) sum.getValue());
        }

        ByteBuffer bytes() {
            ByteBuffer bytes = ByteBuffer.allocate(BYTES)
                    .putInt(MARK)
                    .putInt(length)
                    .putLong(first)
                    .putInt(events)
                    .putLong(ChronoUnit.MICROS.between(Instant.EPOCH, received))
                    .putInt(sum);
            return bytes.putInt(checksum(bytes, 32)).flip();
        }

        /** Null where there is no whole one. */
        static Head read(FileChannel channel, long position) throws IOException {
            ByteBuffer bytes = JournalRecord.read(channel, position, BYTES);
            return bytes == null ? null : read(bytes, 0);
        }

        private static Head read(ByteBuffer bytes, int at) {
            if (bytes.getInt(at) != MARK) {
                return null;
            }
            ByteBuffer own = ByteBuffer.allocate(BYTES).put(0, bytes, at, BYTES);
            if (own.getInt(32) != checksum(own, 32)) {
                return null;
            }
            return new Head(
                    own.getInt(4),
                    own.getLong(8),
                    own.getInt(16),
                    Instant.EPOCH.plus(own.getLong(20), ChronoUnit.MICROS),
                    own.getInt(28));
        }

        /** Number of its last event. */
        long last() {
            return first + events - 1;
        }
    }

    /** A head and where it stands; whether its events are whole is not said. */
    record Place(long position, Head head) {
        long end() {
            return position + Head.BYTES + head.length;
        }

        /** The events; null when they are not whole. */
        ByteBuffer events(FileChannel channel) throws IOException {
            ByteBuffer events = JournalRecord.read(channel, position + Head.BYTES, head.length);
            if (events == null || head.length == 0) {
                return null;
            }
            CRC32C sum = new CRC32C();
            sum.update(events.duplicate());
            return (int) sum.getValue() == head.sum ? events : null;
        }

        /** The events as they were appended, a line each. */
        List<String> lines(FileChannel channel) throws IOException {
            ByteBuffer events = events(channel);
            if (events == null) {
                throw new IOException("the journal changed while it was read");
            }
            return List.of(StandardCharsets.UTF_8.decode(events).toString().split("\n"));
        }
    }

    /** The record that begins here; null where none does that is whole. */
    static Place at(FileChannel channel, long position) throws IOException {
        Head head = Head.read(channel, position);
        Place place = head == null ? null : new Place(position, head);
        return place == null || place.events(channel) == null ? null : place;
    }

    /**
     * The first whole record that begins here or later; null when there is none. For a damaged file: it looks at every
     * byte.
     */
    static Place search(FileChannel channel, long from) throws IOException {
        int window = 1 << 20;
        for (long start = from; start < channel.size(); start += window) {
            int length = (int) Math.min(window + Head.BYTES, channel.size() - start);
            ByteBuffer bytes = read(channel, start, length);
            for (int at = 0; bytes != null && at + Head.BYTES <= length && at < window; at++) {
                Place found = bytes.getInt(at) == MARK && Head.read(bytes, at) != null ? at(channel, start + at) : null;
                if (found != null) {
                    return found;
                }
            }
        }
        return null;
    }

    /** So many bytes; null when the file ends before. */
    private static ByteBuffer read(FileChannel channel, long position, int length) throws IOException {
        if (length < 0 || channel.size() - position < length) {
            return null;
        }
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, position + bytes.position()) < 0) {
                return null;
            }
        }
        return bytes.flip();
    }
}
