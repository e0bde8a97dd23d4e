package io.jobledger.model;

import java.time.Instant;

/**
 * What every event has.
 *
 * @param run with {@code seq} the event's identity
 * @param seq 1, 2, 3 … in the run
 * @param type the type as on the wire
 * @param at when it was observed, by the observer's clock
 * @param body the whole event as compact JSON, with the fields this version does not know
 */
public record EventHead(RunId run, long seq, String type, Instant at, String body) {
    /** This event as the source of a piece of knowledge. */
    public Evidence evidence() {
        return new Evidence(at, run, seq);
    }
}
