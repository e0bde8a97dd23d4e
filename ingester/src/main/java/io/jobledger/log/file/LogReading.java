package io.jobledger.log.file;

import io.jobledger.log.LogEntry;
import io.jobledger.log.LogException;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogRecord;
import io.jobledger.log.SeqRanges;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;

/** Reads what is synced. Thread-safe. */
final class LogReading {
    private final SegmentStore store;

    LogReading(SegmentStore store) {
        this.store = store;
    }

    /** As {@link io.jobledger.log.EventLog#read}. */
    void read(long from, Predicate<LogRecord> each) {
        long upTo = store.head().entry();
        long[] next = {Math.max(1, from)};
        while (next[0] <= upTo) {
            Segment segment = store.catalog().holding(next[0]);
            long begin = next[0];
            try (SegmentReader reader = SegmentReader.open(store.disk(), segment)) {
                for (int block = reader.blocks().holding(begin);
                        block < reader.blocks().count();
                        block++) {
                    boolean more = reader.each(block, begin, record -> {
                        next[0] = record.last() + 1;
                        return record.first() <= upTo && each.test(record);
                    });
                    if (!more) {
                        return;
                    }
                }
            } catch (IOException e) {
                throw LogDamage.failed("could not read the log's file", segment.file(), e);
            }
            if (next[0] == begin) {
                throw LogDamage.at(segment.file(), segment.end(), "it has no entry " + begin, begin, segment.last());
            }
        }
    }

    /** As {@link io.jobledger.log.EventLog#ofRun}. */
    void ofRun(UUID run, long from, long upTo, Predicate<LogEntry> each) {
        long end = Math.min(upTo, store.head().entry());
        for (Segment segment : store.catalog().all()) {
            if (segment.first() <= end && segment.last() >= from && segment.mayHave(run)) {
                boolean more = visit(
                        segment,
                        run,
                        false,
                        entry -> entry.kind() != LogEntry.Kind.EVENT
                                || entry.entry() < from
                                || entry.entry() <= end && each.test(entry));
                if (!more) {
                    return;
                }
            }
        }
    }

    /**
     * Gives the entries of a run that a segment has, removed ones, too, for as long as {@code each} returns true;
     * returns whether it did.
     *
     * @param backwards whether the last blocks come first; within a block the order stays
     */
    private boolean visit(Segment segment, UUID run, boolean backwards, Predicate<LogEntry> each) {
        try (SegmentReader reader = SegmentReader.open(store.disk(), segment)) {
            int[] blocks = Arrays.stream(reader.blocks(run))
                    .filter(block -> block < reader.blocks().count())
                    .toArray();
            for (int i = 0; i < blocks.length; i++) {
                int block = blocks[backwards ? blocks.length - 1 - i : i];
                boolean more = reader.each(
                        block,
                        0,
                        record -> record.entries().stream()
                                .allMatch(entry -> !entry.run().equals(run) || each.test(entry)));
                if (!more) {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            throw LogDamage.failed("could not read the log's file", segment.file(), e);
        }
    }

    /** As {@link io.jobledger.log.EventLog#ranges}, from the segments. */
    SeqRanges ranges(UUID run) {
        SeqRanges all = new SeqRanges();
        for (Segment segment : store.catalog().all()) {
            if (segment.mayHave(run)) {
                all.addAll(ranges(segment, run));
            }
        }
        return all;
    }

    private SeqRanges ranges(Segment segment, UUID run) {
        if (!segment.isPacked()) {
            SeqRanges own = segment.index().ranges(run);
            return own == null ? new SeqRanges() : own;
        }
        try (SegmentReader reader = SegmentReader.open(store.disk(), segment)) {
            return reader.ranges(run);
        } catch (IOException e) {
            throw LogDamage.failed("could not read the log's file", segment.file(), e);
        }
    }

    /** Gives the entries of a run from late ones to early ones, roughly, for as long as {@code each} returns true. */
    void backwards(UUID run, Predicate<LogEntry> each) {
        List<Segment> all = store.catalog().all();
        for (int i = all.size() - 1; i >= 0; i--) {
            if (all.get(i).mayHave(run) && !visit(all.get(i), run, true, each)) {
                return;
            }
        }
    }

    /** @throws LogException of kind {@code UNUSABLE} when the log ends before a head, or has another hash there */
    void require(LogHead known, String who) {
        LogHead head = store.head();
        if (known.entry() == 0 && known.epoch() <= head.epoch()) {
            return;
        }
        if (known.entry() > head.entry() || known.epoch() > head.epoch()) {
            throw new LogException(
                    LogException.Kind.UNUSABLE,
                    "the log " + store.directory() + " ends with entry " + head.entry() + " of epoch " + head.epoch()
                            + ", and " + who + " knows entry " + known.entry() + " of epoch " + known.epoch()
                            + ": it was cut, or is an older copy."
                            + (known.entry() > head.entry()
                                    ? " Lost are the entries " + (head.entry() + 1) + " to " + known.entry() + "."
                                    : "")
                            + " Nothing was changed. " + LogDamage.WAYS);
        }
        read(known.entry(), record -> {
            boolean same =
                    record.last() == known.entry() ? Arrays.equals(record.hash(), known.hash()) : record.isStub();
            if (!same) {
                throw new LogException(
                        LogException.Kind.UNUSABLE,
                        "the log " + store.directory() + " has at entry " + known.entry() + " another history than "
                                + who + " knows: one of them is another ledger's, or was changed. Nothing was changed"
                                + " now. " + LogDamage.WAYS);
            }
            return false;
        });
    }
}
