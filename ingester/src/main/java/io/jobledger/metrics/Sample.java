package io.jobledger.metrics;

import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * A reading that costs, taken anew only when it is old: after five seconds, and so seldom that it takes a twentieth of
 * the time at most. Thread-safe.
 */
final class Sample<T> {
    private static final long LEAST = TimeUnit.SECONDS.toNanos(5);
    private static final int SHARE = 20;

    private final Supplier<T> read;
    private T value;
    private long again = System.nanoTime();

    Sample(Supplier<T> read) {
        this.read = read;
    }

    /** Reads again when it is time. A reading that fails leaves none: an old figure would pass for a true one. */
    synchronized void refresh() {
        long began = System.nanoTime();
        if (began - again < 0) {
            return;
        }
        try {
            value = read.get();
        } catch (RuntimeException e) {
            value = null;
        }
        again = System.nanoTime() + Math.max(LEAST, SHARE * (System.nanoTime() - began));
    }

    /** Part of the last reading, NaN when there is none. */
    synchronized double get(ToDoubleFunction<T> part) {
        return value == null ? Double.NaN : part.applyAsDouble(value);
    }
}
