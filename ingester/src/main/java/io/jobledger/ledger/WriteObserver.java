package io.jobledger.ledger;

import java.time.Duration;

/** Hears how storing goes, on the ledger's own threads: whatever it does must be quick and must not throw. */
public interface WriteObserver {
    WriteObserver NONE = new WriteObserver() {
        @Override
        public void committed(int batches, int stored, int duplicates, Duration took) {}

        @Override
        public void refused(int events, LedgerException.Kind why) {}
    };

    /**
     * A group of batches is on disk.
     *
     * @param took from the group's forming to its being on disk
     */
    void committed(int batches, int stored, int duplicates, Duration took);

    /** A batch of so many events was not taken, or not stored. */
    void refused(int events, LedgerException.Kind why);
}
