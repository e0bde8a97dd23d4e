package io.jobledger.ledger;

import io.jobledger.model.JobKey;
import io.jobledger.model.RunId;
import java.util.List;
import java.util.Optional;

/**
 * Takes out of the ledger what was recorded by mistake: the event is replaced, the log loses its contents and keeps
 * their digest, and what people read follows. Backups, and what others have read already, are out of reach. Calls
 * block. Thread-safe.
 */
public interface Eraser {
    /** Stands where the text was. */
    String ERASED = "[erased]";

    /**
     * What is to be erased, of one event.
     *
     * @param run of the event
     * @param seq its number there
     * @param text every occurrence goes; null for the event's details, all of them
     */
    record What(RunId run, long seq, String text) {}

    /**
     * What was erased.
     *
     * @param entry of the event
     * @param job the job's name as it is now; null when the event speaks of none
     * @param alsoIn numbers of other events of the run that have the text, too; at most a hundred
     */
    record Erased(long entry, JobKey job, List<Long> alsoIn) {}

    /**
     * Erases; empty when the ledger has no such event.
     *
     * @throws LedgerException of kind {@code CONFLICT} when the event has nothing of it, or would not be that event any
     *     more
     */
    Optional<Erased> erase(What what, Retention.Order order);

    /** The event that an entry is; empty when it is none, or its contents are gone. */
    Optional<What> at(long entry);
}
