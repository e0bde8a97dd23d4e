package io.jobledger.ledger;

import java.time.Instant;

/**
 * Of which moment the records speak: what was acknowledged up to then is in them.
 *
 * @param epoch which life of the ledger it is
 * @param entry the last entry of the log that is in the records
 * @param at the time by the ledger's clock up to which all that it received is in the records
 */
public record AsOf(int epoch, long entry, Instant at) {
    /** How an entry is named for those outside: {@code epoch-entry}. */
    public String text() {
        return text(entry);
    }

    /** The same for another entry of this epoch. */
    public String text(long other) {
        return epoch + "-" + other;
    }
}
