package io.jobledger.ledger.verify;

import io.jobledger.log.EventLog;
import java.util.function.LongConsumer;
import org.jdbi.v3.core.Jdbi;

/** Projections beside those that people read, computed from the same log to be compared. Not thread-safe. */
public interface SecondPlace extends AutoCloseable {
    /**
     * Projects on from where it is.
     *
     * @param upTo number of the last entry of a record, or of one that is not projected alone
     * @param progress hears now and then how far it is
     */
    void project(EventLog log, long upTo, LongConsumer progress);

    Jdbi jdbi();

    /** Nothing is left of it. */
    @Override
    void close();
}
