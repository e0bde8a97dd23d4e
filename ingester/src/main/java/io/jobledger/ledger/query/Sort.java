package io.jobledger.ledger.query;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * How a list is sorted. Rows of equal value come in the order in which they came to the ledger, or the reverse of it.
 */
public record Sort(Key key, boolean descending) {
    public static final Sort NEWEST = new Sort(Key.STARTED_AT, true);
    public static final Sort BY_NAME = new Sort(Key.NAME, false);

    /** What can be sorted by. */
    public enum Key {
        STARTED_AT,
        /** Of ended jobs and runs only: the others are not in such a list. */
        FINISHED_AT,
        NAME,
        SEQ;

        /** The spelling in URLs. */
        public String wire() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The spelling in URLs: the key, {@code -} before it for descending. */
    public String wire() {
        return (descending ? "-" : "") + key.wire();
    }

    /** @throws IllegalArgumentException naming what {@code allowed} has */
    public static Sort parse(String text, Key... allowed) {
        List<Key> keys = Arrays.asList(allowed);
        for (Key key : keys) {
            if (text.equals(key.wire()) || text.equals("-" + key.wire())) {
                return new Sort(key, text.startsWith("-"));
            }
        }
        throw new IllegalArgumentException("must be one of "
                + keys.stream().map(key -> key.wire() + ", -" + key.wire()).collect(Collectors.joining(", ")));
    }
}
