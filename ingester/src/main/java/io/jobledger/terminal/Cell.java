package io.jobledger.terminal;

/** One value of a table. Any text will do: the table makes it safe. */
public record Cell(String text, Style style) {
    /** What stands where there is nothing. */
    public static final Cell NONE = new Cell("-", Style.FAINT);

    public static Cell of(String text) {
        return new Cell(text, Style.PLAIN);
    }
}
