package io.jobledger.log;

import java.util.UUID;

/**
 * One entry of the log.
 *
 * @param entry its number
 * @param kind what it is
 * @param run the event's run; for a fact, {@link #NO_RUN}
 * @param seq the event's number in its run; for a fact, 0
 * @param body JSON: the event as it was sent, or the fact; null when it was removed
 * @param digest over all of that, as {@link LogChain#digest} has it; not to be changed
 */
public record LogEntry(long entry, Kind kind, UUID run, long seq, String body, byte[] digest) {
    /** Stands for the run of what is no event. */
    public static final UUID NO_RUN = new UUID(0, 0);

    /** What an entry is. The order is that of the numbers in which kinds are stored. */
    public enum Kind {
        /** What a recorder, or a person, told of a run or of a job. */
        EVENT,
        /** What the ledger itself did or found: see {@link LogFact}. */
        FACT,
        /** What was here was removed; its digest is left. */
        REMOVED
    }
}
