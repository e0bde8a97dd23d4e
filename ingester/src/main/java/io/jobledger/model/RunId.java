package io.jobledger.model;

import java.util.UUID;
import java.util.regex.Pattern;

/** Names one run: a UUID that the callback makes. */
public record RunId(UUID value) implements Comparable<RunId> {
    // UUID.fromString also takes "1-1-1-1-1"; an identity must have one spelling only.
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    /** @throws IllegalArgumentException when {@code text} is not a lower-case UUID with dashes */
    public static RunId parse(String text) {
        if (text == null || !FORM.matcher(text).matches()) {
            throw new IllegalArgumentException("must be a UUID in lower case with dashes, like 5f0c9a3e-7d7c-4c3b-9f0e-2a4b6c8d0e1f");
        }
        return new RunId(UUID.fromString(text));
    }

    /** A new random id. */
    public static RunId random() {
        return new RunId(UUID.randomUUID());
    }

    @Override
    public int compareTo(RunId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
