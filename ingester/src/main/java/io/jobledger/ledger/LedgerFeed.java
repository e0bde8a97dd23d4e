package io.jobledger.ledger;

import java.util.function.LongConsumer;

/** Tells live views that there is something new, after it is in the records. Thread-safe. */
public interface LedgerFeed {
    /** A listener's place; closing it twice does no harm. */
    interface Subscription extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * The highest entry of the log that is in the records, or has been: they may be computed again meanwhile. 0 while
     * there is none. Does not block.
     */
    long committed();

    /**
     * Calls {@code listener} with that entry whenever it grew. Calls come on a thread of the ledger and must return at
     * once; several commits may be told in one call.
     */
    Subscription subscribe(LongConsumer listener);
}
