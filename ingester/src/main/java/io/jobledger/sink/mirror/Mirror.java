package io.jobledger.sink.mirror;

import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A place outside the ledger that holds the newest record of each key. Building one never connects. Every call may
 * block and is safe from any thread; two puts of the same key at once are the caller's mistake.
 */
public interface Mirror extends AutoCloseable {
    /** What was found where an object should be. */
    sealed interface Listed {
        /** The object's path in the mirror, for people. */
        String path();

        /** A readable record. */
        record Found(String path, JobRecord record) implements Listed {}

        /** An object that is not a record, and why. */
        record Damaged(String path, String why) implements Listed {}
    }

    /** The URI that chose this mirror, without secrets: its name in settings, answers and logs. */
    String uri();

    /**
     * Makes {@code record} the one under its key, unless the mirror holds one of another job that goes before it: an
     * open one before one that ended, and else the later start. After it returns the record survives a loss of power;
     * while it runs, readers see the old record or the new one, never a part.
     *
     * @return whether it is the one now; false when the held one stays
     * @throws MirrorException when neither happened
     */
    boolean put(JobRecord record);

    /** The record under {@code key}; a damaged one is a {@link MirrorException}. */
    Optional<JobRecord> get(JobKey key);

    /** Takes out the record under {@code key}, if it is there and is of the job {@code jobId}. */
    void delete(JobKey key, AnsibleJobId jobId);

    /** Passes on every object, in no particular order; a damaged one never stops the rest. */
    void list(Consumer<Listed> consumer);

    /**
     * Proves step by step that the mirror can be reached, read and written, with a probe that no listing shows and that
     * is taken out again. Never throws.
     */
    List<CheckStep> probe();

    /**
     * As {@link #probe}, for those who only want to know whether it works: throws the first failure's
     * {@link MirrorException}.
     */
    default void check() {
        for (CheckStep step : probe()) {
            if (step.failure() != null) {
                throw step.failure();
            }
        }
    }

    /**
     * Tells whether there is something to read from. Writes nothing, so that a read-only copy will do.
     *
     * @throws MirrorException saying why not
     */
    default void requireReadable() {
        backups();
    }

    /**
     * Keeps a copy of {@code file} beside the records, where no listing shows it. Replaces an older one of the same
     * name.
     *
     * @param name letters, digits, dots and dashes
     */
    void putBackup(String name, Path file);

    /** The names of the backups that are kept, in their alphabetical order. */
    List<String> backups();

    /**
     * Fetches a backup into {@code file}, which must not exist. Throws {@link MirrorException} when there is none of
     * that name.
     */
    void getBackup(String name, Path file);

    /** Objects that are no records: the copy of the log. Asking for them connects to nothing. */
    MirrorObjects objects();

    @Override
    void close();
}
