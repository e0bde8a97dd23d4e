package io.jobledger.http.api;

import io.jobledger.config.Durations;
import io.jobledger.json.Json;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times and durations as people write them in a URL. */
final class Moments {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");

    private Moments() {}

    /**
     * RFC 3339, or how long before {@code now}.
     *
     * @throws IllegalArgumentException saying what is possible
     */
    static Instant moment(String text, Instant now) {
        try {
            return text.equals("now")
                    ? now
                    : DURATION.matcher(text).matches() ? now.minus(duration(text)) : Json.time(text);
        } catch (IllegalArgumentException | DateTimeException | ArithmeticException e) {
            throw new IllegalArgumentException(
                    "must be an RFC 3339 time like 2026-11-20T10:30:45Z (a + as %2B), or relative to now like 15m,"
                            + " 36h, 7d or now");
        }
    }

    /** @throws IllegalArgumentException saying what is possible */
    static Duration duration(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("must be a duration like 90s, 15m, 2h or 7d");
        }
        Duration duration = Durations.of(Long.parseLong(matcher.group(1)), matcher.group(2));
        if (duration.toDays() > 36_500) {
            throw new IllegalArgumentException("must be a duration of at most 100 years, like 7d");
        }
        return duration;
    }
}
