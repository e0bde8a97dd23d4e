package io.jobledger.http.pages.view;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;

/** How names, times and numbers are spelt for people. Thread-safe. */
public final class Text {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);
    private static final int TITLE = 80;

    private Text() {}

    /**
     * A part of a name: text that shows itself, or one character that does not.
     *
     * @param title what the character is called; null for text
     */
    public record Piece(String text, String title) {
        public boolean hidden() {
            return title != null;
        }
    }

    /**
     * A name in pieces, so that no character can hide or turn its neighbours around: control and format characters
     * (line breaks, zero-width and direction marks), unusual spaces, and spaces at either end are pieces of their own,
     * spelt {@code U+202E}.
     */
    public static List<Piece> pieces(String name) {
        List<Piece> pieces = new ArrayList<>();
        StringBuilder plain = new StringBuilder();
        int first = name.length() - name.stripLeading().length();
        int last = name.stripTrailing().length();
        for (int i = 0; i < name.length(); i += Character.charCount(name.codePointAt(i))) {
            int c = name.codePointAt(i);
            if (!hides(c) && (c != ' ' || i >= first && i < last)) {
                plain.appendCodePoint(c);
                continue;
            }
            flush(plain, pieces);
            pieces.add(new Piece(code(c), Character.getName(c) == null ? "not a character" : Character.getName(c)));
        }
        flush(plain, pieces);
        return pieces;
    }

    /** A line that was printed, in pieces as a name; tabs and spaces stay. */
    public static List<Piece> printed(String line) {
        List<Piece> all = new ArrayList<>();
        StringBuilder plain = new StringBuilder();
        line.codePoints().forEach(c -> {
            if (!hides(c) || c == '\t' || c == '\u00a0') {
                plain.appendCodePoint(c);
            } else {
                flush(plain, all);
                all.add(new Piece(code(c), Character.getName(c) == null ? "not a character" : Character.getName(c)));
            }
        });
        flush(plain, all);
        return all;
    }

    private static void flush(StringBuilder plain, List<Piece> pieces) {
        if (!plain.isEmpty()) {
            pieces.add(new Piece(plain.toString(), null));
            plain.setLength(0);
        }
    }

    private static String code(int c) {
        return String.format("U+%04X", c);
    }

    /** Whether a character would not be seen, or would move others. */
    public static boolean hides(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.UNASSIGNED,
                    Character.PRIVATE_USE -> true;
            case Character.SPACE_SEPARATOR -> c != ' ';
            // Fillers: letters by their class, nothing to the eye.
            default ->
                c == 0x115F
                        || c == 0x1160
                        || c == 0x3164
                        || c == 0xFFA0
                        || c == 0x2800
                        || c == 0x034F
                        || c >= 0xFE00 && c <= 0xFE0F;
        };
    }

    /** A name in one short line, for titles and labels that cannot hold elements. */
    public static String line(String name) {
        StringBuilder line = new StringBuilder();
        pieces(name).forEach(piece -> line.append(piece.hidden() ? "‹" + piece.text() + "›" : piece.text()));
        return line.codePointCount(0, line.length()) <= TITLE
                ? line.toString()
                : line.substring(0, line.offsetByCodePoints(0, TITLE)) + "…";
    }

    /** UTC, to the second. */
    public static String time(Instant at) {
        return TIME.format(at);
    }

    /** How long before {@code now} (or after it): {@code 3 h ago}, {@code in 5 min}. */
    public static String age(Instant at, Instant now) {
        Duration age = Duration.between(at, now);
        if (age.abs().getSeconds() < 1) {
            return "now";
        }
        return age.isNegative() ? "in " + span(age.negated()) : span(age) + " ago";
    }

    /** A length of time in its largest two units. */
    public static String span(Duration span) {
        long seconds = Math.max(0, span.getSeconds());
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3600) {
            return two(seconds / 60, "min", seconds % 60, "s", seconds < 600);
        }
        if (seconds < 86_400) {
            return two(seconds / 3600, "h", seconds % 3600 / 60, "min", true);
        }
        return two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h", seconds < 10 * 86_400);
    }

    private static String two(long large, String unit, long small, String smallUnit, boolean both) {
        return large + " " + unit + (both && small > 0 ? " " + small + " " + smallUnit : "");
    }

    /** A count with thin spaces between thousands. */
    public static String count(long number) {
        return String.format("%,d", number).replace(",", "\u202f");
    }

    /** {@code 1 job}, {@code 2 jobs}. */
    public static String count(long number, String noun) {
        return count(number) + " " + noun + (number == 1 ? "" : "s");
    }
}
