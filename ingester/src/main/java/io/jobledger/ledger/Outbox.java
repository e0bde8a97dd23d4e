package io.jobledger.ledger;

import io.jobledger.model.JobKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** What the mirrors do not have yet: one entry a mirror and key. Calls block on the database. Thread-safe. */
public interface Outbox {
    /**
     * A key whose newest record a mirror lacks.
     *
     * @param version which state of the entry this is; it changes with every new record of the key
     * @param attempts how often putting it has failed
     * @param claim who may put it, where several ingesters share the outbox; null where one has it for itself
     * @param until when a put of it may begin at the latest
     */
    record Entry(int mirror, JobKey key, long version, int attempts, UUID claim, Instant until) {}

    /**
     * How a mirror stands.
     *
     * @param pending entries that wait for a put
     * @param blocked entries that wait for an operator
     * @param oldest when the oldest entry was made, null when there is none
     * @param lastError the latest failure among the entries, null when there is none
     */
    record Backlog(long pending, long blocked, Instant oldest, String lastError) {}

    /**
     * Makes {@code uris} the mirrors that are fed. One that the ledger does not know yet gets an entry for every key;
     * one that is no longer named is forgotten with its entries.
     *
     * @return the mirrors' numbers, in the order of {@code uris}
     */
    List<Integer> feed(List<String> uris);

    /**
     * No pause is longer. An entry that is due later than so was stamped by a clock that has been set back since, and
     * does not wait for it.
     */
    Duration LONGEST_PAUSE = Duration.ofHours(1);

    /**
     * Entries of a mirror that may be tried now, the longest waiting first. They are the caller's alone until their
     * time is over or it says how it went.
     */
    List<Entry> due(int mirror, int limit);

    /** Whether a put of the entry may still begin. When not, leave it alone: it is or will be somebody else's. */
    boolean mine(Entry entry);

    /** Takes entries out, except those that changed since they were read: these are due again. */
    void done(List<Entry> entries);

    /** Gives back entries that were due but not tried. */
    void leave(List<Entry> entries);

    /** Notes a failure that may pass: the entry is due again after {@code pause}, or {@link #LONGEST_PAUSE}. */
    void failed(Entry entry, String error, Duration pause);

    /** Notes a failure that does not pass by itself: the entry waits for {@link #release}. */
    void block(Entry entry, String error);

    /** Makes all entries of a mirror due now, the blocked ones too; returns how many were blocked. */
    int release(int mirror);

    Backlog backlog(int mirror);
}
