package io.jobledger.log.file;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.UUID;

/**
 * What is known of a segment at a moment.
 *
 * @param last number of its last entry that is synced; the one before its first while it is empty
 * @param hash over that entry and all before it
 * @param end how many of its bytes count
 * @param index of its blocks and runs; null once it is packed, then its file has them
 * @param runs of a packed one: short hashes of its runs' ids, sorted
 */
record Segment(Path file, SegmentHeader header, long last, byte[] hash, long end, SegmentIndex index, int[] runs) {
    static final String SUFFIX = ".jlog";
    private static final String NAME = "[0-9]{19}\\.jlog";

    static Path file(Path directory, long first) {
        return directory.resolve(String.format("%019d", first) + SUFFIX);
    }

    static boolean isName(String name) {
        return name.matches(NAME);
    }

    /** Number of the first entry of the file, as its name says. */
    static long firstOf(Path file) {
        return Long.parseLong(file.getFileName().toString().substring(0, 19));
    }

    /** A new one, with nothing but its header. */
    static Segment empty(Path file, SegmentHeader header, int blockBytes) {
        return new Segment(
                file,
                header,
                header.first() - 1,
                header.before(),
                SegmentHeader.BYTES,
                new SegmentIndex(blockBytes),
                null);
    }

    Segment grown(long newLast, byte[] newHash, long newEnd) {
        return new Segment(file, header, newLast, newHash, newEnd, index, null);
    }

    long first() {
        return header.first();
    }

    boolean isEmpty() {
        return last < first();
    }

    boolean isPacked() {
        return index == null;
    }

    /** Whether it may have, or have had, events of a run: surely not, or most likely. */
    boolean mayHave(UUID run) {
        return isPacked() ? Arrays.binarySearch(runs, hash(run)) >= 0 : index.ranges(run) != null;
    }

    /** Half of what is random in an id; ids need not be random in all of their parts. */
    static int hash(UUID run) {
        long mixed = (run.getMostSignificantBits() ^ Long.rotateLeft(run.getLeastSignificantBits(), 31))
                * 0x9E37_79B9_7F4A_7C15L;
        return (int) (mixed >>> 32);
    }
}
