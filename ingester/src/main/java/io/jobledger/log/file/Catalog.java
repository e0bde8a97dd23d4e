package io.jobledger.log.file;

import java.util.ArrayList;
import java.util.List;

/**
 * The segments at a moment, in their order. Immutable.
 *
 * @param closed those that nothing is appended to any more
 * @param active the one that the next record goes to; null when that begins a new one
 */
record Catalog(List<Segment> closed, Segment active) {
    Catalog {
        closed = List.copyOf(closed);
    }

    Catalog withActive(Segment segment) {
        return new Catalog(closed, segment);
    }

    /** Nothing more goes to the active one. An empty one is forgotten: the next has its name. */
    Catalog rotated() {
        if (active == null || active.isEmpty()) {
            return new Catalog(closed, null);
        }
        List<Segment> more = new ArrayList<>(closed);
        more.add(active);
        return new Catalog(more, null);
    }

    /** A closed one was rewritten. */
    Catalog replaced(Segment segment) {
        List<Segment> changed = new ArrayList<>(closed);
        changed.replaceAll(old -> old.first() == segment.first() ? segment : old);
        return new Catalog(changed, active);
    }

    /** Those that have entries. */
    List<Segment> all() {
        List<Segment> all = new ArrayList<>(closed);
        if (active != null && !active.isEmpty()) {
            all.add(active);
        }
        return all;
    }

    /** The one that has an entry; there must be one. */
    Segment holding(long entry) {
        if (active != null && entry >= active.first()) {
            return active;
        }
        int low = 0;
        int high = closed.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (closed.get(middle).first() <= entry) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return closed.get(low);
    }

    long bytes() {
        return all().stream().mapToLong(Segment::end).sum();
    }
}
