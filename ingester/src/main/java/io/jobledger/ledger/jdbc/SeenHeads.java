package io.jobledger.ledger.jdbc;

import io.jobledger.ledger.Heads;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.log.EventLog;
import io.jobledger.log.LogException;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogRecord;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@link Heads} of a log. It remembers those of late, so that most need not be looked up. */
final class SeenHeads implements Heads {
    private static final Logger LOG = LoggerFactory.getLogger(SeenHeads.class);
    private static final int REMEMBERED = 1 << 12;

    private final EventLog log;
    private final AtomicReferenceArray<LogHead> recent = new AtomicReferenceArray<>(REMEMBERED);
    private final AtomicReference<String> behind = new AtomicReference<>();

    SeenHeads(EventLog log) {
        this.log = log;
    }

    private static int place(LogHead head) {
        return (int) head.entry() & (REMEMBERED - 1);
    }

    @Override
    public LogHead now() {
        LogHead now = log.head();
        recent.lazySet(place(now), now);
        return now;
    }

    @Override
    public boolean remembers(LogHead head) {
        // An earlier life of the ledger is over: whoever ended it knew that something might be missing.
        return head.equals(recent.get(place(head)))
                || head.entry() == 0
                || head.epoch() < log.head().epoch();
    }

    @Override
    public void require(LogHead told) {
        check();
        if (remembers(told)) {
            return;
        }
        String why = told.epoch() > log.head().epoch() ? ends(told) : lacks(told);
        if (why == null) {
            recent.lazySet(place(told), told);
        } else if (behind.compareAndSet(null, why)) {
            LOG.error("Nothing is stored any more: {}", why);
        }
        check();
    }

    /** What is missing, null when nothing is. */
    private String lacks(LogHead told) {
        LogRecord[] found = new LogRecord[1];
        try {
            log.read(told.entry(), record -> {
                found[0] = record;
                return false;
            });
        } catch (LogException e) {
            throw Failures.of("the log could not be read", e);
        }
        LogRecord record = found[0];
        if (record == null) {
            return ends(told);
        }
        if (record.last() != told.entry()) {
            // Where everything was removed the hashes in between are gone.
            return record.isStub() ? null : differs(told);
        }
        return Arrays.equals(record.hash(), told.hash()) ? null : differs(told);
    }

    private String ends(LogHead told) {
        LogHead now = log.head();
        return "the log ends at " + now.epoch() + "-" + now.entry() + ", and a recorder was told " + told.epoch() + "-"
                + told.entry() + ": the ledger was put back to an earlier state" + waysOn();
    }

    private String differs(LogHead told) {
        return "the log has another hash at " + told.epoch() + "-" + told.entry()
                + " than a recorder was told: the ledger was put back to an earlier state and went on, or is another"
                + waysOn();
    }

    private static String waysOn() {
        return ". Stop the ingester; then bring back the ledger as it was last, or restore its newest backup"
                + " ('jobledger restore'), or accept that the rest is lost ('jobledger accept-loss'); then start it"
                + " again. Recorders keep what they have";
    }

    /** @throws LedgerException when the log is known to lack something */
    void check() {
        String why = behind.get();
        if (why != null) {
            throw new LedgerException(LedgerException.Kind.BEHIND, why);
        }
    }
}
