package io.jobledger.log;

import java.time.Instant;
import java.util.List;

/**
 * What was appended and synced at once.
 *
 * @param first number of its first entry
 * @param last number of its last entry
 * @param received when, by the ledger's clock, to the microsecond
 * @param entries those of {@code first} to {@code last}, in their order; empty where all that was here is removed and
 *     only the hash is left
 * @param hash over this record and all before it, as {@link LogChain#next} has it; not to be changed
 */
public record LogRecord(long first, long last, Instant received, List<LogEntry> entries, byte[] hash) {
    /** Whether nothing but the hash is left. */
    public boolean isStub() {
        return entries.isEmpty();
    }
}
