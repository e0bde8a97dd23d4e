package io.jobledger.ledger.rows;

import io.jobledger.ledger.LedgerException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether what the ledger has stored can be read. A question that met damage is remembered and asked again: until it is
 * answered, the ledger is not ready and stores nothing, since what it would store rests on what it cannot read.
 * Thread-safe.
 */
public final class StoreHealth {
    private static final Logger LOG = LoggerFactory.getLogger(StoreHealth.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Jdbi jdbi;
    private final Runnable damaged;
    private final LongAdder failures = new LongAdder();
    private volatile HandleCallback<?, SQLException> question;
    private String why;
    private long asked;

    public StoreHealth(Jdbi jdbi) {
        this(jdbi, () -> {});
    }

    /** @param damaged is called when a question met damage for the first time; it must be quick */
    public StoreHealth(Jdbi jdbi, Runnable damaged) {
        this.jdbi = jdbi;
        this.damaged = damaged;
    }

    /** A question failed; what is no damage says nothing of the store. */
    void failed(HandleCallback<?, SQLException> of, Throwable e) {
        if (!Damage.isIn(e)) {
            return;
        }
        failures.increment();
        synchronized (this) {
            if (question == null) {
                LOG.error(
                        "The ledger is damaged, a part of it cannot be read: {}. It is not ready and stores nothing"
                                + " until it can. docs/how-to/recover.md says how to mend it",
                        Damage.text(e));
                question = of;
                asked = System.nanoTime();
                damaged.run();
            }
            why = Damage.text(e);
        }
    }

    /** How often a question met damage. */
    public long failures() {
        return failures.sum();
    }

    /**
     * Asks again what failed.
     *
     * @throws LedgerException when it fails again
     */
    public synchronized void check() {
        if (question == null) {
            return;
        }
        asked = System.nanoTime();
        try {
            jdbi.withHandle(question);
            question = null;
            LOG.info("The ledger can be read again");
        } catch (SQLException | RuntimeException e) {
            why = Damage.text(e);
            throw refusal();
        }
    }

    /** The same for a writer, who would ask too often. */
    public void require() {
        if (question != null) {
            synchronized (this) {
                if (question != null && System.nanoTime() - asked < PAUSE.toNanos()) {
                    throw refusal();
                }
                check();
            }
        }
    }

    private LedgerException refusal() {
        return new LedgerException(
                LedgerException.Kind.AWAY,
                "the ledger is damaged, a part of it cannot be read (" + why
                        + "), so nothing is stored until it is mended or restored. Keep the events and send them"
                        + " again");
    }
}
