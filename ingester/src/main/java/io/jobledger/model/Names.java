package io.jobledger.model;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The rule that every name from outside obeys: host, play, job, task, execution host. Names are otherwise free: spaces,
 * slashes, quotes, line breaks and any language are names too, and become safe only where they turn into a path or a
 * page.
 */
public final class Names {
    /** Longest name in UTF-8 bytes: long enough for any task name, short enough for a URL of three of them. */
    public static final int MAX_BYTES = 4096;

    private Names() {}

    /**
     * What is wrong with {@code name}, as the end of a sentence that begins with the field's name; empty when it is a
     * good name.
     */
    public static Optional<String> fault(String name) {
        if (name == null || name.isEmpty()) {
            return Optional.of("must not be empty");
        }
        if (name.indexOf('\0') >= 0) {
            return Optional.of("must not hold a NUL character");
        }
        if (!Unicode.isSound(name)) {
            return Optional.of("must be valid Unicode: it holds an unpaired surrogate");
        }
        // A char takes three bytes at most: short names need not be encoded to be measured.
        if (name.length() > MAX_BYTES / 3 && name.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            return Optional.of("must be at most " + MAX_BYTES + " bytes of UTF-8");
        }
        return Optional.empty();
    }

    /**
     * Returns {@code name} when it is a good one.
     *
     * @throws IllegalArgumentException saying which field breaks which rule
     */
    public static String require(String field, String name) {
        Optional<String> fault = fault(name);
        if (fault.isPresent()) {
            throw new IllegalArgumentException(field + " " + fault.get());
        }
        return name;
    }
}
