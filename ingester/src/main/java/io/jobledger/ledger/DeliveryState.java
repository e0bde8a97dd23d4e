package io.jobledger.ledger;

import io.jobledger.ledger.query.LogPlace;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * How far each sink is that follows the log by a cursor. It is no projection: it stays when the records are computed
 * again. Calls block on the database. Thread-safe.
 */
public interface DeliveryState {
    /** Where a sink begins that the ledger does not know yet. */
    enum Start {
        /** With what comes from now on. */
        NOW,
        /** With the first entry of the log. */
        BEGINNING
    }

    /**
     * How a sink stands.
     *
     * @param at it has everything up to there
     * @param since what happened earlier is none of its business: when it was added, or the beginning of time
     * @param attempts how often in a row delivering what follows has failed
     * @param next not before then it is tried again
     * @param blocked whether it waits for an operator
     * @param lastError why the last attempt failed; null where it did not
     */
    record Standing(LogPlace at, Instant since, int attempts, Instant next, boolean blocked, String lastError) {}

    /**
     * Makes these the sinks that are fed. One that the ledger does not know yet begins as it is told; one that is named
     * no longer is forgotten, at the latest after 30 days. Where the state was lost, all begin now.
     */
    void feed(Map<String, Start> sinks);

    /** How a sink stands; empty when it is not fed. */
    Optional<Standing> standing(String sink);

    /**
     * Takes a sink for this process, or keeps it. Where several share the ledger, no other delivers to it meanwhile.
     *
     * @param lease for how long; taking it again makes it longer
     * @return how it stands; empty when another process has it, or it is not fed
     */
    Optional<Standing> take(String sink, Duration lease);

    /** Gives up what this process has taken. */
    void leave(String sink);

    /** It has everything up to there, and the last attempt was good; false when another process has it by now. */
    boolean reached(String sink, LogPlace upTo);

    /** An attempt failed in a way that may pass; false as for {@link #reached}. */
    boolean failed(String sink, LogPlace upTo, String error, Duration pause);

    /** An attempt failed in a way that does not pass by itself; false as for {@link #reached}. */
    boolean block(String sink, LogPlace upTo, String error);

    /** Lets a sink try again now; returns whether it was blocked. */
    boolean release(String sink);
}
