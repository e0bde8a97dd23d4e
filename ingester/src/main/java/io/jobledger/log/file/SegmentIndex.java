package io.jobledger.log.file;

import io.jobledger.log.LogEntry;
import io.jobledger.log.SeqRanges;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.IntUnaryOperator;

/**
 * Where a segment's blocks are, and which numbers of which runs it has, or had, in which blocks. That of the active
 * segment grows; its readers look no further than what is synced. Thread-safe.
 */
final class SegmentIndex {
    /** A block ends with the record that makes it larger. */
    private final int blockBytes;

    private long[] firsts = new long[16];
    private long[] offsets = new long[16];
    private int count;
    private final Map<UUID, RunSpan> runs = new HashMap<>();

    /** The numbers of a run, those of removed events, too; and the blocks, in their order, that have its events. */
    static final class RunSpan {
        final SeqRanges seqs = new SeqRanges();
        private int[] blocks = new int[0];

        int[] blocks() {
            return blocks;
        }

        private void in(int block) {
            if (blocks.length == 0 || blocks[blocks.length - 1] != block) {
                blocks = Arrays.copyOf(blocks, blocks.length + 1);
                blocks[blocks.length - 1] = block;
            }
        }
    }

    SegmentIndex(int blockBytes) {
        this.blockBytes = blockBytes;
    }

    /** Notes a block; the entries that are noted next are in it. */
    synchronized void block(long first, long offset) {
        if (count == firsts.length) {
            firsts = Arrays.copyOf(firsts, count * 2);
            offsets = Arrays.copyOf(offsets, count * 2);
        }
        firsts[count] = first;
        offsets[count++] = offset;
    }

    /** Notes a record that is appended. */
    synchronized void record(List<LogEntry> entries, long first, long offset) {
        if (count == 0 || offset - offsets[count - 1] >= blockBytes) {
            block(first, offset);
        }
        for (LogEntry entry : entries) {
            if (entry.seq() > 0) {
                RunSpan span = runs.computeIfAbsent(entry.run(), run -> new RunSpan());
                span.seqs.add(entry.seq());
                span.in(count - 1);
            }
        }
    }

    synchronized int runs() {
        return runs.size();
    }

    /** The numbers of a run, null when it has none. A copy. */
    synchronized SeqRanges ranges(UUID run) {
        RunSpan span = runs.get(run);
        return span == null ? null : span.seqs.copy();
    }

    /** The blocks that have events of a run. */
    synchronized int[] blocks(UUID run) {
        RunSpan span = runs.get(run);
        return span == null ? new int[0] : span.blocks;
    }

    /** Where the blocks are that begin before an end. */
    synchronized Blocks blocks(long end) {
        int known = count;
        while (known > 0 && offsets[known - 1] >= end) {
            known--;
        }
        return new Blocks(Arrays.copyOf(firsts, known), Arrays.copyOf(offsets, known), end);
    }

    /**
     * The runs as they are in a rewritten segment.
     *
     * @param renumbered gives each block's number there, -1 for one that has no event any more
     */
    synchronized ByteBuffer runs(IntUnaryOperator renumbered) {
        int size = Varint.MOST;
        for (RunSpan span : runs.values()) {
            size += 16 + 2 * Varint.MOST + span.seqs.ranges().size() * 2 * Varint.MOST + span.blocks.length * 5;
        }
        ByteBuffer bytes = ByteBuffer.allocate(size);
        Varint.put(bytes, runs.size());
        new TreeMap<>(runs).forEach((run, span) -> {
            bytes.putLong(run.getMostSignificantBits()).putLong(run.getLeastSignificantBits());
            List<SeqRanges.Range> ranges = span.seqs.ranges();
            Varint.put(bytes, ranges.size());
            long before = 0;
            for (SeqRanges.Range range : ranges) {
                Varint.put(bytes, range.from() - before);
                Varint.put(bytes, range.to() - range.from());
                before = range.to();
            }
            int[] blocks = Arrays.stream(span.blocks)
                    .map(renumbered)
                    .filter(block -> block >= 0)
                    .distinct()
                    .toArray();
            Varint.put(bytes, blocks.length);
            for (int i = 0; i < blocks.length; i++) {
                Varint.put(bytes, blocks[i] - (i == 0 ? 0 : blocks[i - 1]));
            }
        });
        return bytes.flip();
    }

    /** Takes one run after the other. */
    interface EachRun {
        void run(UUID run, RunSpan span);
    }

    /** Reads what {@link #runs(IntUnaryOperator)} gave. */
    static void readRuns(ByteBuffer bytes, EachRun each) {
        for (long left = Varint.get(bytes); left > 0; left--) {
            UUID run = new UUID(bytes.getLong(), bytes.getLong());
            RunSpan span = new RunSpan();
            long before = 0;
            for (long ranges = Varint.get(bytes); ranges > 0; ranges--) {
                long from = before + Varint.get(bytes);
                before = from + Varint.get(bytes);
                span.seqs.add(from, before);
            }
            span.blocks = new int[(int) Varint.get(bytes)];
            for (int i = 0; i < span.blocks.length; i++) {
                span.blocks[i] = (int) Varint.get(bytes) + (i == 0 ? 0 : span.blocks[i - 1]);
            }
            each.run(run, span);
        }
    }

    /** The index of a packed segment, whole. */
    static SegmentIndex of(Blocks blocks, ByteBuffer runs) {
        SegmentIndex index = new SegmentIndex(0);
        index.firsts = blocks.firsts();
        index.offsets = blocks.offsets();
        index.count = blocks.count();
        readRuns(runs, index.runs::put);
        return index;
    }

    /**
     * The places of blocks; arrays not to be changed.
     *
     * @param firsts number of the first entry of each
     * @param offsets where each begins
     * @param end where the last one ends
     */
    record Blocks(long[] firsts, long[] offsets, long end) {
        int count() {
            return firsts.length;
        }

        long end(int block) {
            return block + 1 < offsets.length ? offsets[block + 1] : end;
        }

        /** The block that has an entry, if one has it. */
        int holding(long entry) {
            int at = Arrays.binarySearch(firsts, entry);
            return at >= 0 ? at : Math.max(0, -at - 2);
        }
    }
}
