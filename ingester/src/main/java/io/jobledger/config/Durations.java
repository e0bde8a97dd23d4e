package io.jobledger.config;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The spelling of durations in settings, parameters and flags: {@code 500ms}, {@code 90s}, {@code 15m}, {@code 2h},
 * {@code 7d}.
 */
public final class Durations {
    private static final Pattern FORM = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h|d)");

    private Durations() {}

    /** @throws IllegalArgumentException with the rule when it is no such time, or none at all */
    public static Duration parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
            throw new IllegalArgumentException("must be a time like 500ms, 90s, 15m, 2h or 7d");
        }
        return of(Long.parseLong(matcher.group(1)), matcher.group(2));
    }

    /** @param unit {@code ms}, {@code s}, {@code m}, {@code h}, or days */
    public static Duration of(long amount, String unit) {
        return switch (unit) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
    }
}
