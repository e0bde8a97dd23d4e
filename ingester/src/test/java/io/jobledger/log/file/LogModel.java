package io.jobledger.log.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.Wire;
import io.jobledger.log.EventLog;
import io.jobledger.log.EventLog.Appended;
import io.jobledger.log.EventLog.Purge;
import io.jobledger.log.EventLogContract;
import io.jobledger.log.LogChain;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogEntry.Kind;
import io.jobledger.log.LogException;
import io.jobledger.log.LogFact;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogRecord;
import io.jobledger.log.SeqRanges;
import io.jobledger.model.Event;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What a log must have after what was done to it. It does something at random, and compares. What failed may be there
 * or not, once the log is opened anew.
 */
final class LogModel {
    private static final int RUNS = 6;

    private final Random random;
    /** The acknowledged entries. A removed one keeps its place. */
    private final Map<Long, Told> entries = new TreeMap<>();

    private final Set<String> failed = new HashSet<>();
    private final Set<Long> removing = new HashSet<>();
    private final Set<Long> removed = new HashSet<>();
    private LogHead head = new LogHead(1, 0, LogChain.start());
    private int failures;

    private record Told(Kind kind, UUID run, long seq, String body) {
        String identity() {
            return kind + " " + run + " " + seq + " " + body;
        }
    }

    LogModel(Random random) {
        this.random = random;
    }

    LogHead head() {
        return head;
    }

    int failures() {
        return failures;
    }

    private boolean has(UUID run, long seq) {
        return entries.values().stream()
                .anyMatch(told -> told.kind == Kind.EVENT && told.run.equals(run) && told.seq == seq);
    }

    private SeqRanges ranges(UUID run) {
        SeqRanges ranges = new SeqRanges();
        entries.values().stream()
                .filter(told -> told.kind == Kind.EVENT && told.run.equals(run))
                .forEach(told -> ranges.add(told.seq));
        return ranges;
    }

    /** Does something; what fails is noted. */
    void step(EventLog log) {
        try {
            switch (random.nextInt(12)) {
                case 0 -> fact(log, false);
                case 1 -> fact(log, random.nextInt(3) == 0);
                case 2 -> purge(log);
                default -> append(log);
            }
        } catch (LogException e) {
            assertThat(e.kind()).as(e.getMessage()).isNotEqualTo(LogException.Kind.UNUSABLE);
            failures++;
        }
    }

    private void append(EventLog log) {
        List<List<Event>> batches = new ArrayList<>();
        for (int batch = random.nextInt(3); batch >= 0; batch--) {
            List<Event> events = new ArrayList<>();
            for (int i = random.nextInt(5); i >= 0; i--) {
                int run = random.nextInt(RUNS);
                long seq = 1 + random.nextInt((int) ranges(id(run)).highest() + 3);
                String text = "x".repeat(random.nextInt(20) == 0 ? 700 : 5) + (random.nextInt(9) == 0 ? "other" : "");
                events.add(EventLogContract.event(run, seq, text));
            }
            batches.add(events);
        }
        List<Told> fresh = new ArrayList<>();
        Set<String> identities = new HashSet<>();
        List<Integer> stored = new ArrayList<>();
        for (List<Event> batch : batches) {
            int before = fresh.size();
            for (Event event : batch) {
                UUID run = event.head().run().value();
                if (!has(run, event.head().seq())
                        && identities.add(run + " " + event.head().seq())) {
                    fresh.add(new Told(
                            Kind.EVENT, run, event.head().seq(), event.head().body()));
                }
            }
            stored.add(fresh.size() - before);
        }
        fresh.forEach(told -> failed.add(told.identity()));
        Appended appended = log.append(batches, EventLogContract.NOW);
        assertThat(appended.stored()).isEqualTo(stored);
        assertThat(appended.head().entry()).isEqualTo(head.entry() + fresh.size());
        acknowledged(fresh, appended.head());
    }

    private static UUID id(int run) {
        return Wire.run(run).value();
    }

    private void acknowledged(List<Told> fresh, LogHead now) {
        for (Told told : fresh) {
            entries.put(head.entry() + 1 + fresh.indexOf(told), told);
            failed.remove(told.identity());
        }
        head = now;
    }

    private void fact(EventLog log, boolean epoch) {
        LogFact fact = epoch
                ? new LogFact.EpochBegan(head.epoch() + 1, "ops", "test", head.text())
                : new LogFact.JobKept(random.nextInt(), 1, "{}");
        Told told = new Told(Kind.FACT, LogEntry.NO_RUN, 0, fact.json());
        failed.add(told.identity());
        LogHead now = log.append(EventLogContract.NOW, List.of(fact));
        assertThat(now.epoch()).isEqualTo(head.epoch() + (epoch ? 1 : 0));
        acknowledged(List.of(told), now);
    }

    private void purge(EventLog log) {
        Set<UUID> runs = random.nextBoolean() ? Set.of(id(random.nextInt(RUNS))) : Set.of();
        Set<Long> single = random.nextBoolean() ? Set.of(1L + random.nextInt((int) head.entry() + 2)) : Set.of();
        Set<Long> gone = new HashSet<>();
        entries.forEach((entry, told) -> {
            if (runs.contains(told.run) || single.contains(entry)) {
                gone.add(entry);
            }
        });
        removing.addAll(gone);
        log.purge(new Purge(runs, Long.MAX_VALUE, single));
        removed.addAll(gone);
    }

    /** The log was opened anew: what failed may be in it. */
    void opened(FileLog log) {
        log.require(head, "the model");
        LogHead now = log.head();
        log.read(head.entry() + 1, record -> {
            for (LogEntry entry : record.entries()) {
                Told told = new Told(entry.kind(), entry.run(), entry.seq(), entry.body());
                assertThat(failed.contains(told.identity()))
                        .as("entry %s was appended by somebody", entry.entry())
                        .isTrue();
                entries.put(entry.entry(), told);
                failed.remove(told.identity());
            }
            return true;
        });
        assertThat(entries).hasSize((int) now.entry());
        head = now;
    }

    /** Compares all of it. */
    void verify(FileLog log) {
        assertThat(log.head()).isEqualTo(head);
        EventLogContract.requireChained(log);
        for (LogRecord record : EventLogContract.read(log, 1)) {
            for (long entry = record.first(); entry <= record.last(); entry++) {
                LogEntry found = record.isStub() ? null : record.entries().get((int) (entry - record.first()));
                boolean isGone = found == null || found.kind() == Kind.REMOVED;
                if (isGone && !removing.contains(entry) || !isGone && removed.contains(entry)) {
                    throw new AssertionError("entry " + entry + (isGone ? " is gone" : " is there"));
                }
                if (!isGone
                        && !new Told(found.kind(), found.run(), found.seq(), found.body()).equals(entries.get(entry))) {
                    throw new AssertionError("entry " + entry + " is another");
                }
            }
        }
        for (int run = 0; run < RUNS; run++) {
            UUID id = id(run);
            assertThat(log.ranges(id).ranges()).isEqualTo(ranges(id).ranges());
            List<Long> found = new ArrayList<>();
            log.ofRun(id, 1, Long.MAX_VALUE, entry -> found.add(entry.entry()));
            List<Long> must = new ArrayList<>();
            entries.forEach((entry, told) -> {
                if (told.kind == Kind.EVENT && told.run.equals(id) && !removing.contains(entry)) {
                    must.add(entry);
                }
            });
            assertThat(found).isSorted();
            assertThat(new HashSet<>(found).containsAll(must)).isTrue();
            found.retainAll(removed);
            assertThat(found).isEmpty();
        }
    }
}
