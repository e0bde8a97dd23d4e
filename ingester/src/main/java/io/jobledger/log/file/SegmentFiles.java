package io.jobledger.log.file;

import io.jobledger.log.LogException;
import io.jobledger.log.LogFiles;
import io.jobledger.log.LogHead;
import io.jobledger.log.file.LogDisk.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** The segments, for who copies them. */
final class SegmentFiles implements LogFiles {
    private final SegmentStore store;
    private final LogReading reading;

    SegmentFiles(SegmentStore store, LogReading reading) {
        this.store = store;
        this.reading = reading;
    }

    @Override
    public LogHead head() {
        return store.head();
    }

    @Override
    public List<Part> parts() {
        return store.catalog().all().stream()
                .map(segment -> new Part(
                        segment.file().getFileName().toString(),
                        segment.header().epoch(),
                        segment.first(),
                        segment.last(),
                        segment.hash(),
                        segment.isPacked(),
                        segment.end(),
                        segment.isPacked() ? segment.runs() : segment.index()))
                .toList();
    }

    @Override
    public Reading open(Part part) throws IOException {
        LogFile file = store.disk().open(store.directory().resolve(part.name()));
        try {
            SegmentHeader header = SegmentHeader.read(file);
            if (header == null) {
                throw new IOException(part.name() + " does not begin like a segment any more");
            }
            if (header.packed() != part.packed()) {
                file.close();
                return null;
            }
            return new Opened(file, part.packed() ? file.size() : part.bytes());
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private record Opened(LogFile file, long size) implements Reading {
        @Override
        public byte[] read(long from, int length) throws IOException {
            byte[] bytes = new byte[length];
            if (file.read(ByteBuffer.wrap(bytes), from).remaining() < length) {
                throw new IOException("the file ends before byte " + (from + length));
            }
            return bytes;
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    @Override
    public boolean has(LogHead head) {
        try {
            reading.require(head, "somebody");
            return true;
        } catch (LogException e) {
            if (e.kind() == LogException.Kind.UNUSABLE) {
                return false;
            }
            throw e;
        }
    }
}
