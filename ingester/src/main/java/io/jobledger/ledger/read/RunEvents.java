package io.jobledger.ledger.read;

import io.jobledger.ledger.query.Cursor;
import io.jobledger.ledger.query.Page;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.StoredEvent;
import io.jobledger.ledger.rows.Reader;
import io.jobledger.log.LogEntry;
import io.jobledger.log.SeqRanges;
import io.jobledger.model.RunId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * A run's events by their numbers, as far as they are projected. The log has them by their entries, which is the same
 * but for those that came late: so a page is looked for from where the one before ended, until all its numbers are
 * found. Thread-safe.
 */
final class RunEvents {
    private static final String ORDER = "events seq";

    private final Reader reader;
    private final LogReads log;
    private final LongSupplier projected;

    /** @param projected up to which entry the log is in the rows */
    RunEvents(Reader reader, LogReads log, LongSupplier projected) {
        this.reader = reader;
        this.log = log;
        this.projected = projected;
    }

    /** Entries between which all events of something are. */
    record Bounds(long first, long last) {}

    /**
     * Where the run's events are, also those of a save or an act that names it; empty when the log never heard of it.
     */
    Optional<Bounds> bounds(RunId id) {
        reader.settle();
        return log.ranges(id.value()).highest() == 0
                ? Optional.empty()
                : Optional.of(new Bounds(1, projected.getAsLong()));
    }

    /** The events after {@code afterSeq}, in the order of their numbers; at most {@code limit}. */
    List<StoredEvent> after(RunId id, long afterSeq, int limit) {
        return bounds(id)
                .map(bounds ->
                        new Found(id.value(), afterSeq, limit).look(bounds).items())
                .orElse(List.of());
    }

    Page<StoredEvent> page(RunId id, PageRequest page) {
        Cursor cursor = page.after() == null ? null : page.after().of(ORDER);
        long after = cursor == null ? 0 : number(cursor.tie());
        long from = cursor == null ? 0 : number(cursor.at());
        Bounds bounds = bounds(id).orElse(null);
        if (bounds == null) {
            return new Page<>(List.of(), null);
        }
        Found found =
                new Found(id.value(), after, page.limit()).look(new Bounds(Math.max(bounds.first, from), bounds.last));
        List<StoredEvent> items = found.items();
        return new Page<>(
                items,
                found.restFrom() == Long.MAX_VALUE
                        ? null
                        : new Cursor(
                                ORDER,
                                Long.toString(found.restFrom()),
                                Long.toString(items.get(items.size() - 1).seq())));
    }

    private static long number(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("must be the 'next' of an earlier answer, unchanged");
        }
    }

    /** The lowest numbers of a run after one, and where the others are. */
    private final class Found {
        private final UUID run;
        private final long after;
        private final int limit;
        private final TreeMap<Long, LogEntry> lowest = new TreeMap<>();
        /** First entry of an event that has a higher number than all of {@code lowest}. */
        private long higher = Long.MAX_VALUE;

        Found(UUID run, long after, int limit) {
            this.run = run;
            this.after = after;
            this.limit = limit;
        }

        Found look(Bounds bounds) {
            List<Long> numbers = numbers();
            if (numbers.isEmpty()) {
                return this;
            }
            long last = numbers.get(numbers.size() - 1);
            log.ofRun(run, bounds.first, bounds.last, entry -> {
                if (entry.seq() > after) {
                    add(entry);
                }
                return lowest.size() < numbers.size() || lowest.lastKey() > last;
            });
            return this;
        }

        private void add(LogEntry entry) {
            lowest.put(entry.seq(), entry);
            if (lowest.size() > limit + 1) {
                higher = Math.min(higher, lowest.pollLastEntry().getValue().entry());
            }
        }

        /** The numbers that the log has, or has had: those of the page, and the next. */
        private List<Long> numbers() {
            List<Long> numbers = new ArrayList<>();
            for (SeqRanges.Range range : log.ranges(run).ranges()) {
                for (long seq = Math.max(range.from(), after + 1);
                        seq <= range.to() && numbers.size() <= limit;
                        seq++) {
                    numbers.add(seq);
                }
            }
            return numbers;
        }

        List<StoredEvent> items() {
            return lowest.values().stream().limit(limit).map(LogReads::stored).toList();
        }

        /** No event with a higher number than the page's is before this entry. */
        long restFrom() {
            return lowest.size() <= limit
                    ? Long.MAX_VALUE
                    : Math.min(higher, lowest.lastEntry().getValue().entry());
        }
    }
}
