package io.jobledger.trail;

import java.util.function.Consumer;

/** Where administrative acts are written down. Thread-safe. */
public interface Trail {
    /**
     * Writes an act down, with the time. Call it before the act is done. Blocks; the act is on disk when this returns.
     *
     * @throws TrailException when it cannot be written: then the act must not be done
     */
    void record(Act act);

    /**
     * Hands out the lines, the oldest first: each a JSON object as {@link Act#line} makes it, unless something else
     * wrote to the same place. Blocks.
     *
     * @throws TrailException when it cannot be read
     */
    void each(Consumer<String> line);

    /**
     * Makes sure that what was written is there as it was written.
     *
     * @throws TrailException saying what is wrong and where
     */
    default void check() {}
}
