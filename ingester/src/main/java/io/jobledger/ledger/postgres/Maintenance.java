package io.jobledger.ledger.postgres;

import io.jobledger.ledger.rows.Failures;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does a small work again and again on a thread of its own. A failure is logged and the work tried again the next time.
 */
final class Maintenance implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Maintenance.class);

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread made = new Thread(task, "ledger-maintenance");
        made.setDaemon(true);
        return made;
    });

    /** What is done; it may block on the database. */
    interface Work {
        void run() throws SQLException;
    }

    Maintenance(Work work, Duration pause) {
        thread.scheduleWithFixedDelay(
                () -> {
                    try {
                        work.run();
                    } catch (RuntimeException | SQLException e) {
                        LOG.warn("The ledger's maintenance was put off: {}", Failures.text(e));
                    }
                },
                pause.toMillis(),
                pause.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        thread.shutdownNow();
        try {
            thread.awaitTermination(3, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
