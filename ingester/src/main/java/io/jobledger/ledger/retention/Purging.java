package io.jobledger.ledger.retention;

import io.jobledger.log.EventLog;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogFact;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Takes out of the log what facts say is removed, in steps, and notes when that is done; what a crash left is taken up
 * again.
 */
final class Purging {
    /** Runs of one step: a step rewrites the segments that have them. */
    private static final int STEP = 5000;

    private final EventLog log;
    private final LedgerActs acts;
    private final Map<UUID, Long> runs = new LinkedHashMap<>();
    private final Set<Long> entries = new HashSet<>();
    private long latest;

    Purging(EventLog log, LedgerActs acts) {
        this.log = log;
        this.acts = acts;
    }

    /** Does what is open; done once. */
    void run() {
        long open = acts.act((handle, facts) -> handle.createQuery("SELECT first_open FROM removals")
                .mapTo(Long.class)
                .one());
        if (open == 0) {
            return;
        }
        log.read(open, record -> {
            record.entries().stream()
                    .filter(entry -> entry.kind() == LogEntry.Kind.FACT)
                    .forEach(this::gather);
            return true;
        });
        List<UUID> left = new ArrayList<>(runs.keySet());
        do {
            List<UUID> step = left.subList(0, Math.min(STEP, left.size()));
            log.purge(purge(step));
            step.clear();
            entries.clear();
        } while (!left.isEmpty());
        acts.act((handle, facts) -> facts.add(new LogFact.Purged(latest)));
    }

    private void gather(LogEntry entry) {
        LogFact fact = LogFact.parse(entry.body());
        if (fact instanceof LogFact.RunsForgotten forgotten) {
            forgotten.runs().forEach(run -> runs.put(run.run(), entry.entry()));
            latest = entry.entry();
        } else if (fact instanceof LogFact.EventReplaced replaced) {
            entries.add(replaced.entry());
            latest = entry.entry();
        }
    }

    /** What came of a run after it was forgotten stays. */
    private EventLog.Purge purge(List<UUID> step) {
        long upTo = log.head().entry();
        Set<UUID> whole = new HashSet<>();
        Set<Long> single = new HashSet<>(entries);
        for (UUID run : step) {
            long fact = runs.get(run);
            boolean[] later = new boolean[1];
            log.ofRun(run, fact, upTo, entry -> {
                later[0] = true;
                return false;
            });
            if (later[0]) {
                log.ofRun(run, 1, fact, entry -> single.add(entry.entry()));
            } else {
                whole.add(run);
            }
        }
        return new EventLog.Purge(whole, upTo, single);
    }
}
