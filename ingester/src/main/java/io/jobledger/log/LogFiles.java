package io.jobledger.log;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/**
 * The files of a log, for who copies them while it grows. Only what is synced is given. Nothing here waits for an
 * append or holds one up. Thread-safe, but for a {@link Reading}.
 */
public interface LogFiles {
    /**
     * A file of the log at a moment.
     *
     * @param name of the file
     * @param epoch of its entries
     * @param first its first entry
     * @param last its last entry that is synced
     * @param hash of the chain over that entry; not to be changed
     * @param packed whether it was closed and rewritten; else it may still grow, and its first bytes stay as they are
     * @param bytes how many of it count
     * @param version another object for each rewriting; the same while the file only grows. Compared by identity
     */
    record Part(
            String name, int epoch, long first, long last, byte[] hash, boolean packed, long bytes, Object version) {}

    /** A file, open for reading. Whatever happens to its name, it stays the same. */
    interface Reading extends Closeable {
        /** How many bytes count. */
        long size();

        byte[] read(long from, int length) throws IOException;
    }

    /** The last entry that is synced. Never blocks. */
    LogHead head();

    /** The files in their order. Each goes on where the one before ends. Never blocks. */
    List<Part> parts();

    /** Opens one; null when it was rewritten since. */
    Reading open(Part part) throws IOException;

    /** Whether a head is one that this log has or had: the same entry with the same hash. */
    boolean has(LogHead head);
}
