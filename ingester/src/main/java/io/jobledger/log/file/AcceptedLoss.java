package io.jobledger.log.file;

import io.jobledger.log.LogChain;
import io.jobledger.log.LogException;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogRecord;
import io.jobledger.log.file.LogDisk.LogFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/**
 * Makes a damaged log one that can be opened: it keeps what is whole up to the damage, and puts the rest aside as
 * evidence. It reads everything, so it finds damage that opening does not look for. Each step leaves a log that is
 * still damaged, or the end; so it may be repeated. The caller then begins an epoch, and appends what it wants of what
 * was salvaged.
 */
public final class AcceptedLoss {
    private final LogDisk disk;
    private final Path directory;
    private final List<Path> files = new ArrayList<>();
    /** Those whose records are all there, and whose other parts are not. */
    private final List<Path> unreadable = new ArrayList<>();

    private LogHead head = new LogHead(1, 0, LogChain.start());
    /** The first file that lacks records, as its number; as many as there are when none does. */
    private int damaged;

    private long highest;
    private Path evidence;

    private enum State {
        WHOLE,
        /** It ends with what a loss of power left. */
        TORN,
        /** Its records are all there. */
        UNREADABLE,
        DAMAGED
    }

    private AcceptedLoss(LogDisk disk, Path directory) {
        this.disk = disk;
        this.directory = directory;
    }

    /**
     * Does it. When nothing is lost, it changes nothing.
     *
     * @throws LogException of kind {@code UNUSABLE} when a process has the log, of kind {@code FAILED} when the disk
     *     fails; then it is to be repeated
     */
    public static AcceptedLoss accept(Path directory, LogDisk disk) {
        try {
            Closeable lock = FileLog.lock(disk, directory);
            try {
                AcceptedLoss loss = new AcceptedLoss(disk, directory);
                loss.find();
                loss.putAside();
                return loss;
            } finally {
                lock.close();
            }
        } catch (IOException e) {
            throw LogDamage.failed("could not repair the log", directory, e);
        }
    }

    /** Where the log ends now. */
    public LogHead head() {
        return head;
    }

    /** The first entry that is lost; above {@link #to} when none is. */
    public long from() {
        return head.entry() + 1;
    }

    /** The last entry that is known to be lost. */
    public long to() {
        return highest;
    }

    /** Where the damaged files are now; null when there are none. */
    public Path evidence() {
        return evidence;
    }

    /**
     * Gives the whole records that were found behind the damage, in the order of the files, for as long as {@code each}
     * returns true. Their numbers and hashes are those of the log as it was.
     */
    public void salvaged(Predicate<LogRecord> each) {
        if (evidence == null) {
            return;
        }
        try {
            boolean[] more = {true};
            for (String name : disk.list(evidence).stream().sorted().toList()) {
                if (more[0] && Segment.isName(name.substring(0, Math.min(24, name.length())))) {
                    salvaged(evidence.resolve(name), bytes -> more[0] = each.test(RecordCodec.decode(bytes)));
                }
            }
        } catch (IOException e) {
            throw LogDamage.failed("could not read the damaged files in", evidence, e);
        }
    }

    private void salvaged(Path path, RecordScan.Each each) throws IOException {
        try (LogFile file = disk.open(path)) {
            RecordScan.all(file, 0, bytes -> RecordCodec.last(bytes) <= head.entry() || each.record(bytes));
        }
    }

    private void find() throws IOException {
        for (String name : disk.list(directory).stream().sorted().toList()) {
            if (Segment.isName(name)) {
                files.add(directory.resolve(name));
            }
        }
        State state = State.WHOLE;
        for (; damaged < files.size(); damaged++) {
            state = state(files.get(damaged));
            if (state == State.DAMAGED) {
                break;
            }
            if (state == State.UNREADABLE) {
                unreadable.add(files.get(damaged));
            }
        }
        long known = known();
        if (state == State.TORN && known > head.entry()) {
            damaged--;
        }
        List<Path> lost = new ArrayList<>(files.subList(damaged, files.size()));
        Path aside = directory.resolve("damaged-" + String.format("%019d", from()));
        disk.list(aside).forEach(name -> lost.add(aside.resolve(name)));
        highest = known;
        for (Path path : lost) {
            salvaged(path, bytes -> {
                highest = Math.max(highest, RecordCodec.last(bytes));
                return true;
            });
        }
        evidence = lost.isEmpty() && unreadable.isEmpty() ? null : aside;
    }

    private long known() throws IOException {
        if (!disk.list(directory).contains(HeadMark.NAME)) {
            return 0;
        }
        try (HeadMark mark = HeadMark.open(disk, directory)) {
            return mark.head().entry();
        } catch (LogException e) {
            // It is damaged, too, and tells nothing.
            return 0;
        }
    }

    /** Goes through the records of a file, as far as they follow what is before it. */
    private State state(Path path) throws IOException {
        try (LogFile file = disk.open(path)) {
            SegmentHeader header = SegmentHeader.read(file);
            if (header == null
                    || header.version() != SegmentHeader.VERSION
                    || header.first() != head.entry() + 1
                    || !path.equals(Segment.file(directory, header.first()))
                    || !Arrays.equals(header.before(), head.hash())) {
                return State.DAMAGED;
            }
            long follows = follows();
            long end = records(file, header, follows, null);
            boolean all = follows == Long.MAX_VALUE ? RecordScan.search(file, end) == 0 : head.entry() == follows;
            if (!header.packed()) {
                boolean torn = follows == Long.MAX_VALUE && end < file.size();
                return !all ? State.DAMAGED : torn ? State.TORN : State.WHOLE;
            }
            try {
                PackedFooter footer = PackedFooter.read(file, path, header, follows);
                footer.runs(file, path);
                return footer.last() == head.entry() ? State.WHOLE : State.DAMAGED;
            } catch (LogException e) {
                return all ? State.UNREADABLE : State.DAMAGED;
            }
        }
    }

    /** The last entry before the next file, as its name says. */
    private long follows() {
        return damaged + 1 < files.size() ? Segment.firstOf(files.get(damaged + 1)) - 1 : Long.MAX_VALUE;
    }

    /**
     * Goes through the records that follow each other; returns where they end.
     *
     * @param copy where they are written, not packed; null for nowhere
     */
    private long records(LogFile file, SegmentHeader header, long upTo, LogFile copy) throws IOException {
        long size = file.size();
        long at = SegmentHeader.BYTES;
        long copied = SegmentHeader.BYTES;
        while (at < size && head.entry() < upTo) {
            ByteBuffer records = header.packed() ? RecordScan.block(file, at, size) : RecordScan.at(file, at, size);
            if (records == null) {
                break;
            }
            while (records.hasRemaining()) {
                int start = records.position();
                LogRecord next = RecordCodec.whole(records) == 0 ? null : decode(records);
                if (next == null || Recovery.fault(head.entry(), head.hash(), next, upTo) != null) {
                    return at;
                }
                if (copy != null) {
                    int length = records.position() - start;
                    copy.write(records.slice(start, length), copied);
                    copied += length;
                }
                head = new LogHead(header.epoch(), next.last(), next.hash());
            }
            at += header.packed() ? RecordScan.blockLength(file, at) : records.limit();
        }
        return at;
    }

    private static LogRecord decode(ByteBuffer records) {
        try {
            return RecordCodec.decode(records);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private void putAside() throws IOException {
        if (evidence != null) {
            disk.createDirectory(evidence);
        }
        // From behind: what is left meanwhile is damaged as before.
        for (int i = files.size() - 1; i > damaged; i--) {
            disk.rename(files.get(i), aside(files.get(i)));
        }
        if (damaged < files.size()) {
            replace(files.get(damaged), head);
        }
        for (Path file : unreadable) {
            replace(file, null);
        }
        if (evidence != null) {
            disk.sync(evidence);
        }
        disk.sync(directory);
        HeadMark.make(disk, directory.resolve(HeadMark.NAME), head);
    }

    private Path aside(Path file) throws IOException {
        List<String> there = disk.list(evidence);
        String name = file.getFileName().toString();
        for (int i = 1; there.contains(name); i++) {
            name = file.getFileName() + "." + i;
        }
        return evidence.resolve(name);
    }

    /**
     * Puts what is whole of a file in its place.
     *
     * @param upTo where that ends; null when it is all there
     */
    private void replace(Path path, LogHead upTo) throws IOException {
        Path aside = aside(path);
        Path made = path.resolveSibling(path.getFileName() + Rewriter.SUFFIX);
        LogHead end = head;
        boolean any;
        try (LogFile file = disk.open(path);
                LogFile copy = disk.edit(aside);
                LogFile part = disk.edit(made)) {
            ByteBuffer window = ByteBuffer.allocate(1 << 20);
            for (long at = 0; at < file.size(); at += window.limit()) {
                copy.write(file.read(window.clear(), at).duplicate(), at);
            }
            copy.force();
            SegmentHeader header = SegmentHeader.read(file);
            any = header != null && (upTo == null || header.first() <= upTo.entry());
            if (any) {
                part.truncate(0);
                part.write(
                        SegmentHeader.of(false, header.epoch(), header.first(), header.before())
                                .bytes(),
                        0);
                head = new LogHead(header.epoch(), header.first() - 1, header.before());
                records(file, header, upTo == null ? Long.MAX_VALUE : upTo.entry(), part);
                part.force();
            }
        }
        head = end;
        disk.sync(evidence);
        if (any) {
            disk.rename(made, path);
        } else {
            disk.delete(made);
            disk.delete(path);
        }
    }
}
