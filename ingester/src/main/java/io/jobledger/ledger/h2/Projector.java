package io.jobledger.ledger.h2;

import io.jobledger.ledger.AsOf;
import io.jobledger.ledger.h2.LogSteps.Group;
import io.jobledger.ledger.project.Changed;
import io.jobledger.ledger.rows.Damage;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.log.EventLog;
import io.jobledger.log.LogException;
import io.jobledger.log.LogHead;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the log and keeps the projections in step, on a thread of its own. What cannot be projected is set aside, and
 * the rest goes on. A file that fails is opened again; one that is damaged is computed again from the log.
 */
final class Projector implements AutoCloseable {
    static final Logger LOG = LoggerFactory.getLogger(Projector.class);
    private static final int GROUP = 4000;
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final long CHECKPOINT_NANOS = 1_000_000_000L;
    private static final long REPORT_NANOS = 10_000_000_000L;
    private static final int REPORTED_LAG = 50_000;

    private final EventLog log;
    private final Projections projections;
    private final H2Outbox outbox;
    private final List<Integer> mirrors;
    private final Tail tail;
    private final Progress progress;
    private final LongConsumer projected;
    private final Clock clock;
    private final Thread thread = new Thread(this::run, "ledger-projector");
    private final Object more = new Object();
    private volatile boolean closing;
    private volatile boolean again;
    private volatile String trouble;
    private boolean dirty;
    private boolean filled;
    private long checkpointed = System.nanoTime();
    private long reported = System.nanoTime();

    /** @param projected is told up to which entry the log is in the rows, whenever it changes */
    Projector(
            EventLog log,
            Projections projections,
            H2Outbox outbox,
            List<Integer> mirrors,
            Tail tail,
            Progress progress,
            LongConsumer projected,
            Clock clock) {
        this.log = log;
        this.projections = projections;
        this.outbox = outbox;
        this.mirrors = mirrors;
        this.tail = tail;
        this.progress = progress;
        this.projected = projected;
        this.clock = clock;
    }

    void start() {
        if (projections.applied().entry() == log.head().entry()) {
            fillOnce();
        }
        projected.accept(progress.applied());
        thread.start();
    }

    /** The log grew. */
    void appended() {
        synchronized (more) {
            more.notifyAll();
        }
    }

    /** Throws the rows away and computes them again: somebody met damage in them. */
    void computeAgain() {
        again = true;
        appended();
    }

    /** Why the projections do not grow at the moment; null while they do. */
    String trouble() {
        return trouble;
    }

    private void run() {
        while (!closing) {
            try {
                if (again) {
                    replace();
                }
                if (projections.applied().entry() < log.head().entry()) {
                    step();
                } else {
                    idle();
                }
                trouble = null;
            } catch (Throwable e) {
                failed(e);
            }
        }
    }

    /** Whatever happened, the thread must live: without it nothing acknowledged would ever be shown. */
    private void failed(Throwable e) {
        String text = Failures.text(e);
        if (trouble == null) {
            LOG.error("The projections do not follow the log at the moment: {}", text, e);
        }
        trouble = text;
        try {
            if (Damage.isIn(e) || projections.contradicts(e)) {
                again = true;
            } else if (!(e instanceof LogException)) {
                projections.reopen();
                progress.set(LogSteps.asOf(log, projections.applied(), clock.instant()));
            }
        } catch (IOException | RuntimeException worse) {
            again = Damage.isIn(worse);
            trouble = Failures.text(worse);
        }
        pause(PAUSE.toMillis());
    }

    private void pause(long milliseconds) {
        synchronized (more) {
            if (!closing) {
                try {
                    more.wait(milliseconds);
                } catch (InterruptedException e) {
                    closing = true;
                }
            }
        }
    }

    private void replace() throws IOException {
        LOG.warn("The projections are damaged and are computed again from the log");
        projections.replace();
        progress.set(LogSteps.asOf(log, projections.applied(), clock.instant()));
        again = false;
    }

    /** Nothing is to be applied. */
    private void idle() {
        fillOnce();
        checkpointIfDue();
        Instant now = clock.instant();
        if (projections.applied().entry() == log.head().entry()) {
            progress.upToDate(now);
        }
        synchronized (more) {
            if (closing || again || projections.applied().entry() < log.head().entry()) {
                return;
            }
            try {
                more.wait(200);
            } catch (InterruptedException e) {
                closing = true;
            }
        }
    }

    /** Mirrors that joined get every name, once the records are what the log says. */
    private void fillOnce() {
        if (!filled) {
            outbox.fill(projections.jdbi());
            filled = true;
        }
    }

    private void checkpointIfDue() {
        if (dirty && System.nanoTime() - checkpointed >= CHECKPOINT_NANOS) {
            dirty = !projections.checkpoint();
            checkpointed = System.nanoTime();
        }
    }

    private void step() throws SQLException {
        LogHead before = projections.applied();
        Group group = tail.take(before, GROUP);
        if (group.head().entry() == before.entry()) {
            group = LogSteps.after(log, before, GROUP);
        }
        GroupApply.run(projections, before, group, this::applied);
    }

    private void applied(Map<UUID, Changed> names, LogHead head, Instant received) {
        AsOf now = new AsOf(
                head.epoch(), head.entry(), received == null ? progress.asOf().at() : received);
        outbox.enqueue(mirrors, names, now.entry());
        progressed(now);
        dirty = true;
        checkpointIfDue();
        long lag = log.head().entry() - now.entry();
        if (lag > REPORTED_LAG && System.nanoTime() - reported > REPORT_NANOS) {
            reported = System.nanoTime();
            LOG.info("Projecting: entry {} of {}", now.entry(), now.entry() + lag);
        }
    }

    private void progressed(AsOf now) {
        progress.set(now);
        projected.accept(now.entry());
    }

    /** Stops after the group that is under way; what is in the log and not projected waits for the next start. */
    @Override
    public void close() {
        closing = true;
        appended();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
