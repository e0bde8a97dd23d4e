package io.jobledger.ledger.query;

/**
 * A place in the log, as those outside know it.
 *
 * @param epoch the life of the ledger in which the entry was appended
 * @param entry its number; 0 is before the first
 */
public record LogPlace(int epoch, long entry) {
    /** Before everything. */
    public static final LogPlace BEGINNING = new LogPlace(1, 0);

    /** {@code epoch-entry}. */
    public String text() {
        return epoch + "-" + entry;
    }
}
