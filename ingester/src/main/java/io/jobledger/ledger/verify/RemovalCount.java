package io.jobledger.ledger.verify;

import io.jobledger.event.BatchDecoder;
import io.jobledger.ledger.Verifier.Fault;
import io.jobledger.log.LogFact;
import io.jobledger.model.RunId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/** Holds what is gone from the log against the facts that say what was removed. Not thread-safe. */
final class RemovalCount {
    /** Runs that are looked for by name; of more than so many only the numbers are compared. */
    private static final int MOST = 300_000;

    private final Map<UUID, Long> unexplained = new HashMap<>();
    private final Set<Long> replaced = new HashSet<>();
    private boolean byName = true;
    private boolean whole = true;
    private long removed;
    /** Entries that facts remove. */
    private long told;
    /** Those of them that are purged, sooner or later: whole weeks of events are dropped otherwise. */
    private long purged;
    /** Those of them that are said to be gone. */
    private long gone;

    long removed() {
        return removed;
    }

    /** Entries of which not even their runs are left. */
    void stub(long entries) {
        removed += entries;
    }

    void entry(UUID run) {
        removed++;
        if (byName) {
            unexplained.merge(run, 1L, Long::sum);
            byName = unexplained.size() < MOST;
        }
    }

    void fact(LogFact fact) {
        if (fact instanceof LogFact.RunsForgotten forgotten) {
            purged += forgotten(forgotten.runs());
        } else if (fact instanceof LogFact.EventsForgotten forgotten) {
            forgotten(forgotten.runs());
        } else if (fact instanceof LogFact.EventReplaced event && replaced.add(event.entry())) {
            told++;
            purged++;
            UUID run = BatchDecoder.again(event.body()).head().run().value();
            unexplained.computeIfPresent(run, (id, count) -> count == 1 ? null : count - 1);
        } else if (fact instanceof LogFact.EpochBegan) {
            // What was removed may be among what was lost.
            whole = false;
        } else if (fact instanceof LogFact.Purged) {
            gone = purged;
        }
    }

    private long forgotten(List<LogFact.Forgotten> runs) {
        long events = 0;
        for (LogFact.Forgotten run : runs) {
            events += run.events();
            unexplained.remove(run.run());
        }
        told += events;
        return events;
    }

    /** Tells what does not fit, at the end. */
    void faults(Consumer<Fault> out) {
        if (byName) {
            unexplained.forEach((run, count) -> out.accept(new Fault(
                    "removed",
                    new RunId(run),
                    null,
                    null,
                    count + " events of this run are gone, and no entry of the log says who removed them and why")));
        }
        if (removed > told) {
            out.accept(new Fault(
                    "removed",
                    null,
                    null,
                    null,
                    removed + " entries of the log are gone, and its facts account for " + told + " of them"));
        } else if (whole && removed < gone) {
            out.accept(new Fault(
                    "changed",
                    null,
                    null,
                    null,
                    "facts say that " + gone + " entries are gone from the log, and " + removed + " are"));
        }
    }
}
