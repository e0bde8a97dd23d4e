package io.jobledger.cli.view;

import io.jobledger.terminal.ShortDurations;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/**
 * Times as a person reads them.
 *
 * @param zone that they are shown in; UTC shows a Z
 * @param now what ages are counted from
 */
public record ShownTimes(ZoneId zone, Instant now) {
    private static final DateTimeFormatter LOCAL = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");

    /** The moment, if the text is one. */
    public static Optional<Instant> parse(String text) {
        // Cheap, since this is asked of every value that is shown.
        if (text == null || text.length() < 20 || text.length() > 35 || text.charAt(10) != 'T') {
            return Optional.empty();
        }
        try {
            return Optional.of(DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(text, Instant::from));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** Date and time to the second. */
    public String text(Instant moment) {
        return LOCAL.withZone(zone).format(moment) + (zone.equals(ZoneOffset.UTC) ? "Z" : "");
    }

    /** Like {@code 2d 4h ago}, or {@code in 5m 3s}. */
    public String age(Instant moment) {
        return moment.isAfter(now)
                ? "in " + ShortDurations.text(Duration.between(now, moment))
                : ShortDurations.text(Duration.between(moment, now)) + " ago";
    }
}
