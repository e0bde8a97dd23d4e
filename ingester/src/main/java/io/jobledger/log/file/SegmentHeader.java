package io.jobledger.log.file;

import io.jobledger.log.LogChain;
import io.jobledger.log.file.LogDisk.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * How a segment begins.
 *
 * @param version of the format
 * @param packed whether it is closed and rewritten, or as it was appended
 * @param epoch of its entries
 * @param first number of its first entry; it follows the entry before
 * @param before the chain's hash over that entry; not to be changed
 */
record SegmentHeader(int version, boolean packed, int epoch, long first, byte[] before) {
    static final int BYTES = 56;
    static final int VERSION = 1;
    /** "JLLOG", the version, the form, and a byte that is in no text. */
    private static final long NAME = 0x4A_4C_4C_4F_47_00_00_FFL;

    static SegmentHeader of(boolean packed, int epoch, long first, byte[] before) {
        return new SegmentHeader(VERSION, packed, epoch, first, before);
    }

    SegmentHeader asPacked() {
        return of(true, epoch, first, before);
    }

    ByteBuffer bytes() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES)
                .putLong(NAME | (long) version << 16 | (packed ? 1L << 8 : 0))
                .putInt(epoch)
                .putLong(first)
                .put(before);
        return bytes.putInt(sum(bytes)).flip();
    }

    private static int sum(ByteBuffer bytes) {
        CRC32C sum = new CRC32C();
        sum.update(bytes.array(), 0, BYTES - Integer.BYTES);
        return (int) sum.getValue();
    }

    /** Null where the file does not begin like a segment. */
    static SegmentHeader read(LogFile file) throws IOException {
        ByteBuffer bytes = file.read(ByteBuffer.allocate(BYTES), 0);
        if (bytes.remaining() < BYTES
                || (bytes.getLong(0) & ~0xFF_FF_00L) != NAME
                || bytes.getInt(BYTES - Integer.BYTES) != sum(bytes)) {
            return null;
        }
        byte[] before = new byte[LogChain.BYTES];
        bytes.get(20, before);
        return new SegmentHeader(bytes.get(5), bytes.get(6) == 1, bytes.getInt(8), bytes.getLong(12), before);
    }
}
