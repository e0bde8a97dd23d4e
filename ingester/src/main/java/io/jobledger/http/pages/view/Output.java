package io.jobledger.http.pages.view;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a job printed, in numbered lines. A terminal's colours become classes; every other control sequence is left out,
 * and no character hides.
 *
 * @param part its name in the record: {@code stdout}
 * @param title what people call it
 * @param lines all of them, or those that were searched for
 * @param of how many lines there are
 */
public record Output(String part, String title, List<Line> lines, int of) {
    /** More lines than that are folded but for the last: the end tells why. */
    private static final int SHOWN = 40;

    private static final int FOLDED_FROM = 60;
    /** Colours and weights; other sequences for a terminal; titles and links for one. */
    private static final Pattern SEQUENCE = Pattern.compile(
            "\u001b\\[([0-9;]*)m|\u001b\\[[0-?]*[ -/]*[@-~]|\u001b[\\]P_^X][^\u0007\u001b]*(?:\u0007|\u001b\\\\)?"
                    + "|\u001b[ -/]*[0-~]?");

    private static final List<String> COLOURS =
            List.of("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white");

    /** A line with its number, from 1. */
    public record Line(int number, List<Span> spans) {}

    /**
     * Text of one look.
     *
     * @param style classes; empty for none
     */
    public record Span(String text, String style) {}

    /**
     * Reads a text.
     *
     * @param find only lines with this text, whatever the case; null for all
     */
    public static Output of(String part, String title, String text, String find) {
        List<Line> lines = new ArrayList<>();
        Look look = new Look();
        String[] rows = text.replace("\r\n", "\n").split("\n", -1);
        int count = rows.length > 1 && rows[rows.length - 1].isEmpty() ? rows.length - 1 : rows.length;
        for (int i = 0; i < count; i++) {
            // What a terminal would show of a line that was written over.
            String row = rows[i].substring(rows[i].lastIndexOf('\r', rows[i].length() - 2) + 1);
            List<Span> spans = look.spans(row);
            if (find == null || plain(spans).contains(find.toLowerCase(Locale.ROOT))) {
                lines.add(new Line(i + 1, spans));
            }
        }
        return new Output(part, title, lines, count);
    }

    private static String plain(List<Span> spans) {
        StringBuilder text = new StringBuilder();
        spans.forEach(span -> text.append(span.text));
        return text.toString().toLowerCase(Locale.ROOT);
    }

    /** The lines that are folded: all but the last, where there are many. */
    public List<Line> folded() {
        return lines.size() > FOLDED_FROM ? lines.subList(0, lines.size() - SHOWN) : List.of();
    }

    /** The lines that are shown. */
    public List<Line> shown() {
        return lines.subList(folded().size(), lines.size());
    }

    /** Colour and weight at a place of the text. */
    private static final class Look {
        private String colour = "";
        private boolean bold;

        List<Span> spans(String row) {
            List<Span> spans = new ArrayList<>();
            Matcher sequences = SEQUENCE.matcher(row);
            int at = 0;
            while (sequences.find()) {
                add(spans, row.substring(at, sequences.start()));
                at = sequences.end();
                if (sequences.group(1) != null) {
                    read(sequences.group(1));
                }
            }
            add(spans, row.substring(at));
            return spans;
        }

        private void add(List<Span> spans, String text) {
            if (!text.isEmpty()) {
                spans.add(new Span(text, (colour + (bold ? " bold" : "")).strip()));
            }
        }

        private void read(String codes) {
            String[] all = codes.split(";");
            for (int i = 0; i < all.length; i++) {
                int code = all[i].isEmpty() || all[i].length() > 3 ? 0 : Integer.parseInt(all[i]);
                if (code == 0) {
                    colour = "";
                    bold = false;
                } else if (code == 1 || code == 22) {
                    bold = code == 1;
                } else if (code == 38 || code == 48) {
                    // One of many colours: it has arguments, and no class.
                    i += i + 1 < all.length && all[i + 1].equals("5") ? 2 : 4;
                } else if (code == 39) {
                    colour = "";
                } else if (code >= 30 && code < 38 || code >= 90 && code < 98) {
                    colour = "ansi-" + COLOURS.get(code % 10);
                }
            }
        }
    }
}
