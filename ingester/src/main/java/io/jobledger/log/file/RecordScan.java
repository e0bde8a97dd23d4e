package io.jobledger.log.file;

import io.jobledger.log.file.LogDisk.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Finds records in a file that may be damaged. Pure. */
final class RecordScan {
    private static final int WINDOW = 1 << 20;

    private RecordScan() {}

    /** Takes a buffer that stands before a whole record; returns whether to go on. */
    interface Each {
        boolean record(ByteBuffer bytes) throws IOException;
    }

    /** The bytes of the whole record at a place; null where there is none. */
    static ByteBuffer at(LogFile file, long at, long size) throws IOException {
        ByteBuffer head = file.read(ByteBuffer.allocate(RecordCodec.HEAD), at);
        if (head.remaining() < RecordCodec.HEAD || head.getInt(0) != RecordCodec.MARK) {
            return null;
        }
        int length = head.getInt(4);
        if (length < RecordCodec.LEAST || length > size - at - RecordCodec.HEAD) {
            return null;
        }
        ByteBuffer bytes = file.read(ByteBuffer.allocate(RecordCodec.HEAD + length), at);
        return RecordCodec.whole(bytes) == 0 ? null : bytes;
    }

    /** The records of the packed block at a place; null where there is none that is whole. */
    static ByteBuffer block(LogFile file, long at, long size) throws IOException {
        ByteBuffer head = file.read(ByteBuffer.allocate(SegmentReader.BLOCK_HEAD), at);
        if (head.remaining() < SegmentReader.BLOCK_HEAD || head.getInt(0) != SegmentReader.BLOCK_MARK) {
            return null;
        }
        int length = head.getInt(4);
        return length < 0 || length > size - at - SegmentReader.BLOCK_HEAD
                ? null
                : SegmentReader.inflate(file.read(ByteBuffer.allocate(SegmentReader.BLOCK_HEAD + length), at));
    }

    /** Number of the first entry of the first whole record at a place or behind it; 0 when there is none. */
    static long search(LogFile file, long from) throws IOException {
        long[] first = {0};
        all(file, from, bytes -> {
            first[0] = RecordCodec.first(bytes);
            return false;
        });
        return first[0];
    }

    /**
     * Gives every whole record at a place and behind it, packed or not, whatever stands between them. It looks at every
     * byte.
     */
    static void all(LogFile file, long from, Each each) throws IOException {
        long size = file.size();
        for (long at = next(file, from, size); at < size; at = next(file, at, size)) {
            ByteBuffer records = at(file, at, size);
            long length = records == null ? 0 : records.remaining();
            if (records == null) {
                records = block(file, at, size);
                length = records == null ? 0 : blockLength(file, at);
            }
            at += Math.max(1, length);
            while (records != null && records.hasRemaining() && RecordCodec.whole(records) > 0) {
                int end = records.position() + RecordCodec.whole(records);
                if (!each.record(records.duplicate())) {
                    return;
                }
                records.position(end);
            }
        }
    }

    /** How many bytes the packed block at a place has. */
    static int blockLength(LogFile file, long at) throws IOException {
        return SegmentReader.BLOCK_HEAD
                + file.read(ByteBuffer.allocate(SegmentReader.BLOCK_HEAD), at).getInt(4);
    }

    /** The next place where a record or a packed block may begin. */
    private static long next(LogFile file, long from, long size) throws IOException {
        ByteBuffer window = ByteBuffer.allocate(WINDOW);
        // Most often it is where the one before ends.
        for (long start = from, length = 64; start < size; start += window.limit() - 3, length = WINDOW) {
            file.read(window.clear().limit((int) length), start);
            for (int at = 0; at + Integer.BYTES <= window.limit(); at++) {
                int mark = window.getInt(at);
                if (mark == RecordCodec.MARK || mark == SegmentReader.BLOCK_MARK) {
                    return start + at;
                }
            }
            if (window.limit() < Integer.BYTES) {
                break;
            }
        }
        return size;
    }
}
