package io.jobledger.log.file;

import io.jobledger.log.LogException;
import io.jobledger.log.LogException.Kind;
import java.io.IOException;
import java.nio.file.Path;

/** What is said of a log that is not whole, and of a disk that fails. */
final class LogDamage {
    static final String WAYS =
            "Three ways on: put a backup in its place with 'jobledger restore'; fill a new ledger from"
                    + " a mirror with 'jobledger rebuild'; or keep what is left and accept the loss with 'jobledger"
                    + " accept-loss', which is written into the log";

    private LogDamage() {}

    /**
     * The refusal of a log that misses entries.
     *
     * @param from the first entry that is lost; with {@code to} below it nobody can say which
     */
    static LogException at(Path file, long position, String why, long from, long to) {
        String lost = from > to
                ? ""
                : " Lost with it " + (from == to ? "is entry " + from : "are the entries " + from + " to " + to)
                        + ", which may have been acknowledged.";
        return new LogException(
                Kind.UNUSABLE,
                "the log is damaged: " + file + " at byte " + position + ": " + why + "." + lost
                        + " Nothing was changed. " + WAYS);
    }

    static LogException failed(String what, Path file, IOException e) {
        return new LogException(Kind.FAILED, what + " " + file + ": " + e, e);
    }
}
