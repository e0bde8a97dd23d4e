package io.jobledger.ledger.h2;

import io.jobledger.ledger.LedgerException;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Keeps a reserve on the ledger's disk. H2 closes its store for good when a write finds no room, so writes are refused
 * while there is still some: lookups then go on, and writing goes on by itself when there is room again. What another
 * program leaves of the reserve is asked for, too, before H2 writes its pages. Thread-safe.
 */
final class FreeRoom {
    private static final long MIB = 1 << 20;

    private final Path file;
    private final long least;
    private final Usable usable;

    /** Tells how many bytes may still be written to the file system of a path. */
    interface Usable {
        long bytes(Path path) throws IOException;
    }

    FreeRoom(Path file, long least, Usable usable) {
        this.file = file;
        this.least = least;
        this.usable = usable;
    }

    /** @throws LedgerException of kind {@code FULL} when the reserve is touched */
    void require() {
        long left = left();
        if (left < least) {
            throw new LedgerException(
                    LedgerException.Kind.FULL,
                    "the disk of the ledger " + file + " has " + left / MIB + " MiB left, less than the " + least / MIB
                            + " MiB that are kept free (min-free). Nothing is stored until there is room; lookups go"
                            + " on");
        }
    }

    /** Whether so many bytes can be written, if need be out of the reserve. */
    boolean has(long bytes) {
        return left() >= bytes;
    }

    private long left() {
        try {
            return usable.bytes(file);
        } catch (IOException e) {
            throw new LedgerException(
                    LedgerException.Kind.FAILED,
                    "the disk of the ledger " + file + " does not answer: " + e.getMessage(),
                    e);
        }
    }
}
