package io.jobledger.ledger.h2;

import java.util.concurrent.locks.ReentrantLock;

/**
 * Who may change the embedded ledger's store now: one transaction, or one snapshot of the store, at a time. H2 takes
 * its snapshots table by table and index by index while others write: one that is taken in the middle of a transaction
 * has it in some of them and not in others, and does not undo it after a kill. So H2 takes none by itself
 * ({@link H2Connections}), and the ledger takes them between transactions. Whoever takes a turn has no connection yet.
 * Fair: the writer of a busy ledger must not keep the outbox waiting for ever. Thread-safe.
 */
final class H2Turn {
    private final ReentrantLock lock = new ReentrantLock(true);

    /** What is done in a turn. */
    interface Work<T, X extends Exception> {
        T run() throws X;
    }

    /** Does the work alone, and returns what it returns. */
    <T, X extends Exception> T take(Work<T, X> work) throws X {
        lock.lock();
        try {
            return work.run();
        } finally {
            lock.unlock();
        }
    }
}
