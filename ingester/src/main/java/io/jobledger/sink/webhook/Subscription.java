package io.jobledger.sink.webhook;

import io.jobledger.ledger.query.News;
import io.jobledger.ledger.query.NewsKind;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One word of a hook's {@code events}.
 *
 * @param kinds the news that it stands for
 * @param after for {@code overdue}, how long after the deadline; else null
 */
public record Subscription(List<NewsKind> kinds, Duration after) {
    private static final Pattern OVERDUE = Pattern.compile("overdue(?:\\+(\\d{1,6})([smhd]))?");
    private static final String WORDS =
            "started, ended, succeeded, failed, timed_out, cancelled, lost, closed, overdue,"
                    + " overdue+2h (with s, m, h or d), interrupted, blocked";

    public Subscription {
        kinds = List.copyOf(kinds);
    }

    /** @throws IllegalArgumentException with the words there are */
    public static Subscription parse(String text) {
        Matcher overdue = OVERDUE.matcher(text);
        if (overdue.matches()) {
            return new Subscription(
                    List.of(NewsKind.OVERDUE),
                    overdue.group(1) == null ? Duration.ZERO : time(overdue.group(1), overdue.group(2)));
        }
        if (text.equals("ended")) {
            return new Subscription(
                    Arrays.stream(NewsKind.values()).filter(NewsKind::end).toList(), null);
        }
        return Arrays.stream(NewsKind.values())
                .filter(kind -> kind != NewsKind.CHANGED && kind.wire().equals(text))
                .findFirst()
                .map(kind -> new Subscription(List.of(kind), null))
                .orElseThrow(() -> new IllegalArgumentException("'" + text + "' is no event; there are " + WORDS));
    }

    private static Duration time(String amount, String unit) {
        long number = Long.parseLong(amount);
        return switch (unit) {
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
    }

    boolean fits(News news) {
        return kinds.contains(news.kind()) && (after == null || after.equals(news.after()));
    }
}
