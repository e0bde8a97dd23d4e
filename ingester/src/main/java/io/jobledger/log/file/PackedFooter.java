package io.jobledger.log.file;

import io.jobledger.log.LogChain;
import io.jobledger.log.file.LogDisk.LogFile;
import io.jobledger.log.file.SegmentIndex.Blocks;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * How a packed segment ends: with its last entry, the hash, and its blocks' places; with its runs; and with a trailer
 * of fixed length that says where these two parts begin, and their checksums.
 *
 * @param last number of its last entry
 * @param hash over it and all before it
 * @param blocks where its blocks are
 * @param runsAt where its runs are, up to the trailer
 * @param runsSum checksum over them
 */
record PackedFooter(long last, byte[] hash, Blocks blocks, long runsAt, int runsSum) {
    private static final int TRAILER = 32;
    private static final int MARK = 0x4A_FF_4C_FD;

    /** Writes it where the last block ends; returns where the file ends. */
    static long write(LogFile file, long last, byte[] hash, Blocks blocks, ByteBuffer runs) throws IOException {
        ByteBuffer index = ByteBuffer.allocate(8 + LogChain.BYTES + Varint.MOST + blocks.count() * 2 * Varint.MOST);
        index.putLong(last).put(hash);
        Varint.put(index, blocks.count());
        for (int i = 0; i < blocks.count(); i++) {
            Varint.put(index, blocks.firsts()[i] - (i == 0 ? 0 : blocks.firsts()[i - 1]));
            Varint.put(index, blocks.offsets()[i] - (i == 0 ? 0 : blocks.offsets()[i - 1]));
        }
        index.flip();
        long runsAt = blocks.end() + index.remaining();
        long trailerAt = runsAt + runs.remaining();
        ByteBuffer trailer = ByteBuffer.allocate(TRAILER)
                .putLong(blocks.end())
                .putLong(runsAt)
                .putInt(sum(index))
                .putInt(sum(runs));
        trailer.putInt(sum(trailer.duplicate().flip())).putInt(MARK).flip();
        file.write(index, blocks.end());
        file.write(runs, runsAt);
        file.write(trailer, trailerAt);
        return trailerAt + TRAILER;
    }

    private static int sum(ByteBuffer bytes) {
        CRC32C sum = new CRC32C();
        sum.update(bytes.duplicate());
        return (int) sum.getValue();
    }

    /**
     * Reads it.
     *
     * @param to the last entry that the segment must have, for the message
     * @throws io.jobledger.log.LogException of kind {@code UNUSABLE} when it is damaged
     */
    static PackedFooter read(LogFile file, Path path, SegmentHeader header, long to) throws IOException {
        long size = file.size();
        long at = Math.max(SegmentHeader.BYTES, size - TRAILER);
        ByteBuffer trailer = file.read(ByteBuffer.allocate(TRAILER), at);
        if (trailer.remaining() < TRAILER
                || trailer.getInt(28) != MARK
                || trailer.getInt(24) != sum(trailer.duplicate().limit(24))) {
            throw LogDamage.at(
                    path, at, "it does not end like a closed segment: it was cut or changed", header.first(), to);
        }
        long indexAt = trailer.getLong(0);
        long runsAt = trailer.getLong(8);
        ByteBuffer index = file.read(ByteBuffer.allocate((int) (runsAt - indexAt)), indexAt);
        if (sum(index) != trailer.getInt(16)) {
            throw LogDamage.at(
                    path, indexAt, "the places of its blocks are not as they were written", header.first(), to);
        }
        try {
            long last = index.getLong();
            byte[] hash = new byte[LogChain.BYTES];
            index.get(hash);
            int count = (int) Varint.get(index);
            long[] firsts = new long[count];
            long[] offsets = new long[count];
            for (int i = 0; i < count; i++) {
                firsts[i] = Varint.get(index) + (i == 0 ? 0 : firsts[i - 1]);
                offsets[i] = Varint.get(index) + (i == 0 ? 0 : offsets[i - 1]);
            }
            Blocks blocks = new Blocks(firsts, offsets, indexAt);
            if (last >= header.first() && count > 0 && firsts[0] == header.first()) {
                return new PackedFooter(last, hash, blocks, runsAt, trailer.getInt(20));
            }
        } catch (BufferUnderflowException e) {
            // Said below.
        }
        throw LogDamage.at(path, indexAt, "the places of its blocks make no sense", header.first(), to);
    }

    /** The runs, for {@link SegmentIndex#readRuns}. */
    ByteBuffer runs(LogFile file, Path path) throws IOException {
        ByteBuffer runs = file.read(ByteBuffer.allocate((int) (file.size() - TRAILER - runsAt)), runsAt);
        if (sum(runs) != runsSum) {
            throw LogDamage.at(
                    path, runsAt, "the numbers of its runs are not as they were written", blocks.firsts()[0], last);
        }
        return runs;
    }

    /** What opening keeps of a segment. */
    static Segment segment(LogFile file, Path path, SegmentHeader header, long to) throws IOException {
        PackedFooter footer = read(file, path, header, to);
        int[][] hashes = {new int[16], {0}};
        SegmentIndex.readRuns(footer.runs(file, path), (run, span) -> {
            int known = hashes[1][0]++;
            hashes[0] = known == hashes[0].length ? Arrays.copyOf(hashes[0], known * 2) : hashes[0];
            hashes[0][known] = Segment.hash(run);
        });
        int[] runs = Arrays.copyOf(hashes[0], hashes[1][0]);
        Arrays.sort(runs);
        return new Segment(path, header, footer.last, footer.hash, file.size(), null, runs);
    }
}
