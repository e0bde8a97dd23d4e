package io.jobledger.terminal;

/** What a text means to its reader; a {@link Palette} knows its colour. */
public enum Style {
    PLAIN(""),
    TITLE("1"),
    FAINT("2"),
    GOOD("32"),
    BUSY("36"),
    ODD("33"),
    BAD("31"),
    ALARM("1;31");

    private final String code;

    Style(String code) {
        this.code = code;
    }

    String code() {
        return code;
    }
}
