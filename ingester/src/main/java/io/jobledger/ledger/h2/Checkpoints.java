package io.jobledger.ledger.h2;

import io.jobledger.ledger.rows.Failures;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the database's file up to date, so that the journal can be dropped: on a thread of its own, while the writer
 * goes on into a new segment. Called by the writer's thread alone.
 */
final class Checkpoints implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);
    /** With so much more the writer waits for the checkpoint that goes on. */
    private static final int PATIENCE = 4;
    /** After one that failed. */
    private static final Duration PAUSE = Duration.ofSeconds(5);

    private final Journal journal;
    private final Sync sync;
    private final Rhythm rhythm;
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(work -> new Thread(work, "ledger-checkpoint"));
    private Future<?> running;
    private long failed;
    private boolean pausing;

    /** Writes and syncs everything that is committed. */
    interface Sync {
        void run() throws Exception;
    }

    /**
     * When one is due.
     *
     * @param bytes of the journal
     * @param age of the first that is in it
     */
    record Rhythm(long bytes, Duration age) {
        /** So much is stored again in about a second after a kill. */
        static final Rhythm USUAL = new Rhythm(4 << 20, Duration.ofSeconds(5));
    }

    Checkpoints(Journal journal, Sync sync, Rhythm rhythm) {
        this.journal = journal;
        this.sync = sync;
        this.rhythm = rhythm;
    }

    /**
     * Begins one when it is time. One that fails is told and tried again later; until then the journal has everything.
     */
    void ifDue() throws InterruptedException {
        boolean busy = running != null && !running.isDone();
        if (busy && journal.bytes() < PATIENCE * rhythm.bytes) {
            return;
        }
        await();
        pausing = pausing && System.nanoTime() - failed < PAUSE.toNanos();
        if (!pausing && (journal.bytes() >= rhythm.bytes || journal.age().compareTo(rhythm.age) >= 0)) {
            long last = journal.rotate();
            running = thread.submit(() -> {
                sync.run();
                journal.drop(last);
                return null;
            });
        }
    }

    private void await() throws InterruptedException {
        if (running != null) {
            try {
                running.get();
            } catch (ExecutionException e) {
                failed = System.nanoTime();
                pausing = true;
                LOG.warn(
                        "The ledger's file could not be brought up to date, its journal is kept: {}", Failures.text(e));
            }
            running = null;
        }
    }

    /** Does one now; when it returns, nothing that was stored before can be stored again. */
    void now() throws Exception {
        await();
        long last = journal.rotate();
        sync.run();
        journal.drop(last);
    }

    @Override
    public void close() {
        thread.shutdown();
        try {
            thread.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
