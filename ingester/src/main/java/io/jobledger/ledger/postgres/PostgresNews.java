package io.jobledger.ledger.postgres;

import io.jobledger.config.LedgerLocation;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.log.LogHead;
import io.jobledger.log.postgres.PostgresLog;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.Consumer;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears of what any ingester stores: LISTEN on a connection of its own. After a break it looks up what it missed.
 * Thread-safe; it tells on its own thread, to somebody who must be quick.
 */
final class PostgresNews implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresNews.class);
    private static final int PATIENCE_MILLIS = 1_000;

    private final LedgerLocation.Postgres location;
    private final Consumer<LogHead> committed;
    private Thread thread;
    private boolean closing;

    /** @param committed is told where the log ends, more than once too */
    PostgresNews(LedgerLocation.Postgres location, Consumer<LogHead> committed) {
        this.location = location;
        this.committed = committed;
    }

    synchronized void start() {
        if (thread == null && !closing) {
            thread = new Thread(this::run, "ledger-news");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private synchronized boolean goesOn() {
        return !closing;
    }

    private void run() {
        boolean failing = false;
        while (goesOn()) {
            try (Connection connection = PostgresConnections.lasting(location);
                    Statement sql = connection.createStatement()) {
                sql.execute("LISTEN " + PostgresLog.CHANNEL);
                // After it began to listen, so that nothing falls in between.
                try (ResultSet rows = sql.executeQuery("SELECT epoch, entry, hash FROM log_head")) {
                    rows.next();
                    committed.accept(new LogHead(rows.getInt(1), rows.getLong(2), rows.getBytes(3)));
                }
                failing = false;
                PGConnection news = connection.unwrap(PGConnection.class);
                while (goesOn()) {
                    for (PGNotification one : news.getNotifications(PATIENCE_MILLIS)) {
                        committed.accept(LogHead.parse(one.getParameter()));
                    }
                }
            } catch (SQLException e) {
                if (!failing && goesOn()) {
                    LOG.warn("Live views wait for the ledger {}: {}", location, Failures.text(e));
                }
                failing = true;
                pause();
            }
        }
    }

    private synchronized void pause() {
        try {
            if (!closing) {
                wait(PATIENCE_MILLIS);
            }
        } catch (InterruptedException e) {
            closing = true;
        }
    }

    @Override
    public void close() {
        Thread waitFor;
        synchronized (this) {
            closing = true;
            waitFor = thread;
            notifyAll();
        }
        try {
            if (waitFor != null) {
                waitFor.join(3_000);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
