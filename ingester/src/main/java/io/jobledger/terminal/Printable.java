package io.jobledger.terminal;

import org.jline.utils.WCWidth;

/** Text that is safe to show, and the room it takes: East Asian wide characters take two cells, combining ones none. */
public final class Printable {
    private static final String CUT = "…";

    private Printable() {}

    /** Names come from playbooks: one with an escape sequence must not steer the reader's terminal. */
    public static String of(String text) {
        StringBuilder safe = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (steers(c)) {
                safe.append(c == '\n' ? "\\n" : String.format("\\u%04x", c));
            } else {
                safe.appendCodePoint(c);
            }
        });
        return safe.toString();
    }

    private static boolean steers(int c) {
        return Character.isISOControl(c)
                || switch (Character.getType(c)) {
                    case Character.FORMAT,
                            Character.LINE_SEPARATOR,
                            Character.PARAGRAPH_SEPARATOR,
                            Character.SURROGATE -> true;
                    default -> false;
                };
    }

    /** How many cells of a terminal safe text takes. */
    public static int width(String text) {
        return text.codePoints().map(Printable::width).sum();
    }

    private static int width(int c) {
        return Math.max(0, WCWidth.wcwidth(c));
    }

    /**
     * Safe text in at most {@code room} cells; what is cut ends in an ellipsis, and never in the middle of a character.
     */
    public static String cut(String text, int room) {
        if (width(text) <= room) {
            return text;
        }
        StringBuilder kept = new StringBuilder();
        int used = width(CUT);
        for (int i = 0; i < text.length(); i = text.offsetByCodePoints(i, 1)) {
            int c = text.codePointAt(i);
            used += width(c);
            if (used > room) {
                break;
            }
            kept.appendCodePoint(c);
        }
        return kept.append(CUT).toString();
    }
}
