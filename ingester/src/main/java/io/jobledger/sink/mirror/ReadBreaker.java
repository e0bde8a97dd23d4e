package io.jobledger.sink.mirror;

import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Keeps lookups from waiting, one after the other, for a service that does not answer: after a failure that took long,
 * reads are refused at once, but for one that tries again now and then. Without it, an outage would hold every thread
 * that serves lookups, those of the ledger's own records too. A failure that comes quickly holds nobody up and changes
 * nothing. Thread-safe.
 */
public final class ReadBreaker {
    private final Duration slow;
    private final Duration pause;
    private final LongSupplier nanoTime;
    private MirrorException failure;
    private long retryAt;

    /**
     * @param slow from how long a call's failure counts
     * @param pause how long reads are refused after a failure
     * @param nanoTime as {@link System#nanoTime}
     */
    public ReadBreaker(Duration slow, Duration pause, LongSupplier nanoTime) {
        this.slow = slow;
        this.pause = pause;
        this.nanoTime = nanoTime;
    }

    /** Reads, or throws the failure of a moment ago. */
    public <T> T read(Supplier<T> read) {
        admit();
        return watch(read);
    }

    /** Does what must be tried in any case, and learns from how it ends. */
    public <T> T watch(Supplier<T> call) {
        long began = nanoTime.getAsLong();
        try {
            T result = call.get();
            passed();
            return result;
        } catch (MirrorException e) {
            if (e.isPassing() && nanoTime.getAsLong() - began >= slow.toNanos()) {
                failed(e);
            }
            throw e;
        }
    }

    private synchronized void admit() {
        if (failure == null) {
            return;
        }
        long left = retryAt - nanoTime.getAsLong();
        if (left > 0) {
            throw MirrorException.passing(
                    failure.getMessage() + " (not asked again for "
                            + Math.max(1, Duration.ofNanos(left).toSeconds()) + " s)",
                    failure);
        }
        // This caller tries; the others go on being refused until it knows.
        retryAt = nanoTime.getAsLong() + pause.toNanos();
    }

    private synchronized void passed() {
        failure = null;
    }

    private synchronized void failed(MirrorException e) {
        failure = e;
        retryAt = nanoTime.getAsLong() + pause.toNanos();
    }
}
