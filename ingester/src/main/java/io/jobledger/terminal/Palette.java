package io.jobledger.terminal;

import java.util.Map;

/** Colours, or none. */
public final class Palette {
    /** When to use colours. */
    public enum When {
        auto,
        always,
        never
    }

    /** No colours. */
    public static final Palette NONE = new Palette(false);

    private final boolean coloured;

    private Palette(boolean coloured) {
        this.coloured = coloured;
    }

    /**
     * Colours as asked for. {@code auto} is for a terminal only, and for none whose user set {@code NO_COLOR} to
     * anything, or that is {@code dumb}.
     *
     * @param terminal whether the text goes to a terminal
     */
    public static Palette of(When when, boolean terminal, Map<String, String> environment) {
        boolean welcome = environment.getOrDefault("NO_COLOR", "").isEmpty() && !"dumb".equals(environment.get("TERM"));
        return new Palette(when == When.always || when == When.auto && terminal && welcome);
    }

    /** Whether it colours anything. */
    public boolean coloured() {
        return coloured;
    }

    /** Safe text in the colour of its meaning. */
    public String paint(Style style, String text) {
        return coloured && !style.code().isEmpty() && !text.isEmpty()
                ? "\u001b[" + style.code() + "m" + text + "\u001b[0m"
                : text;
    }
}
