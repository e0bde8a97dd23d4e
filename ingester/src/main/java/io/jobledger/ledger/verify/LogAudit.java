package io.jobledger.ledger.verify;

import io.jobledger.ledger.Verifier.Epoch;
import io.jobledger.ledger.Verifier.Fault;
import io.jobledger.ledger.Verifier.Listener;
import io.jobledger.ledger.Verifier.Removal;
import io.jobledger.ledger.Verifier.Then;
import io.jobledger.ledger.Verifier.Verdict;
import io.jobledger.log.EventLog;
import io.jobledger.log.LogChain;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogException;
import io.jobledger.log.LogFact;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogRecord;
import io.jobledger.model.RunId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** One reading of the log, from its first entry to its head. Not thread-safe. */
final class LogAudit {
    private static final long REPORT = 20_000;

    private final EventLog log;
    private final LogHead upTo;
    private final Long asOf;
    private final Listener listener;
    private final RemovalCount removals = new RemovalCount();
    private LogHead at = new LogHead(1, 0, LogChain.start());
    /** Whether the hash before the next record is known: not behind damage. */
    private boolean linked = true;

    private Then then;
    private long records;
    private long events;
    private long facts;
    private long faults;
    private long reported;

    LogAudit(EventLog log, Long asOf, Listener listener) {
        this.log = log;
        this.upTo = log.head();
        this.asOf = asOf;
        this.listener = listener;
    }

    /** Reads; done once. */
    Verdict run() {
        while (at.entry() < upTo.entry()) {
            try {
                log.read(at.entry() + 1, this::record);
                if (at.entry() < upTo.entry()) {
                    throw new LogException(
                            LogException.Kind.UNUSABLE,
                            "the log ends there, and should end with entry " + upTo.entry());
                }
            } catch (LogException e) {
                damaged(e.getMessage());
            }
        }
        if (linked && !upTo.equals(at)) {
            fault("changed", null, at.entry(), "the log's head is " + upTo + ", and its records lead to " + at);
        }
        removals.faults(this::fault);
        if (asOf != null && then == null) {
            then = asOf == 0 ? new Then(new LogHead(1, 0, LogChain.start()), null) : new Then(at, null);
        }
        return new Verdict(records, events, facts, removals.removed(), -1, faults, upTo, then);
    }

    private boolean record(LogRecord record) {
        if (record.first() != at.entry() + 1) {
            fault(
                    "changed",
                    null,
                    at.entry() + 1,
                    "entry " + (at.entry() + 1) + " should follow, and there is " + RecordNames.text(record));
        }
        records++;
        if (record.isStub()) {
            removals.stub(record.last() - record.first() + 1);
        } else if (!entries(record) && linked) {
            Set<RunId> runs = RecordNames.runs(record);
            fault(
                    "changed",
                    runs.size() == 1 ? runs.iterator().next() : null,
                    record.first(),
                    RecordNames.text(record)
                            + ": what is stored does not have the hash that was stored with it, or an entry before it"
                            + " was removed or inserted");
        }
        at = new LogHead(at.epoch(), record.last(), record.hash());
        linked = true;
        if (asOf != null && asOf >= record.first() && asOf <= record.last()) {
            then = record.isStub() && asOf != record.last()
                    ? new Then(null, "entry " + asOf + " and those beside it were removed on purpose since")
                    : new Then(at, null);
        }
        if (at.entry() - reported >= REPORT) {
            reported = at.entry();
            listener.progress(reported, upTo.entry());
        }
        return at.entry() < upTo.entry();
    }

    /** Whether the entries have the record's hash. */
    private boolean entries(LogRecord record) {
        List<byte[]> digests = new ArrayList<>();
        for (LogEntry entry : record.entries()) {
            if (entry.kind() == LogEntry.Kind.REMOVED) {
                if (entry.seq() > 0) {
                    removals.entry(entry.run());
                } else {
                    // Only its digest is left.
                    removals.stub(1);
                }
                digests.add(entry.digest());
                continue;
            }
            digests.add(LogChain.digest(entry.kind(), entry.run(), entry.seq(), entry.body()));
            if (entry.kind() == LogEntry.Kind.FACT) {
                facts++;
                fact(record, entry);
            } else {
                events++;
            }
        }
        return Arrays.equals(
                LogChain.next(at.hash(), record.first(), record.last(), record.received(), digests), record.hash());
    }

    private void fact(LogRecord record, LogEntry entry) {
        LogFact fact;
        try {
            fact = LogFact.parse(entry.body());
            removals.fact(fact);
        } catch (IllegalArgumentException e) {
            fault("changed", null, entry.entry(), "entry " + entry.entry() + " is no fact: " + e.getMessage());
            return;
        }
        if (fact instanceof LogFact.EpochBegan began) {
            if (began.epoch() != at.epoch() + 1) {
                fault(
                        "changed",
                        null,
                        entry.entry(),
                        "epoch " + began.epoch() + " begins, and epoch " + at.epoch() + " is before it");
            }
            at = new LogHead(began.epoch(), at.entry(), at.hash());
            listener.epoch(new Epoch(
                    entry.entry(), record.received(), began.epoch(), began.by(), began.reason(), began.before()));
        } else if (fact instanceof LogFact.RunsForgotten forgotten) {
            removed(record, entry, forgotten.by(), forgotten.reason(), forgotten.runs());
        } else if (fact instanceof LogFact.EventsForgotten forgotten) {
            removed(record, entry, forgotten.by(), forgotten.reason(), forgotten.runs());
        } else if (fact instanceof LogFact.EventReplaced replaced) {
            var head = io.jobledger.event.BatchDecoder.again(replaced.body()).head();
            listener.removal(new Removal(
                    entry.entry(), record.received(), replaced.by(), replaced.reason(), head.run(), head.seq(), 1, 0));
        }
    }

    private void removed(LogRecord record, LogEntry fact, String by, String reason, List<LogFact.Forgotten> runs) {
        runs.forEach(run -> listener.removal(new Removal(
                fact.entry(), record.received(), by, reason, new RunId(run.run()), null, run.events(), run.jobs())));
    }

    /** Says so, and goes on with the next record that can be read. */
    private void damaged(String why) {
        long bad = at.entry() + 1;
        long good = bad + 1;
        while (good <= upTo.entry() && recordAt(good) == 0) {
            bad = good;
            good += good - at.entry();
        }
        good = Math.min(good, upTo.entry() + 1);
        while (good - bad > 1) {
            long middle = (good + bad) >>> 1;
            if (recordAt(middle) == 0) {
                bad = middle;
            } else {
                good = middle;
            }
        }
        long next = good > upTo.entry() ? good : Math.max(at.entry() + 2, recordAt(good));
        fault(
                "damaged",
                null,
                at.entry() + 1,
                "the entries " + (at.entry() + 1) + " to " + (next - 1) + " cannot be read: " + why);
        at = new LogHead(at.epoch(), next - 1, at.hash());
        linked = false;
    }

    /** The first entry of the record that holds an entry; 0 when it cannot be read. */
    private long recordAt(long entry) {
        long[] found = new long[1];
        try {
            log.read(entry, record -> {
                found[0] = record.first();
                return false;
            });
        } catch (LogException e) {
            return 0;
        }
        return found[0];
    }

    private void fault(String what, RunId run, Long entry, String detail) {
        fault(new Fault(what, run, null, entry, detail));
    }

    private void fault(Fault fault) {
        faults++;
        listener.fault(fault);
    }
}
