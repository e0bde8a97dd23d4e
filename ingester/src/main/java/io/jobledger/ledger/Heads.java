package io.jobledger.ledger;

import io.jobledger.log.LogHead;

/**
 * Where the log ends, and what others were told of that. A log that lacks what somebody was told was put back to an
 * earlier state: it must not go on, or it would give numbers twice. Thread-safe.
 */
public interface Heads {
    /** Where the log ends: what is acknowledged. Never blocks. */
    LogHead now();

    /** Whether the log surely had this head; false where it has to be looked up. Never blocks. */
    boolean remembers(LogHead head);

    /**
     * Somebody was told this head. Blocks.
     *
     * @throws LedgerException of kind {@code BEHIND} when the log never had it: from then on nothing is stored
     */
    void require(LogHead told);
}
