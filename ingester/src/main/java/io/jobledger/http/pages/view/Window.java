package io.jobledger.http.pages.view;

import java.time.Duration;
import java.util.Arrays;

/** How far back a picture looks. */
public enum Window {
    HOUR("1h", "1 hour", Duration.ofHours(1)),
    QUARTER("6h", "6 hours", Duration.ofHours(6)),
    DAY("24h", "24 hours", Duration.ofHours(24)),
    WEEK("7d", "7 days", Duration.ofDays(7));

    private final String wire;
    private final String words;
    private final Duration length;

    Window(String wire, String words, Duration length) {
        this.wire = wire;
        this.words = words;
        this.length = length;
    }

    /** The spelling in addresses. */
    public String wire() {
        return wire;
    }

    public String words() {
        return words;
    }

    public Duration length() {
        return length;
    }

    /**
     * Reads the spelling of an address.
     *
     * @throws IllegalArgumentException naming those there are
     */
    public static Window parse(String text) {
        return Arrays.stream(values())
                .filter(window -> window.wire.equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("must be one of 1h, 6h, 24h, 7d"));
    }
}
