package io.jobledger.log.file;

import io.jobledger.log.LogEntry;
import io.jobledger.log.LogEntry.Kind;
import io.jobledger.log.LogRecord;
import io.jobledger.log.file.LogDisk.LogFile;
import io.jobledger.log.file.SegmentIndex.Blocks;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;
import java.util.zip.Deflater;

/**
 * Writes a closed segment anew: compressed, and without what is to be removed. The new file is synced before it takes
 * the name. One use is one segment.
 */
final class Rewriter {
    static final String SUFFIX = ".new";
    private static final int CHUNK = 64 * 1024;

    private final LogDisk disk;
    private final Segment segment;
    private final BooleanSupplier stop;
    private final RecordCodec codec = new RecordCodec();
    private final Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);

    private SegmentReader reader;
    private LogFile file;
    private long end = SegmentHeader.BYTES;
    private final List<long[]> blocks = new ArrayList<>();
    private int[] renumbered;
    private long removed;
    /** What is left of blocks that are removed whole, until another follows. */
    private LogRecord stub;

    /** @param stop whether to give up; asked now and then */
    Rewriter(LogDisk disk, Segment segment, BooleanSupplier stop) {
        this.disk = disk;
        this.segment = segment;
        this.stop = stop;
    }

    /** What is to be removed. */
    interface Removing {
        /** Whether a block may have some of it. */
        boolean in(SegmentIndex index, Blocks blocks, int block);

        boolean removes(LogEntry entry);

        /** Nothing is. */
        Removing NOTHING = new Removing() {
            @Override
            public boolean in(SegmentIndex index, Blocks blocks, int block) {
                return false;
            }

            @Override
            public boolean removes(LogEntry entry) {
                return false;
            }
        };
    }

    /** How many entries lost their contents. */
    long removed() {
        return removed;
    }

    /** The segment as it is now: the same when there was nothing to do; null when it was to give up. */
    Segment run(Removing removing) throws IOException {
        Path made = segment.file().resolveSibling(segment.file().getFileName() + SUFFIX);
        try (SegmentReader open = SegmentReader.open(disk, segment)) {
            reader = open;
            SegmentIndex index = open.index();
            boolean[] concerned = concerned(removing, index, open.blocks());
            if (open.isPacked() && none(concerned)) {
                return segment;
            }
            disk.delete(made);
            try (LogFile target = disk.edit(made)) {
                file = target;
                if (!blocks(removing, concerned)) {
                    return null;
                }
                if (open.isPacked() && removed == 0) {
                    return segment;
                }
                file.write(segment.header().asPacked().bytes(), 0);
                Blocks places = new Blocks(
                        blocks.stream().mapToLong(block -> block[0]).toArray(),
                        blocks.stream().mapToLong(block -> block[1]).toArray(),
                        end);
                PackedFooter.write(file, segment.last(), segment.hash(), places, index.runs(b -> renumbered[b]));
                file.force();
            }
            disk.rename(made, segment.file());
            disk.sync(made.getParent());
        } finally {
            deflater.end();
            disk.delete(made);
        }
        try (LogFile packed = disk.open(segment.file())) {
            return PackedFooter.segment(packed, segment.file(), segment.header().asPacked(), segment.last());
        }
    }

    private static boolean[] concerned(Removing removing, SegmentIndex index, Blocks blocks) {
        boolean[] concerned = new boolean[blocks.count()];
        for (int block = 0; block < concerned.length; block++) {
            concerned[block] = removing.in(index, blocks, block);
        }
        return concerned;
    }

    private static boolean none(boolean[] flags) {
        for (boolean flag : flags) {
            if (flag) {
                return false;
            }
        }
        return true;
    }

    private boolean blocks(Removing removing, boolean[] concerned) throws IOException {
        renumbered = new int[concerned.length];
        for (int block = 0; block < concerned.length; block++) {
            if (stop.getAsBoolean()) {
                return false;
            }
            if (concerned[block]) {
                rewrite(block, removing);
            } else if (reader.isPacked()) {
                copy(block);
            } else {
                pack(block, List.of(checked(block)));
            }
        }
        finishStub();
        return true;
    }

    private ByteBuffer checked(int block) throws IOException {
        ByteBuffer records = reader.records(block);
        while (records.hasRemaining()) {
            records.position(records.position() + reader.require(block, records));
        }
        return records.rewind();
    }

    /** A packed block, as it is. */
    private void copy(int block) throws IOException {
        ByteBuffer stored = reader.stored(block);
        if (SegmentReader.inflate(stored.duplicate()) == null) {
            reader.records(block);
        }
        finishStub();
        begin(block);
        int length = stored.remaining();
        file.write(stored, end);
        end += length;
    }

    private void begin(int block) {
        renumbered[block] = blocks.size();
        blocks.add(new long[] {reader.blocks().firsts()[block], end});
    }

    private void rewrite(int block, Removing removing) throws IOException {
        List<ByteBuffer> kept = new ArrayList<>();
        LogRecord gone = null;
        boolean any = false;
        for (ByteBuffer records = reader.records(block); records.hasRemaining(); ) {
            int start = records.position();
            reader.require(block, records);
            LogRecord record = reader.decode(block, records);
            LogRecord left = without(record, removing);
            if (left.isStub()) {
                gone = merged(gone, left);
                continue;
            }
            if (gone != null) {
                kept.add(bytes(gone));
                gone = null;
            }
            any = true;
            kept.add(left == record ? records.slice(start, records.position() - start) : bytes(left));
        }
        if (!any) {
            renumbered[block] = -1;
            stub = merged(stub, gone);
            return;
        }
        if (gone != null) {
            kept.add(bytes(gone));
        }
        pack(block, kept);
    }

    /** The record as it is from now on; the same when nothing of it is removed. */
    private LogRecord without(LogRecord record, Removing removing) {
        List<LogEntry> left = new ArrayList<>();
        long before = removed;
        boolean live = false;
        for (LogEntry entry : record.entries()) {
            boolean goes = entry.kind() != Kind.REMOVED && removing.removes(entry);
            removed += goes ? 1 : 0;
            left.add(
                    goes
                            ? new LogEntry(entry.entry(), Kind.REMOVED, entry.run(), entry.seq(), null, entry.digest())
                            : entry);
            live |= !goes && entry.kind() != Kind.REMOVED;
        }
        return removed == before && live
                ? record
                : new LogRecord(
                        record.first(), record.last(), record.received(), live ? left : List.of(), record.hash());
    }

    private static LogRecord merged(LogRecord stub, LogRecord next) {
        return stub == null ? next : new LogRecord(stub.first(), next.last(), next.received(), List.of(), next.hash());
    }

    private ByteBuffer bytes(LogRecord record) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        codec.encode(record, part -> bytes.write(part.array(), part.position(), part.remaining()));
        return ByteBuffer.wrap(bytes.toByteArray());
    }

    private void finishStub() throws IOException {
        if (stub != null) {
            blocks.add(new long[] {stub.first(), end});
            write(List.of(bytes(stub)));
            stub = null;
        }
    }

    private void pack(int block, List<ByteBuffer> records) throws IOException {
        finishStub();
        begin(block);
        write(records);
    }

    private void write(List<ByteBuffer> records) throws IOException {
        deflater.reset();
        CRC32C sum = new CRC32C();
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
        long start = end;
        int raw = 0;
        end += SegmentReader.BLOCK_HEAD;
        for (int i = 0; i <= records.size(); i++) {
            if (i < records.size()) {
                raw += records.get(i).remaining();
                deflater.setInput(records.get(i));
            } else {
                deflater.finish();
            }
            while (i < records.size() ? !deflater.needsInput() : !deflater.finished()) {
                deflater.deflate(chunk.clear());
                chunk.flip();
                sum.update(chunk.duplicate());
                int length = chunk.remaining();
                file.write(chunk, end);
                end += length;
            }
        }
        int packed = (int) (end - start - SegmentReader.BLOCK_HEAD);
        ByteBuffer head = ByteBuffer.allocate(SegmentReader.BLOCK_HEAD)
                .putInt(SegmentReader.BLOCK_MARK)
                .putInt(packed)
                .putInt(raw);
        sum.update(head.duplicate().flip().position(Integer.BYTES));
        file.write(head.putInt((int) sum.getValue()).flip(), start);
    }
}
