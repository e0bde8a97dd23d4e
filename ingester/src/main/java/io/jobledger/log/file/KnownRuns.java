package io.jobledger.log.file;

import io.jobledger.log.SeqRanges;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/** The numbers of the runs that were appended to of late. Thread-safe. */
final class KnownRuns {
    private final Map<UUID, SeqRanges> runs;

    KnownRuns(int most) {
        runs = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<UUID, SeqRanges> eldest) {
                return size() > most;
            }
        };
    }

    /** A copy; null when the run is not among them. */
    synchronized SeqRanges copy(UUID run) {
        SeqRanges known = runs.get(run);
        return known == null ? null : known.copy();
    }

    /** Null when the run is not among them, so nobody can say. */
    synchronized Boolean contains(UUID run, long seq) {
        SeqRanges known = runs.get(run);
        return known == null ? null : known.contains(seq);
    }

    /** For the thread that appends: what it found out. */
    synchronized void put(UUID run, SeqRanges ranges) {
        runs.put(run, ranges);
    }

    /** It was appended. */
    synchronized void add(UUID run, long seq) {
        SeqRanges known = runs.get(run);
        if (known != null) {
            known.add(seq);
        }
    }
}
