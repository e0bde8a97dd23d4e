package io.jobledger.ledger;

import io.jobledger.model.RunId;
import java.time.Instant;
import java.util.List;

/**
 * Proves that the ledger holds what it once stored. Blocks for as long as reading everything takes; other work goes on
 * meanwhile. Thread-safe.
 */
public interface Verifier {
    /**
     * A moment in the ledger's life, as an anchor names it.
     *
     * @param entry the number of the event that was stored last
     * @param removals how many chains had been removed
     */
    record Moment(long entry, long removals) {}

    /**
     * What everything that was stored up to a moment hashes to.
     *
     * @param chains how many chains there were, removed ones too
     * @param digests for each {@value #BUCKET} chains by their numbers, in hex; null where it cannot be known any more,
     *     because one of them grew after the moment and was removed
     * @param removal link of the last stub of the moment, in hex
     */
    record Anchor(Moment moment, long chains, List<String> digests, String removal) {}

    /** How many chains share a digest of an {@link Anchor}. */
    int BUCKET = 1000;

    /**
     * Something that is not as it was stored.
     *
     * @param what one of event-changed, events-missing, event-forged, head-changed, chain-missing, chain-forged,
     *     stub-changed, stub-missing, ledger-head-changed, run-changed, job-changed, job-missing
     * @param run null when no run is known to be concerned
     * @param seq the event, null when it is not about one
     * @param entry the ledger's number of the event, or of the job for job-…; null when it is not about one
     * @param detail for people
     */
    record Fault(String what, RunId run, Long seq, Long entry, String detail) {}

    /**
     * What is left of a chain that was removed.
     *
     * @param removal its number among the stubs
     * @param chain its number among the chains
     * @param head the link of its last event, in hex
     */
    record Stub(
            long removal,
            long chain,
            RunId run,
            long events,
            long jobs,
            String head,
            Instant removedAt,
            String removedBy,
            String reason) {}

    /**
     * The outcome.
     *
     * @param chains how many were read
     * @param events how many were hashed
     * @param jobs how many records were compared with their events
     * @param unprovable jobs some of whose events were removed, so that their records could not be compared
     */
    record Verdict(long chains, long events, long jobs, long unprovable, long stubs, long faults, Anchor anchor) {
        /** Whether everything is as it was stored. */
        public boolean intact() {
            return faults == 0;
        }
    }

    /** Hears of what is found, as it is found, on the caller's thread. */
    interface Listener {
        void progress(long chains, long of, long events);

        void fault(Fault fault);

        void stub(Stub stub);
    }

    /**
     * Reads everything that was stored before the call.
     *
     * @param moment for the anchor; null for now
     * @throws LedgerException when the ledger cannot be read
     */
    Verdict verify(Moment moment, Listener listener);
}
