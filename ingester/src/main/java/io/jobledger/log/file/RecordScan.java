package io.jobledger.log.file;

import io.jobledger.log.file.LogDisk.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Finds records in a file as it was appended. Pure. */
final class RecordScan {
    private static final int WINDOW = 1 << 20;

    private RecordScan() {}

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

    /**
     * Number of the first entry of the first whole record at a place or behind it; 0 when there is none. For a damaged
     * file: it looks at every byte.
     */
    static long search(LogFile file, long from) throws IOException {
        long size = file.size();
        for (long start = from; start < size; start += WINDOW) {
            ByteBuffer window = file.read(ByteBuffer.allocate(WINDOW + Integer.BYTES - 1), start);
            for (int at = 0; at + Integer.BYTES <= window.limit(); at++) {
                ByteBuffer found = window.getInt(at) == RecordCodec.MARK ? at(file, start + at, size) : null;
                if (found != null) {
                    return RecordCodec.first(found);
                }
            }
        }
        return 0;
    }
}
