package io.jobledger.log.file;

import io.jobledger.log.LogRecord;
import io.jobledger.log.SeqRanges;
import io.jobledger.log.file.LogDisk.LogFile;
import io.jobledger.log.file.SegmentIndex.Blocks;
import io.jobledger.log.file.SegmentIndex.RunSpan;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.zip.CRC32C;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * A segment's file, open for reading. It may have been rewritten since the segment was looked up; then it gives what
 * the new file has, and after that whatever happens to the name is nothing to it. Not thread-safe.
 */
final class SegmentReader implements Closeable {
    /**
     * Before the bytes of a packed block: a mark that is in no UTF-8, their number, that of the raw ones, a CRC32C over
     * all of it.
     */
    static final int BLOCK_HEAD = 16;

    static final int BLOCK_MARK = 0x4A_FF_4C_FC;

    private final Segment segment;
    private final LogFile file;
    /** Null where the file is as it was appended. */
    private final PackedFooter footer;

    private final Blocks blocks;

    private SegmentReader(Segment segment, LogFile file) throws IOException {
        this.segment = segment;
        this.file = file;
        SegmentHeader header = SegmentHeader.read(file);
        if (header == null || header.first() != segment.first()) {
            throw LogDamage.at(
                    segment.file(), 0, "it does not begin any more as it did", segment.first(), segment.last());
        }
        footer = header.packed() ? PackedFooter.read(file, segment.file(), header, segment.last()) : null;
        if (footer == null && segment.isPacked()) {
            throw LogDamage.at(segment.file(), 0, "it was replaced", segment.first(), segment.last());
        }
        blocks = footer == null ? segment.index().blocks(segment.end()) : footer.blocks();
    }

    static SegmentReader open(LogDisk disk, Segment segment) throws IOException {
        LogFile file = disk.open(segment.file());
        try {
            return new SegmentReader(segment, file);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    Blocks blocks() {
        return blocks;
    }

    boolean isPacked() {
        return footer != null;
    }

    /** The whole index, the numbers of all its runs in it. */
    SegmentIndex index() throws IOException {
        return footer == null ? segment.index() : SegmentIndex.of(blocks, footer.runs(file, segment.file()));
    }

    /** The numbers of a run, empty when it has none. */
    SeqRanges ranges(UUID run) throws IOException {
        SeqRanges ranges = footer == null ? segment.index().ranges(run) : span(run).seqs;
        return ranges == null ? new SeqRanges() : ranges;
    }

    /** The blocks that have events of a run. */
    int[] blocks(UUID run) throws IOException {
        return footer == null ? segment.index().blocks(run) : span(run).blocks();
    }

    private RunSpan span(UUID sought) throws IOException {
        RunSpan[] found = {new RunSpan()};
        SegmentIndex.readRuns(footer.runs(file, segment.file()), (run, span) -> {
            if (run.equals(sought)) {
                found[0] = span;
            }
        });
        return found[0];
    }

    /** The bytes of a block as they are in the file. */
    ByteBuffer stored(int block) throws IOException {
        long at = blocks.offsets()[block];
        int length = (int) (blocks.end(block) - at);
        ByteBuffer bytes = file.read(ByteBuffer.allocate(length), at);
        if (bytes.remaining() < length) {
            throw damage(block, "it ends within a block");
        }
        return bytes;
    }

    /** The records of a block. */
    ByteBuffer records(int block) throws IOException {
        ByteBuffer stored = stored(block);
        if (footer == null) {
            return stored;
        }
        ByteBuffer records = inflate(stored);
        if (records == null) {
            throw damage(block, "a block is not as it was written");
        }
        return records;
    }

    /**
     * Compares each block of a packed segment with its checksum, so that damage is met when the log is opened.
     *
     * @throws io.jobledger.log.LogException of kind {@code UNUSABLE} when one is not as it was written
     */
    void check() throws IOException {
        for (int block = 0; footer != null && block < blocks.count(); block++) {
            if (packed(stored(block)) == null) {
                throw damage(block, "a block is not as it was written");
            }
        }
    }

    /** What is packed in a block; null where there is no whole block. */
    private static ByteBuffer packed(ByteBuffer stored) {
        if (stored.remaining() < BLOCK_HEAD || stored.getInt() != BLOCK_MARK) {
            return null;
        }
        ByteBuffer lengths = stored.slice().limit(2 * Integer.BYTES);
        int length = stored.getInt();
        int raw = stored.getInt();
        int expected = stored.getInt();
        if (length < 0 || raw < 0 || length > stored.remaining()) {
            return null;
        }
        CRC32C sum = new CRC32C();
        ByteBuffer packed = stored.slice().limit(length);
        sum.update(packed.duplicate());
        sum.update(lengths);
        return (int) sum.getValue() == expected ? packed : null;
    }

    /** Null where there is no whole packed block. */
    static ByteBuffer inflate(ByteBuffer stored) {
        ByteBuffer packed = packed(stored.slice());
        if (packed == null) {
            return null;
        }
        int raw = stored.getInt(stored.position() + 2 * Integer.BYTES);
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(packed);
            ByteBuffer records = ByteBuffer.allocate(raw);
            while (records.hasRemaining() && inflater.inflate(records) > 0) {
                // more of it
            }
            return records.hasRemaining() ? null : records.flip();
        } catch (DataFormatException e) {
            return null;
        } finally {
            inflater.end();
        }
    }

    /**
     * Gives the records of a block that end with an entry or later, for as long as {@code each} returns true; returns
     * whether it did.
     */
    boolean each(int block, long from, Predicate<LogRecord> each) throws IOException {
        ByteBuffer records = records(block);
        while (records.hasRemaining()) {
            int length = require(block, records);
            if (RecordCodec.last(records) < from) {
                records.position(records.position() + length);
            } else if (!each.test(decode(block, records))) {
                return false;
            }
        }
        return true;
    }

    /** How many bytes the record has that begins there; there must be one. */
    int require(int block, ByteBuffer records) {
        int length = RecordCodec.whole(records);
        if (length == 0) {
            throw damage(block, "there is no whole record " + records.position() + " bytes into the block");
        }
        return length;
    }

    LogRecord decode(int block, ByteBuffer records) {
        try {
            return RecordCodec.decode(records);
        } catch (IllegalArgumentException e) {
            throw damage(block, e.getMessage());
        }
    }

    private RuntimeException damage(int block, String why) {
        long to = block + 1 < blocks.count() ? blocks.firsts()[block + 1] - 1 : segment.last();
        return LogDamage.at(segment.file(), blocks.offsets()[block], why, blocks.firsts()[block], to);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
