package io.jobledger.ledger;

import java.util.function.LongConsumer;

/** Tells live views that there is something new, after it was committed. Thread-safe. */
public interface LedgerFeed {
    /** A listener's place; closing it twice does no harm. */
    interface Subscription extends AutoCloseable {
        @Override
        void close();
    }

    /** The highest entry of {@code events} that is committed; 0 while there is none. Does not block. */
    long committed();

    /**
     * Calls {@code listener} with the highest committed entry whenever it grew. Calls come on a thread of the ledger
     * and must return at once; several commits may be told in one call.
     */
    Subscription subscribe(LongConsumer listener);
}
