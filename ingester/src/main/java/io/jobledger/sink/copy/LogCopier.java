package io.jobledger.sink.copy;

import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.LedgerException;
import io.jobledger.log.LogException;
import io.jobledger.log.LogHead;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.sink.mirror.MirroredLog;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the copy of the log in a mirror up to date, on a thread of its own. Nobody waits for it. Thread-safe. */
public final class LogCopier implements MirroredLog, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogCopier.class);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
    /** How long a stop waits for the last round. */
    private static final Duration LAST_ROUND = Duration.ofSeconds(5);

    private static final int PIECE = 4 << 20;

    private final Mirror mirror;
    private final Ledger.Copied ledger;
    private final Duration interval;
    private final Clock clock;
    private final CopySession session;
    private final Thread thread;
    private final Instant started;

    private volatile boolean closing;
    private volatile boolean blocked;
    private volatile String error;
    private volatile LogHead head;
    private volatile Instant wholeAt;
    private volatile long puts;
    private volatile long bytes;
    private volatile long passingFailures;
    private volatile long lastingFailures;
    /** Tries in a row that failed. */
    private int failed;

    private boolean asked;

    /**
     * @param mirror keeps the copy; it stays open
     * @param files what goes with the log, by the names that it gets there; they need not exist
     * @param interval time between two rounds
     */
    public LogCopier(Mirror mirror, Ledger.Copied ledger, Map<String, Path> files, Duration interval, Clock clock) {
        this(mirror, ledger, files, interval, clock, PIECE);
    }

    LogCopier(Mirror mirror, Ledger.Copied ledger, Map<String, Path> files, Duration interval, Clock clock, int piece) {
        this.mirror = mirror;
        this.ledger = ledger;
        this.interval = interval;
        this.clock = clock;
        this.session = new CopySession(mirror.uri(), mirror.objects(), ledger, files, clock, piece);
        this.started = clock.instant();
        this.thread = new Thread(this::run, "log-copy");
        thread.setDaemon(true);
    }

    public LogCopier start() {
        thread.start();
        return this;
    }

    private void run() {
        while (!closing) {
            if (!blocked) {
                round();
            }
            pause();
        }
        if (!blocked && error == null) {
            round();
        }
    }

    /** One round, now. Used by one thread at a time. */
    void round() {
        Instant now = clock.instant();
        long failuresBefore = passingFailures + lastingFailures;
        try {
            session.round();
            wholeAt = now;
            failed = 0;
            if (error != null) {
                LOG.info("The copy of the log in {} goes on", mirror.uri());
            }
            error = null;
        } catch (MirrorException e) {
            if (e.isPassing()) {
                passingFailures++;
            } else {
                lastingFailures++;
                blocked = true;
            }
            failed(e.getMessage(), null);
        } catch (IOException | LogException | LedgerException e) {
            passingFailures++;
            failed("the ledger's own files cannot be read: " + e.getMessage(), null);
        } catch (RuntimeException e) {
            // Nobody foresaw it: an operator looks at it, and the log has where it was.
            lastingFailures++;
            blocked = true;
            failed(e.toString(), e);
        }
        head = session.head();
        puts = session.writer().count();
        bytes = session.writer().bytes();
        if (passingFailures + lastingFailures > failuresBefore) {
            failed++;
        }
    }

    /** An outage is said once when it begins and once when it ends. */
    private void failed(String why, RuntimeException unforeseen) {
        if (error == null || blocked) {
            LOG.warn(
                    "The copy of the log in {} falls behind{}: {}",
                    mirror.uri(),
                    blocked ? " until 'jobledger mirror retry'" : "; it is tried again",
                    why,
                    unforeseen);
        }
        error = why;
    }

    private synchronized void pause() {
        long millis = failed == 0
                ? interval.toMillis()
                : Math.min(LONGEST_PAUSE.toMillis(), Math.max(1000, interval.toMillis()) << Math.min(failed, 10));
        try {
            if (!closing && !asked) {
                wait(millis);
            }
        } catch (InterruptedException e) {
            closing = true;
        }
        asked = false;
    }

    @Override
    public Standing standing() {
        LogHead copied = head;
        String failure = error;
        long entries = Math.max(0, ledger.log().head().entry() - (copied == null ? 0 : copied.entry()));
        boolean whole = entries == 0 && failure == null;
        Instant since = wholeAt == null ? started : wholeAt;
        Duration behind = whole ? Duration.ZERO : Duration.between(since, clock.instant());
        return new Standing(copied, entries, behind.isNegative() ? Duration.ZERO : behind, blocked, failure);
    }

    @Override
    public long puts() {
        return puts;
    }

    @Override
    public long passingFailures() {
        return passingFailures;
    }

    @Override
    public long lastingFailures() {
        return lastingFailures;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public synchronized boolean retry() {
        boolean was = blocked;
        blocked = false;
        asked = true;
        notifyAll();
        return was;
    }

    /** Stops after a last round, or after a few seconds. */
    @Override
    public void close() {
        closing = true;
        synchronized (this) {
            notifyAll();
        }
        try {
            thread.join(LAST_ROUND.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
