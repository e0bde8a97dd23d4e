package io.jobledger.log;

import io.jobledger.model.Event;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * The log of a ledger. One thread at a time appends; everybody may read and purge meanwhile. Calls block, and fail with
 * {@link LogException}.
 */
public interface EventLog extends AutoCloseable {
    /** An event that the log has, with its number and when it was received. */
    record Logged(long entry, Instant received, Event event) {}

    /**
     * What became of batches.
     *
     * @param stored how many events of each batch are new, in the order of the batches
     * @param fresh those that are new, in the order of their numbers
     * @param changed identities of events that the log has with another content; the log keeps what it has
     * @param head where the log ends now
     */
    record Appended(List<Integer> stored, List<Logged> fresh, List<Repeat> changed, LogHead head) {}

    /** An event that came again. */
    record Repeat(UUID run, long seq) {}

    /**
     * What is to be removed.
     *
     * @param runs their events
     * @param upTo the last entry that counts for {@code runs}; what comes of them later stays
     * @param entries single entries
     */
    record Purge(Set<UUID> runs, long upTo, Set<Long> entries) {
        /** Whether an entry is to be removed. */
        public boolean removes(LogEntry entry) {
            return entry.entry() <= upTo && runs.contains(entry.run()) || entries.contains(entry.entry());
        }
    }

    /** The last entry that is synced. Never blocks. */
    LogHead head();

    /**
     * Appends what is new of the batches, as one record, and returns when it is synced. What the log has, or has had,
     * is a repeat: it appends nothing. When it fails, nothing of it is in the log, or nobody knows and no later entry
     * has the same number.
     *
     * @param received the ledger's time; kept to the microsecond
     */
    Appended append(List<List<Event>> batches, Instant received);

    /** Appends facts as one record, and returns when it is synced. */
    LogHead append(Instant received, List<LogFact> facts);

    /**
     * Gives the records from the one that holds an entry up to the head as it was at the call, in their order, for as
     * long as {@code each} returns true. Removed stretches come as stubs.
     *
     * @param from an entry; 1 is the first. Beyond the head there is nothing to give
     */
    void read(long from, Predicate<LogRecord> each);

    /**
     * Gives the events of a run whose entries are in a range, both included, in the order of their entries, for as long
     * as {@code each} returns true. Removed ones are not given. It does not read the whole log.
     */
    void ofRun(UUID run, long from, long upTo, Predicate<LogEntry> each);

    /** The numbers of a run that the log has or has had; empty when it never heard of the run. A copy. */
    SeqRanges ranges(UUID run);

    /**
     * Takes the contents of entries out, and leaves their digests, so that the chain still holds. What was removed is
     * gone from the disk when it returns. The caller has appended the facts that say who and why. It may be repeated.
     *
     * @return how many entries lost their contents now
     */
    long purge(Purge purge);

    /** How much room it takes, in bytes. */
    long bytes();

    /** Whether a small write reaches the disk now; fails with the reason when it does not. */
    void check();

    @Override
    void close();
}
