package io.jobledger.log;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A set of numbers of a run, as ranges. Most often it is one: 1 to the highest. Not thread-safe. */
public final class SeqRanges {
    /** Numbers, both included. */
    public record Range(long from, long to) {}

    /** By first number; no two of them touch. */
    private final TreeMap<Long, Long> ranges = new TreeMap<>();

    public boolean contains(long seq) {
        Map.Entry<Long, Long> at = ranges.floorEntry(seq);
        return at != null && seq <= at.getValue();
    }

    /** Adds a number; returns whether it was not there. */
    public boolean add(long seq) {
        if (contains(seq)) {
            return false;
        }
        add(seq, seq);
        return true;
    }

    /** Adds all numbers of a range, both included. */
    public void add(long from, long to) {
        long start = from;
        long end = to;
        Map.Entry<Long, Long> before = ranges.floorEntry(from);
        if (before != null && before.getValue() >= from - 1) {
            start = before.getKey();
            end = Math.max(end, before.getValue());
        }
        for (Map.Entry<Long, Long> next = ranges.higherEntry(start);
                next != null && next.getKey() <= end + 1;
                next = ranges.higherEntry(start)) {
            end = Math.max(end, next.getValue());
            ranges.remove(next.getKey());
        }
        ranges.put(start, end);
    }

    public void addAll(SeqRanges other) {
        other.ranges.forEach(this::add);
    }

    /** The highest number, 0 when there is none. */
    public long highest() {
        return ranges.isEmpty() ? 0 : ranges.lastEntry().getValue();
    }

    /** How many numbers there are. */
    public long count() {
        return ranges.entrySet().stream()
                .mapToLong(range -> range.getValue() - range.getKey() + 1)
                .sum();
    }

    /** In their order; no two of them touch. */
    public List<Range> ranges() {
        List<Range> list = new ArrayList<>();
        ranges.forEach((from, to) -> list.add(new Range(from, to)));
        return list;
    }

    public SeqRanges copy() {
        SeqRanges copy = new SeqRanges();
        copy.addAll(this);
        return copy;
    }
}
