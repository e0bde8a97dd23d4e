package io.jobledger.model;

import java.util.UUID;
import java.util.regex.Pattern;

/** How a run's id begins: what a person types of it. */
public record RunIdStart(String text) {
    /** Fewer would be no help: a ledger of some thousand runs has many with the same first characters. */
    public static final int LEAST = 8;

    private static final String FORM = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    private static final Pattern HEX = Pattern.compile("[0-9a-f-]{" + LEAST + "," + FORM.length() + "}");

    /** @throws IllegalArgumentException when no id in lower case begins so, or the text is too short */
    public RunIdStart {
        boolean fits = HEX.matcher(text).matches();
        for (int i = 0; fits && i < text.length(); i++) {
            fits = (FORM.charAt(i) == '-') == (text.charAt(i) == '-');
        }
        if (!fits) {
            throw new IllegalArgumentException("must be a UUID in lower case with dashes, like"
                    + " 5f0c9a3e-7d7c-4c3b-9f0e-2a4b6c8d0e1f, or its first " + LEAST + " characters or more");
        }
    }

    /** The least id that begins so. */
    public UUID first() {
        return filled('0');
    }

    /** The greatest id that begins so. */
    public UUID last() {
        return filled('f');
    }

    private UUID filled(char digit) {
        return UUID.fromString(text + FORM.substring(text.length()).replace('x', digit));
    }
}
