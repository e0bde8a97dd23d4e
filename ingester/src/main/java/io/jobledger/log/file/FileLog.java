package io.jobledger.log.file;

import io.jobledger.log.EventLog;
import io.jobledger.log.LogChain;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogEntry.Kind;
import io.jobledger.log.LogException;
import io.jobledger.log.LogFact;
import io.jobledger.log.LogFiles;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogRecord;
import io.jobledger.log.SeqRanges;
import io.jobledger.log.file.LogDisk.LogFile;
import io.jobledger.model.Event;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.Predicate;

/** The log in files; the package page says how. */
public final class FileLog implements EventLog {
    private final SegmentStore store;
    private final LogReading reading;
    private final KnownRuns known;
    private final Rewriting rewriting;
    private final HeadMark mark;
    private final SegmentWriter writer;
    private final Closeable lock;
    private boolean closed;

    /**
     * How a log is kept.
     *
     * @param disk where
     * @param segmentBytes a segment that has so many is closed
     * @param minFree so many bytes are kept free on the disk
     * @param recentRuns of how many runs it knows the numbers without reading
     * @param compressor rewrites closed segments, one after the other; null for a thread of the log's own
     * @param blockBytes of records that are compressed at once, and read at once
     */
    public record Options(
            LogDisk disk, int segmentBytes, long minFree, int recentRuns, Executor compressor, int blockBytes) {
        /** The usual ones. */
        public static Options of(long minFree) {
            return new Options(new SystemDisk(), 16 << 20, minFree, 10_000, null, 128 << 10);
        }
    }

    private FileLog(Path directory, Options options, Closeable lock, HeadMark mark) throws IOException {
        this.lock = lock;
        this.mark = mark;
        Recovery.Found found = new Recovery(options, directory, mark.head()).run();
        store = new SegmentStore(options.disk(), directory, found.catalog(), found.head());
        reading = new LogReading(store);
        reading.require(mark.head(), directory.resolve(HeadMark.NAME).toString());
        known = new KnownRuns(options.recentRuns());
        rewriting = new Rewriting(store, options.compressor());
        writer = new SegmentWriter(store, options, mark, rewriting::compress);
        mark.note(found.head());
        rewriting.compress();
    }

    /**
     * Opens the log of a directory, or begins one there.
     *
     * @throws LogException of kind {@code UNUSABLE} when it is not whole: names the file, the place, what is lost, and
     *     the ways on; or when another process has it
     */
    public static FileLog open(Path directory, Options options) {
        LogDisk disk = options.disk();
        Closeable lock = null;
        HeadMark mark = null;
        try {
            lock = lock(disk, directory);
            for (String name : disk.list(directory)) {
                if (name.endsWith(Rewriter.SUFFIX)) {
                    disk.delete(directory.resolve(name));
                }
            }
            mark = HeadMark.open(disk, directory);
            return new FileLog(directory, options, lock, mark);
        } catch (IOException e) {
            release(mark, lock);
            throw LogDamage.failed("could not open the log", directory, e);
        } catch (RuntimeException e) {
            release(mark, lock);
            throw e;
        }
    }

    static Closeable lock(LogDisk disk, Path directory) throws IOException {
        disk.createDirectory(directory);
        Closeable lock = disk.lock(directory.resolve("lock"));
        if (lock == null) {
            throw new LogException(
                    LogException.Kind.UNUSABLE,
                    "the log " + directory + " is in use by another process: it holds " + directory.resolve("lock")
                            + ". Most likely it is another ingester: stop it, or give this one its own --data-dir");
        }
        return lock;
    }

    private static void release(Closeable... held) {
        for (Closeable one : held) {
            try {
                if (one != null) {
                    one.close();
                }
            } catch (IOException e) {
                // The process ends, or opens it again.
            }
        }
    }

    @Override
    public LogHead head() {
        return store.head();
    }

    @Override
    public synchronized Appended append(List<List<Event>> batches, Instant received) {
        requireOpen();
        Intake intake = new Intake(known, reading, head().entry());
        intake.take(batches);
        if (intake.entries().isEmpty()) {
            return new Appended(intake.stored(), List.of(), intake.changed(), head());
        }
        Instant kept = LogChain.instant(LogChain.micros(received));
        LogHead head = writer.append(kept, intake.entries(), head().epoch());
        List<Logged> fresh = new ArrayList<>();
        for (int i = 0; i < intake.fresh().size(); i++) {
            LogEntry entry = intake.entries().get(i);
            known.add(entry.run(), entry.seq());
            fresh.add(new Logged(entry.entry(), kept, intake.fresh().get(i)));
        }
        return new Appended(intake.stored(), fresh, intake.changed(), head);
    }

    @Override
    public synchronized LogHead append(Instant received, List<LogFact> facts) {
        requireOpen();
        if (facts.isEmpty()) {
            return head();
        }
        int epoch = head().epoch();
        List<LogEntry> entries = new ArrayList<>();
        for (LogFact fact : facts) {
            String body = fact.json();
            long number = head().entry() + entries.size() + 1;
            byte[] digest = LogChain.digest(Kind.FACT, LogEntry.NO_RUN, 0, body);
            entries.add(new LogEntry(number, Kind.FACT, LogEntry.NO_RUN, 0, body, digest));
            epoch = fact instanceof LogFact.EpochBegan began ? began.epoch() : epoch;
        }
        return writer.append(LogChain.instant(LogChain.micros(received)), entries, epoch);
    }

    private void requireOpen() {
        if (closed) {
            throw new LogException(LogException.Kind.FAILED, "the log is closed");
        }
    }

    @Override
    public void read(long from, Predicate<LogRecord> each) {
        reading.read(from, each);
    }

    @Override
    public void ofRun(UUID run, long from, long upTo, Predicate<LogEntry> each) {
        reading.ofRun(run, from, upTo, each);
    }

    @Override
    public SeqRanges ranges(UUID run) {
        SeqRanges recent = known.copy(run);
        return recent != null ? recent : reading.ranges(run);
    }

    /**
     * Refuses a log that lacks what somebody knows of it, or has something else.
     *
     * @param who knows it, for the message
     * @throws LogException of kind {@code UNUSABLE}
     */
    public void require(LogHead head, String who) {
        reading.require(head, who);
    }

    @Override
    public long purge(Purge purge) {
        synchronized (this) {
            requireOpen();
            Segment active = store.catalog().active();
            if (active != null && Rewriting.concerns(purge, active)) {
                writer.rotate();
            }
        }
        // Appends go on: what they bring is later than what is purged.
        return rewriting.purge(purge);
    }

    /** Its files, for who copies them while it grows. */
    public LogFiles files() {
        return new SegmentFiles(store, reading);
    }

    /** Takes a file of the log, as far as it counts. */
    public interface EachFile {
        void file(String name, InputStream bytes) throws IOException;
    }

    /**
     * Gives the files of the log, one after the other: together they are a log that ends at the head that is returned,
     * or somewhat later. Appends go on meanwhile.
     */
    public LogHead copy(EachFile each) throws IOException {
        Catalog catalog;
        LogHead head;
        synchronized (this) {
            requireOpen();
            catalog = store.catalog();
            head = store.head();
        }
        for (Segment segment : catalog.all()) {
            try (LogFile file = store.disk().open(segment.file())) {
                // It may have been rewritten since: then it has the same records, or was closed with some more.
                boolean packed = SegmentHeader.read(file).packed();
                each.file(
                        segment.file().getFileName().toString(),
                        new LogFileInput(file, packed ? file.size() : segment.end()));
            }
        }
        return head;
    }

    @Override
    public long bytes() {
        return store.catalog().bytes();
    }

    @Override
    public void check() {
        writer.requireRoom();
        Path probe = store.directory().resolve("probe");
        try (LogFile file = store.disk().edit(probe)) {
            file.write(ByteBuffer.allocate(1), 0);
            file.force();
        } catch (IOException e) {
            throw LogDamage.failed("could not write and sync", probe, e);
        }
        LogException failure = rewriting.failure();
        if (failure != null && failure.kind() == LogException.Kind.UNUSABLE) {
            throw failure;
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        rewriting.close();
        writer.close();
        try {
            mark.sync();
        } catch (IOException e) {
            throw LogDamage.failed(
                    "could not sync the log's file", store.directory().resolve(HeadMark.NAME), e);
        } finally {
            release(mark, lock);
        }
    }
}
