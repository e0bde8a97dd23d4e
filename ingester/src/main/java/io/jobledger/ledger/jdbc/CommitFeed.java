package io.jobledger.ledger.jdbc;

import io.jobledger.ledger.LedgerFeed;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The feed of a ledger: whoever works entries into the records says so. Thread-safe. */
final class CommitFeed implements LedgerFeed {
    private static final Logger LOG = LoggerFactory.getLogger(CommitFeed.class);

    private final AtomicLong committed = new AtomicLong();
    private final Set<LongConsumer> listeners = ConcurrentHashMap.newKeySet();

    /** Entries up to this one are in the records. */
    void committed(long entry) {
        if (entry <= committed.get()) {
            return;
        }
        committed.accumulateAndGet(entry, Math::max);
        for (LongConsumer listener : listeners) {
            try {
                listener.accept(entry);
            } catch (RuntimeException e) {
                // A view's trouble must not fail a batch that is on disk.
                LOG.warn("A live view failed: {}", e.toString());
            }
        }
    }

    @Override
    public long committed() {
        return committed.get();
    }

    @Override
    public Subscription subscribe(LongConsumer listener) {
        LongConsumer own = listener::accept;
        listeners.add(own);
        return () -> listeners.remove(own);
    }
}
