package io.jobledger.log.file;

import io.jobledger.log.LogChain;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogException;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogRecord;
import io.jobledger.log.file.LogDisk.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Finds out what the segments of a directory hold, and whether that is whole. Of closed segments it compares checksums,
 * of others all. It changes nothing before it knows that the log is whole.
 */
final class Recovery {
    private final LogDisk disk;
    private final int blockBytes;
    private final Path directory;
    /** How far the log must reach. */
    private final LogHead known;

    private final List<Segment> segments = new ArrayList<>();
    /** Where the last segment ends otherwise than with a whole record; null when it does not. */
    private String torn;

    Recovery(FileLog.Options options, Path directory, LogHead known) {
        this.disk = options.disk();
        this.blockBytes = options.blockBytes();
        this.directory = directory;
        this.known = known;
    }

    /**
     * What is found.
     *
     * @param catalog the segments
     * @param head where the log ends
     */
    record Found(Catalog catalog, LogHead head) {}

    /** @throws LogException of kind {@code UNUSABLE}: names the file, the place, what is lost, and the ways on */
    Found run() throws IOException {
        List<Path> files = disk.list(directory).stream()
                .filter(Segment::isName)
                .sorted()
                .map(directory::resolve)
                .toList();
        List<SegmentHeader> headers = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            headers.add(
                    header(files.get(i), i + 1 < files.size() ? Segment.firstOf(files.get(i + 1)) - 1 : known.entry()));
        }
        for (int i = 0; i < files.size(); i++) {
            SegmentHeader next = i + 1 < files.size() ? headers.get(i + 1) : null;
            follows(files.get(i), headers.get(i));
            segments.add(read(files.get(i), headers.get(i), next));
        }
        return found();
    }

    /** @param last the last entry that it must have, for the message */
    private SegmentHeader header(Path path, long last) throws IOException {
        try (LogFile file = disk.open(path)) {
            SegmentHeader header = SegmentHeader.read(file);
            long named = Segment.firstOf(path);
            if (header == null) {
                throw LogDamage.at(path, 0, "it does not begin like a segment of a log", named, last);
            }
            if (header.version() != SegmentHeader.VERSION) {
                throw new LogException(
                        LogException.Kind.UNUSABLE,
                        path + " has version " + header.version() + " of the log's format, and this program knows "
                                + SegmentHeader.VERSION + ". Start the newer version of the program that wrote it");
            }
            if (header.first() != named) {
                throw LogDamage.at(
                        path,
                        0,
                        "by its own words it begins with entry " + header.first()
                                + ": it was renamed or put in another's place",
                        named,
                        last);
            }
            return header;
        }
    }

    /** A segment must go on where the one before ends. */
    private void follows(Path path, SegmentHeader header) {
        long last = segments.isEmpty() ? 0 : last().last();
        byte[] hash = segments.isEmpty() ? LogChain.start() : last().hash();
        if (header.first() != last + 1) {
            throw LogDamage.at(
                    path,
                    0,
                    "it begins with entry " + header.first() + ", and what is before it ends with entry " + last
                            + ": a file is missing, or another is cut",
                    last + 1,
                    header.first() - 1);
        }
        if (!Arrays.equals(header.before(), hash)) {
            throw LogDamage.at(
                    path, 0, "the hash that it follows is not that of entry " + last + ": one is another log's", 1, 0);
        }
    }

    private Segment last() {
        return segments.get(segments.size() - 1);
    }

    private Segment read(Path path, SegmentHeader header, SegmentHeader next) throws IOException {
        try (LogFile file = disk.open(path)) {
            if (!header.packed()) {
                return scan(file, path, header, next == null ? Long.MAX_VALUE : next.first() - 1);
            }
            Segment segment = PackedFooter.segment(file, path, header, next == null ? known.entry() : next.first() - 1);
            try (SegmentReader reader = SegmentReader.open(disk, segment)) {
                reader.check();
            }
            return segment;
        }
    }

    /** @param upTo the last entry that counts: what is behind it was not acknowledged */
    private Segment scan(LogFile file, Path path, SegmentHeader header, long upTo) throws IOException {
        Segment segment = Segment.empty(path, header, blockBytes);
        long size = file.size();
        while (segment.last() < upTo && segment.end() < size) {
            ByteBuffer bytes = RecordScan.at(file, segment.end(), size);
            LogRecord next = bytes == null ? null : RecordCodec.decode(bytes);
            String why = next == null ? "there is no whole record" : fault(segment.last(), segment.hash(), next, upTo);
            if (why != null) {
                long found = next != null ? next.first() : RecordScan.search(file, segment.end() + 1);
                if (found == 0 && upTo == Long.MAX_VALUE) {
                    torn = why;
                    return segment;
                }
                long to = found > 0 ? found - 1 : upTo;
                throw LogDamage.at(path, segment.end(), why, segment.last() + 1, to);
            }
            segment.index().record(next.entries(), next.first(), segment.end());
            segment = segment.grown(next.last(), next.hash(), segment.end() + bytes.position());
        }
        return segment;
    }

    /** What is wrong with a whole record; null when nothing is. */
    static String fault(long last, byte[] before, LogRecord record, long upTo) {
        if (record.first() != last + 1) {
            return "the record there begins with entry " + record.first() + " and not " + (last + 1);
        }
        if (record.last() > upTo) {
            return "the record there goes on to entry " + record.last() + ", and the next segment begins before";
        }
        List<byte[]> digests = record.entries().stream().map(LogEntry::digest).toList();
        byte[] hash = LogChain.next(before, record.first(), record.last(), record.received(), digests);
        return record.isStub() || Arrays.equals(hash, record.hash())
                ? null
                : "the hash of the record there does not follow from what is before it";
    }

    private Found found() throws IOException {
        Segment last = segments.isEmpty() ? null : last();
        boolean open = last != null && !last.isPacked();
        int epoch = 1;
        for (Segment segment : segments) {
            epoch = segment.isEmpty() ? epoch : segment.header().epoch();
        }
        LogHead head =
                last == null ? new LogHead(1, 0, LogChain.start()) : new LogHead(epoch, last.last(), last.hash());
        if (known.entry() > head.entry()) {
            throw LogDamage.at(
                    last == null ? directory : last.file(),
                    last == null ? 0 : last.end(),
                    (torn == null ? "it ends there" : torn) + ", and " + directory.resolve(HeadMark.NAME)
                            + " says that the log reaches entry " + known.entry(),
                    head.entry() + 1,
                    known.entry());
        }
        if (open) {
            settle(last);
            segments.remove(last);
        }
        // A file that got its name just before a kill has it in memory only: what is appended to it now would go with
        // it.
        disk.sync(directory);
        // An empty one that was to begin an epoch is made again.
        boolean goesOn = open && (last.header().epoch() == epoch || !last.isEmpty());
        return new Found(new Catalog(segments, goesOn ? last : null), head);
    }

    /**
     * Cuts what a loss of power left, and writes what is whole once more: if a sync of it had failed, what was read may
     * be in memory only.
     */
    private void settle(Segment segment) throws IOException {
        try (LogFile file = disk.edit(segment.file())) {
            if (file.size() > segment.end()) {
                file.truncate(segment.end());
            }
            ByteBuffer window = ByteBuffer.allocate(1 << 20);
            for (long at = SegmentHeader.BYTES; at < segment.end(); at += window.limit()) {
                window.clear().limit((int) Math.min(window.capacity(), segment.end() - at));
                int length = file.read(window, at).remaining();
                file.write(window, at);
                window.limit(length);
            }
            file.force();
        }
    }
}
