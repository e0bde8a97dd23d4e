package io.jobledger.ledger;

import java.time.Duration;

/** What keeps a ledger small and honest. Thread-safe. */
public interface Upkeep {
    Verifier verifier();

    /** @param silence after which a run that said no goodbye is taken for interrupted, and may go */
    Retention retention(Duration silence);

    Eraser eraser();

    /**
     * Counts. Blocks on the database, for longer the more runs there are: not for every request.
     *
     * @param silence as for {@link #retention}
     */
    LedgerFigures figures(Duration silence);

    /** How many events wait for a commit, right now. Never blocks. */
    int waitingEvents();

    /** How far the records are behind the log. Never blocks. */
    ProjectionLag lag();

    /** How many entries of the log could not be worked into the records. Blocks. */
    long setAside();

    /** How many questions failed because a part of the ledger is damaged. Never blocks. */
    long damagedReads();

    /** Makes this the one that hears how storing goes. */
    void observe(WriteObserver observer);
}
