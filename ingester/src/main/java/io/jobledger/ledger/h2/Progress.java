package io.jobledger.ledger.h2;

import io.jobledger.ledger.AsOf;
import io.jobledger.ledger.LedgerException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Up to which entry the log is projected, and a place to wait for it. Thread-safe. */
final class Progress {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition grew = lock.newCondition();
    private volatile AsOf asOf;

    /** @param start of which moment the rows speak at first */
    Progress(AsOf start) {
        this.asOf = start;
    }

    long applied() {
        return asOf.entry();
    }

    AsOf asOf() {
        return asOf;
    }

    /** Nothing that was acknowledged before {@code at} is missing. Called by the projector, as {@link #set}. */
    void upToDate(Instant at) {
        AsOf now = asOf;
        asOf = new AsOf(now.epoch(), now.entry(), at);
    }

    /** It is now so; it may go back, when the projections are computed again. */
    void set(AsOf now) {
        lock.lock();
        try {
            asOf = now;
            grew.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until an entry is projected.
     *
     * @throws LedgerException of kind {@code BUSY} when that takes longer than {@code patience}
     */
    void await(long entry, Duration patience) {
        if (!awaitIfSoon(entry, patience)) {
            throw behind(entry);
        }
    }

    /** Waits until an entry is projected, or {@code patience} is over; says whether it is. */
    boolean awaitIfSoon(long entry, Duration patience) {
        if (applied() >= entry) {
            return true;
        }
        lock.lock();
        try {
            long left = patience.toNanos();
            while (applied() < entry && left > 0) {
                left = grew.awaitNanos(left);
            }
            return applied() >= entry;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    private LedgerException behind(long entry) {
        return new LedgerException(
                LedgerException.Kind.BUSY,
                "what was acknowledged is still being worked into the records (entry " + applied() + " of " + entry
                        + "); ask again in a moment");
    }
}
