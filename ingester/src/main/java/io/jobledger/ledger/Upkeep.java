package io.jobledger.ledger;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;

/** What keeps a ledger small and honest. Thread-safe. */
public interface Upkeep {
    Verifier verifier();

    /** @param silence after which a run that said no goodbye is taken for interrupted, and may go */
    Retention retention(Duration silence);

    Eraser eraser();

    /**
     * Tells, as entries of the log, of open jobs that have run past their deadline: of each once for each time after
     * it, whoever asks and however often. Dry runs are none. Blocks.
     *
     * @param after times after the deadline, to the second
     * @param since what was due to be told before then is not told
     * @return how many were told; when it is many, there may be more
     */
    int tellOverdue(Set<Duration> after, Instant since);

    /** Tells, as an entry of the log, that a sink waits for an operator. Blocks. */
    void tellBlocked(String sink, String reason);

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
