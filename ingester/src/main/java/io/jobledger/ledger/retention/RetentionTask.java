package io.jobledger.ledger.retention;

import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Retention;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what the settings do not keep, from time to time. {@link #start} and {@link #close} may be called from any
 * thread.
 */
public final class RetentionTask implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RetentionTask.class);
    /** A round is cut into pieces so that closing does not wait long. */
    private static final Duration PIECE = Duration.ofSeconds(2);

    private final Retention retention;
    private final Retention.Policy policy;
    private final Duration interval;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "retention");
    private boolean failing;

    /** @param interval time between two rounds */
    public RetentionTask(Retention retention, Retention.Policy policy, Duration interval) {
        this.retention = retention;
        this.policy = policy;
        this.interval = interval;
        thread.setDaemon(true);
    }

    /** Begins the first round at once. */
    public void start() {
        thread.start();
    }

    private void run() {
        try {
            do {
                round();
            } while (!closing.await(interval.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void round() {
        try {
            retention.sweep();
            Retention.Removed removed;
            do {
                removed = retention.prune(policy, new Retention.Order("retention", policy.toString()), false, PIECE);
                if (removed.runs() > 0) {
                    LOG.info(
                            "Retention removed {} runs and saves of {} to {} with {} events and the jobs {}",
                            removed.runs(),
                            removed.oldest(),
                            removed.newest(),
                            removed.events(),
                            removed.jobs());
                }
                // A round that ran out of time without finding anything would only do the same again.
            } while (!removed.complete() && removed.runs() > 0 && closing.getCount() > 0);
            failing = false;
        } catch (LedgerException e) {
            // History that stays longer does no harm; the next round tries again.
            if (!failing && closing.getCount() > 0) {
                LOG.warn(
                        "Retention could not remove anything and tries again in {} s: {}",
                        interval.toSeconds(),
                        e.getMessage());
            }
            failing = true;
        }
    }

    @Override
    public void close() {
        closing.countDown();
        try {
            thread.join(PIECE.plusSeconds(1).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
