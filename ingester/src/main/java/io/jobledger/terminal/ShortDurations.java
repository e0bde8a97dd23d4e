package io.jobledger.terminal;

import java.time.Duration;

/** Lengths of time as a person says them: the two largest units. */
public final class ShortDurations {
    private ShortDurations() {}

    /**
     * Like {@code 2d 4h}, {@code 3h 20m}, {@code 5m 3s}, {@code 12s}; nothing shorter than a second, and no negative
     * lengths.
     */
    public static String text(Duration length) {
        long seconds = Math.max(0, length.toSeconds());
        if (seconds < 60) {
            return seconds + "s";
        }
        if (seconds < 3600) {
            return two(seconds / 60, "m", seconds % 60, "s");
        }
        if (seconds < 86_400) {
            return two(seconds / 3600, "h", seconds % 3600 / 60, "m");
        }
        return two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h");
    }

    private static String two(long large, String largeUnit, long small, String smallUnit) {
        return large + largeUnit + (small == 0 ? "" : " " + small + smallUnit);
    }
}
