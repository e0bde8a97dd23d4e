package io.jobledger.ledger;

import io.jobledger.log.LogFiles;
import java.nio.file.Path;
import java.util.List;

/** An open ledger: all its ports, and the right to close it. */
public interface Ledger extends AutoCloseable {
    /** What of a ledger is copied while it grows. Thread-safe. */
    interface Copied {
        /** The log, which is the ledger. */
        LogFiles log();

        /**
         * What the mirrors have, in a form that a restore reads; null when it is too much at the moment. It may be
         * older than the log that it goes with, never newer: a mirror then gets some records once more. Blocks on the
         * database.
         */
        byte[] delivery();
    }

    EventSink sink();

    ConditionalSink conditionalSink();

    JobLookup jobs();

    AuditQueries audit();

    /** Where the log ends, and what others were told of that. */
    Heads heads();

    /** Of which moment the answers of {@link #audit} speak at least. Never blocks. */
    AsOf asOf();

    /** What live views wait for. */
    LedgerFeed feed();

    Outbox outbox();

    /** How far each sink is that follows the log. */
    DeliveryState deliveryState();

    /** A new reader of news. */
    NewsSource news();

    /** How much room the ledger takes, in bytes. Blocks. */
    long bytes();

    Upkeep upkeep();

    /** The numbers under which the outbox knows the mirrors that the ledger was opened with, in their order. */
    List<Integer> mirrors();

    /**
     * Whether a small write reaches the disk now. Blocks; throws {@link LedgerException} with the reason when it does
     * not.
     */
    void check();

    /**
     * Writes a copy of the whole ledger as of one moment, while work goes on. Blocks as long as copying takes.
     *
     * @param file must not exist; it is 0600 from its first moment
     * @throws LedgerException of kind {@code UNSUPPORTED} where the database brings its own tools for that
     */
    void backup(Path file);

    /**
     * What is copied of the ledger while it grows.
     *
     * @throws LedgerException of kind {@code UNSUPPORTED} where the log is not in files
     */
    Copied files();

    /**
     * Throws the records away and computes them again from the log, while the ledger goes on. Returns at once.
     *
     * @throws LedgerException of kind {@code UNSUPPORTED} where they are always as the log says
     */
    void computeAgain();

    /** Names the ledger for people, without secrets. */
    String location();

    /** Refuses new batches, stores those that wait, and closes the database. Blocks for a few seconds at most. */
    @Override
    void close();
}
