package io.jobledger.sink;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** How long to wait before something that failed is tried again. */
public final class Backoff {
    private static final Duration FIRST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private Backoff() {}

    /**
     * Doubles up to a minute; a random half of it keeps many from coming back at the same moment.
     *
     * @param attempts that failed before this one
     */
    public static Duration after(int attempts) {
        long millis = Math.min(LONGEST.toMillis(), FIRST.toMillis() << Math.min(attempts, 10));
        return Duration.ofMillis(millis / 2 + ThreadLocalRandom.current().nextLong(millis / 2 + 1));
    }
}
