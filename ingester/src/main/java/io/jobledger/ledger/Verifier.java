package io.jobledger.ledger;

import io.jobledger.log.LogHead;
import io.jobledger.model.RunId;
import java.time.Instant;

/**
 * Proves that the ledger holds what it once acknowledged. Blocks for as long as reading the log takes; other work goes
 * on meanwhile. Thread-safe.
 */
public interface Verifier {
    /**
     * What is to be proven.
     *
     * @param asOf number of an entry: what the log's head was there; null when nobody asks
     * @param deep whether the records that people read are computed again and compared, too
     */
    record Question(Long asOf, boolean deep) {}

    /**
     * Something that is not as it was acknowledged.
     *
     * @param what {@code changed}: it reads well and has another hash; {@code damaged}: it cannot be read;
     *     {@code removed}: it is gone, and nothing says who removed it and why; {@code row-changed}: the log does not
     *     say what a record says
     * @param run null when no single run is known to be concerned
     * @param seq the event, null when it is not about one
     * @param entry the first entry that is concerned, null when it is not known
     * @param detail for people
     */
    record Fault(String what, RunId run, Long seq, Long entry, String detail) {}

    /**
     * What was removed on purpose.
     *
     * @param entry of the fact that says so
     * @param seq the event that was replaced; null when it is the whole run
     * @param events how many
     * @param jobs how many records went with it
     */
    record Removal(long entry, Instant at, String by, String reason, RunId run, Long seq, long events, long jobs) {}

    /**
     * A new life of the ledger: a restore, or an accepted loss.
     *
     * @param entry of the fact that says so
     * @param before where the log ended, as {@link LogHead#text}
     */
    record Epoch(long entry, Instant at, int epoch, String by, String reason, String before) {}

    /**
     * The log's head at an earlier entry.
     *
     * @param head null when it cannot be computed
     * @param unknown why not
     */
    record Then(LogHead head, String unknown) {}

    /**
     * The outcome.
     *
     * @param removed entries whose contents were removed
     * @param rows of records that were compared; -1 when nobody asked for it
     * @param head where the log ended
     * @param then at the entry that was asked for; null when none was
     */
    record Verdict(
            long records, long events, long facts, long removed, long rows, long faults, LogHead head, Then then) {
        /** Whether everything is as it was acknowledged. */
        public boolean intact() {
            return faults == 0;
        }
    }

    /** Hears of what is found, as it is found, on the caller's thread. */
    interface Listener {
        /** @param of the log's last entry */
        void progress(long entry, long of);

        void fault(Fault fault);

        void removal(Removal removal);

        void epoch(Epoch epoch);
    }

    /**
     * Reads everything that was acknowledged before the call.
     *
     * @throws LedgerException when the ledger cannot be read at all
     */
    Verdict verify(Question question, Listener listener);
}
