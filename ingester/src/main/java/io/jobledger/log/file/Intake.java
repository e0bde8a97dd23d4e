package io.jobledger.log.file;

import io.jobledger.log.EventLog.Repeat;
import io.jobledger.log.LogChain;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogEntry.Kind;
import io.jobledger.log.SeqRanges;
import io.jobledger.model.Event;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Tells what is new of some batches. One use. */
final class Intake {
    private final KnownRuns known;
    private final LogReading reading;
    private final long before;

    private final List<Integer> stored = new ArrayList<>();
    private final List<Event> fresh = new ArrayList<>();
    private final List<LogEntry> entries = new ArrayList<>();
    private final Set<Repeat> changed = new LinkedHashSet<>();
    /** The new ones by identity. */
    private final Map<Repeat, LogEntry> taken = new HashMap<>();
    /** Digests of events that the log has, by run and number: they are compared with what it has. */
    private final Map<UUID, Map<Long, byte[]>> again = new LinkedHashMap<>();

    /** @param before number of the last entry of the log */
    Intake(KnownRuns known, LogReading reading, long before) {
        this.known = known;
        this.reading = reading;
        this.before = before;
    }

    void take(List<List<Event>> batches) {
        for (List<Event> batch : batches) {
            int count = entries.size();
            batch.forEach(this::take);
            stored.add(entries.size() - count);
        }
        again.forEach(this::compare);
    }

    private void take(Event event) {
        UUID run = event.head().run().value();
        long seq = event.head().seq();
        String body = event.head().body();
        byte[] digest = LogChain.digest(Kind.EVENT, run, seq, body);
        if (has(run, seq)) {
            byte[] other = again.computeIfAbsent(run, of -> new HashMap<>()).putIfAbsent(seq, digest);
            if (other != null && !Arrays.equals(other, digest)) {
                changed(run, seq);
            }
            return;
        }
        LogEntry entry = new LogEntry(before + entries.size() + 1, Kind.EVENT, run, seq, body, digest);
        LogEntry same = taken.putIfAbsent(new Repeat(run, seq), entry);
        if (same == null) {
            entries.add(entry);
            fresh.add(event);
        } else if (!Arrays.equals(same.digest(), digest)) {
            changed(run, seq);
        }
    }

    private boolean has(UUID run, long seq) {
        Boolean has = known.contains(run, seq);
        if (has != null) {
            return has;
        }
        SeqRanges ranges = reading.ranges(run);
        known.put(run, ranges);
        return ranges.contains(seq);
    }

    private void compare(UUID run, Map<Long, byte[]> digests) {
        Map<Long, byte[]> left = new HashMap<>(digests);
        reading.backwards(run, entry -> {
            byte[] digest = left.remove(entry.seq());
            if (digest != null && !Arrays.equals(digest, entry.digest())) {
                changed(run, entry.seq());
            }
            return !left.isEmpty();
        });
    }

    private void changed(UUID run, long seq) {
        changed.add(new Repeat(run, seq));
    }

    List<Integer> stored() {
        return stored;
    }

    /** The new events, in the order of {@link #entries}. */
    List<Event> fresh() {
        return fresh;
    }

    List<LogEntry> entries() {
        return entries;
    }

    List<Repeat> changed() {
        return List.copyOf(changed);
    }
}
