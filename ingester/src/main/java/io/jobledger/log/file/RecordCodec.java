package io.jobledger.log.file;

import io.jobledger.log.LogChain;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogEntry.Kind;
import io.jobledger.log.LogRecord;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * The bytes of a record: a mark that is in no UTF-8, the length of what follows the checksum, a CRC32C over it; the
 * numbers of the first and the last entry and the microseconds of its reception, 8 bytes each; the entries; the hash.
 * An entry: its kind, a byte; its run, 16 bytes; its number there and the length of its body as {@link Varint}; its
 * body. A removed one has its digest instead of length and body. Not thread-safe: it has a buffer.
 */
final class RecordCodec {
    static final int HEAD = 12;
    /** Bytes behind the head of a record without entries. */
    static final int LEAST = 24 + LogChain.BYTES;

    static final int MARK = 0x4A_FF_4C_FE;
    private static final int CHUNK = 256 * 1024;
    private static final Kind[] KINDS = Kind.values();

    private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK);

    /** Takes the next bytes. */
    interface Out {
        void put(ByteBuffer bytes) throws IOException;
    }

    /**
     * Gives the bytes of a record, at once or, when they are many, in pieces: a group may be as large as what is left
     * of the heap. Returns how many there are.
     */
    int encode(LogRecord entries, Out out) throws IOException {
        CRC32C sum = new CRC32C();
        int[] counted = {0, 0};
        pass(entries, 0, 0, bytes -> {
            int own = counted[1]++ == 0 ? HEAD : 0;
            counted[0] = Math.addExact(counted[0], bytes.remaining());
            sum.update(bytes.position(own));
        });
        int size = counted[0];
        if (counted[1] == 1) {
            out.put(chunk.rewind().putInt(4, size - HEAD).putInt(8, (int) sum.getValue()));
        } else {
            pass(entries, size - HEAD, (int) sum.getValue(), out);
        }
        return size;
    }

    private void pass(LogRecord entries, int length, int sum, Out out) throws IOException {
        chunk.clear();
        chunk.putInt(MARK).putInt(length).putInt(sum);
        chunk.putLong(entries.first()).putLong(entries.last()).putLong(LogChain.micros(entries.received()));
        for (LogEntry entry : entries.entries()) {
            room(64, out);
            chunk.put((byte) entry.kind().ordinal());
            chunk.putLong(entry.run().getMostSignificantBits())
                    .putLong(entry.run().getLeastSignificantBits());
            Varint.put(chunk, entry.seq());
            byte[] content = entry.digest();
            if (entry.kind() != Kind.REMOVED) {
                content = entry.body().getBytes(StandardCharsets.UTF_8);
                Varint.put(chunk, content.length);
            }
            for (int from = 0; from < content.length; ) {
                room(1, out);
                int part = Math.min(content.length - from, chunk.remaining());
                chunk.put(content, from, part);
                from += part;
            }
        }
        room(LogChain.BYTES, out);
        chunk.put(entries.hash());
        out.put(chunk.flip());
    }

    private void room(int bytes, Out out) throws IOException {
        if (chunk.remaining() < bytes) {
            out.put(chunk.flip());
            chunk.clear();
        }
    }

    /** How many bytes the whole record has that begins where the buffer stands; 0 where none does. */
    static int whole(ByteBuffer bytes) {
        int at = bytes.position();
        if (bytes.remaining() < HEAD + LEAST || bytes.getInt(at) != MARK) {
            return 0;
        }
        int length = bytes.getInt(at + 4);
        if (length < LEAST || length > bytes.remaining() - HEAD) {
            return 0;
        }
        CRC32C sum = new CRC32C();
        sum.update(bytes.slice(at + HEAD, length));
        return (int) sum.getValue() == bytes.getInt(at + 8) ? HEAD + length : 0;
    }

    /** Number of the first entry of the record that begins there. */
    static long first(ByteBuffer bytes) {
        return bytes.getLong(bytes.position() + HEAD);
    }

    /** Number of its last entry. */
    static long last(ByteBuffer bytes) {
        return bytes.getLong(bytes.position() + HEAD + 8);
    }

    /**
     * Reads a record that is {@link #whole}, and leaves the buffer where the next one begins.
     *
     * @throws IllegalArgumentException when its contents make no sense although its checksum is right
     */
    static LogRecord decode(ByteBuffer bytes) {
        int end = bytes.position() + HEAD + bytes.getInt(bytes.position() + 4);
        ByteBuffer in = bytes.duplicate().limit(end).position(bytes.position() + HEAD);
        long first = in.getLong();
        long last = in.getLong();
        long micros = in.getLong();
        List<LogEntry> entries = new ArrayList<>();
        try {
            while (in.remaining() > LogChain.BYTES) {
                entries.add(entry(in, first + entries.size()));
            }
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("an entry goes on behind its record", e);
        }
        byte[] hash = bytes(in, LogChain.BYTES);
        if (first < 1 || last < first || !entries.isEmpty() && last - first + 1 != entries.size()) {
            throw new IllegalArgumentException("it says that it has the entries " + first + " to " + last);
        }
        bytes.position(end);
        return new LogRecord(first, last, LogChain.instant(micros), List.copyOf(entries), hash);
    }

    private static LogEntry entry(ByteBuffer in, long number) {
        int kind = in.get();
        if (kind < 0 || kind >= KINDS.length) {
            throw new IllegalArgumentException("entry " + number + " is of kind " + kind + ", which is not known");
        }
        UUID run = new UUID(in.getLong(), in.getLong());
        long seq = Varint.get(in);
        if (KINDS[kind] == Kind.REMOVED) {
            return new LogEntry(number, Kind.REMOVED, run, seq, null, bytes(in, LogChain.BYTES));
        }
        long length = Varint.get(in);
        if (length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        String body = new String(bytes(in, (int) length), StandardCharsets.UTF_8);
        return new LogEntry(number, KINDS[kind], run, seq, body, LogChain.digest(KINDS[kind], run, seq, body));
    }

    private static byte[] bytes(ByteBuffer in, int length) {
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }
}
