package io.jobledger.http.api;

import io.jobledger.http.guard.Problem;
import io.jobledger.ledger.AsOf;
import io.jobledger.ledger.query.Cursor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Places in the ledger as they are given to those outside: {@code epoch-entry}. A restore begins another epoch, in
 * which an entry's number may mean something else.
 *
 * @param epoch of which life of the ledger
 * @param entry number of an entry
 */
public record EpochId(int epoch, long entry) {
    private static final Pattern FORM = Pattern.compile("([1-9][0-9]{0,8})-([0-9]{1,18})");

    /** @throws IllegalArgumentException when {@code text} is none */
    public static EpochId parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new IllegalArgumentException("must be epoch-entry, as the ledger gave it, like 1-1024");
        }
        return new EpochId(Integer.parseInt(form.group(1)), Long.parseLong(form.group(2)));
    }

    /** A cursor for the next page of a list. */
    public static String cursor(AsOf asOf, Cursor next) {
        return next == null ? null : asOf.text() + "." + next.encode();
    }

    /**
     * Reads {@link #cursor}.
     *
     * @throws IllegalArgumentException when it is none
     * @throws Problem when it is of another epoch
     */
    public static Cursor cursor(AsOf asOf, String text) {
        int dot = text.indexOf('.');
        if (dot < 0) {
            throw new IllegalArgumentException("must be the 'next' of an earlier answer, unchanged");
        }
        EpochId of = parse(text.substring(0, dot));
        if (of.epoch != asOf.epoch()) {
            throw Problem.of(
                    410,
                    "other-epoch",
                    "the cursor is of epoch " + of.epoch + ", and the ledger is in epoch " + asOf.epoch()
                            + ": it was restored since, or a loss was accepted, so the rest of the list may be another",
                    "read the list from its beginning: leave out cursor");
        }
        return Cursor.decode(text.substring(dot + 1));
    }

    @Override
    public String toString() {
        return epoch + "-" + entry;
    }
}
