package io.jobledger.log.file;

import io.jobledger.log.LogChain;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogException;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogRecord;
import io.jobledger.log.file.LogDisk.LogFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** Appends records to the active segment, and begins a new one when it must. One thread at a time. */
final class SegmentWriter {
    /** The numbers of an active segment's runs are in memory. */
    private static final int MOST_RUNS = 16_384;

    private static final long MIB = 1 << 20;

    private final SegmentStore store;
    private final FileLog.Options options;
    private final HeadMark mark;
    private final Runnable rotated;
    private final RecordCodec codec = new RecordCodec();
    /** Of the active segment; null when there is none. */
    private LogFile file;

    /** @param rotated what is to be done when a segment was closed */
    SegmentWriter(SegmentStore store, FileLog.Options options, HeadMark mark, Runnable rotated) throws IOException {
        this.store = store;
        this.options = options;
        this.mark = mark;
        this.rotated = rotated;
        Segment active = store.catalog().active();
        file = active == null ? null : store.disk().edit(active.file());
    }

    /** @throws LogException of kind {@code FULL} when the disk's reserve is touched */
    void requireRoom() {
        long left;
        try {
            left = store.disk().usable(store.directory());
        } catch (IOException e) {
            throw LogDamage.failed("the disk does not answer for", store.directory(), e);
        }
        if (left < options.minFree()) {
            throw new LogException(
                    LogException.Kind.FULL,
                    "the disk of the log " + store.directory() + " has " + left / MIB + " MiB left, less than the "
                            + options.minFree() / MIB + " MiB that are kept free (min-free). Nothing is stored until"
                            + " there is room; lookups go on");
        }
    }

    /**
     * Appends one record and syncs it.
     *
     * @param epoch of the head from then on
     */
    LogHead append(Instant received, List<LogEntry> entries, int epoch) {
        requireRoom();
        LogHead before = store.head();
        long last = before.entry() + entries.size();
        List<byte[]> digests = entries.stream().map(LogEntry::digest).toList();
        byte[] hash = LogChain.next(before.hash(), before.entry() + 1, last, received, digests);
        LogRecord record = new LogRecord(before.entry() + 1, last, received, entries, hash);
        Segment active = ready(epoch);
        long[] end = {active.end()};
        try {
            codec.encode(record, bytes -> {
                int length = bytes.remaining();
                file.write(bytes, end[0]);
                end[0] += length;
            });
            file.force();
        } catch (IOException | RuntimeException e) {
            // What the disk has of it nobody knows; what comes next must not follow it.
            close();
            store.change(Catalog::rotated);
            rotated.run();
            throw new LogException(
                    LogException.Kind.FAILED, "could not append to the log's file " + active.file() + ": " + e, e);
        }
        active.index().record(entries, record.first(), active.end());
        LogHead head = new LogHead(epoch, last, hash);
        store.grew(active.grown(last, hash, end[0]), head);
        mark.note(head);
        return head;
    }

    /** The segment that the next record goes to. */
    private Segment ready(int epoch) {
        Segment active = store.catalog().active();
        if (active != null
                && active.header().epoch() == epoch
                && active.end() < options.segmentBytes()
                && active.index().runs() < MOST_RUNS) {
            return active;
        }
        rotate();
        LogHead head = store.head();
        SegmentHeader header = SegmentHeader.of(false, epoch, head.entry() + 1, head.hash());
        Segment begun = Segment.empty(Segment.file(store.directory(), header.first()), header, options.blockBytes());
        try {
            begin(begun);
        } catch (IOException e) {
            close();
            throw LogDamage.failed("could not begin the log's file", begun.file(), e);
        }
        store.change(catalog -> catalog.withActive(begun));
        return begun;
    }

    /** It has its name once its header is synced: a header that cannot be read is always damage. */
    private void begin(Segment segment) throws IOException {
        LogDisk disk = store.disk();
        Path made = segment.file().resolveSibling(segment.file().getFileName() + Rewriter.SUFFIX);
        disk.delete(made);
        file = disk.edit(made);
        file.write(segment.header().bytes(), 0);
        file.force();
        disk.rename(made, segment.file());
        disk.sync(store.directory());
    }

    /** Closes the active segment, if there is one. */
    void rotate() {
        if (store.catalog().active() == null) {
            return;
        }
        close();
        store.change(Catalog::rotated);
        try {
            mark.sync();
        } catch (IOException e) {
            throw LogDamage.failed(
                    "could not sync the log's file", store.directory().resolve(HeadMark.NAME), e);
        }
        rotated.run();
    }

    void close() {
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                // What counts was synced.
            }
            file = null;
        }
    }
}
