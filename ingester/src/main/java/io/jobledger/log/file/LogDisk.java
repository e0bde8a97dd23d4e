package io.jobledger.log.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** What the log wants of a disk. Thread-safe. */
public interface LogDisk {
    /** One open file. What is written is certain once {@code force} returns. */
    interface LogFile extends Closeable {
        /** Fills the buffer from a place on, as far as the file goes, and flips it. */
        ByteBuffer read(ByteBuffer into, long at) throws IOException;

        /** Writes all of the buffer. */
        void write(ByteBuffer bytes, long at) throws IOException;

        void force() throws IOException;

        void truncate(long size) throws IOException;

        long size() throws IOException;
    }

    /**
     * Makes a directory that only its owner may read, with those above, unless it is there; on the disk when it
     * returns.
     */
    void createDirectory(Path directory) throws IOException;

    /** The names of the files in a directory, without directories; none when it is not there. */
    List<String> list(Path directory) throws IOException;

    /** Opens for reading. */
    LogFile open(Path file) throws IOException;

    /** Opens for reading and writing; makes the file, for its owner alone, when it is not there. */
    LogFile edit(Path file) throws IOException;

    /** Replaces what has the name. */
    void rename(Path from, Path to) throws IOException;

    /** Does nothing when it is not there. */
    void delete(Path file) throws IOException;

    /** Brings what was made, renamed and deleted in a directory to the disk. */
    void sync(Path directory) throws IOException;

    /** Locks by a file until it is closed; null when somebody else has the lock. */
    Closeable lock(Path file) throws IOException;

    /** How many bytes may still be written. */
    long usable(Path directory) throws IOException;
}
