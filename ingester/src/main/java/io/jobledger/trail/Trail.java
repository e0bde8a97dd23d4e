package io.jobledger.trail;

/** Where administrative acts are written down. Thread-safe. */
public interface Trail {
    /**
     * Writes an act down, with the time. Call it before the act is done. Blocks; the act is on disk when this returns.
     *
     * @throws TrailException when it cannot be written: then the act must not be done
     */
    void record(Act act);
}
