package io.jobledger.ledger.chain;

import org.jdbi.v3.core.Handle;

/** How far the ledger has counted. Read and written in one transaction of the single writer. Not thread-safe. */
public final class LedgerHead {
    private final Handle handle;
    private long entry;
    private long job;
    private long chains;
    private byte[] opening;
    private long removals;
    private byte[] removal;

    private LedgerHead(Handle handle) {
        this.handle = handle;
    }

    /** The head as this transaction sees it. */
    public static LedgerHead read(Handle handle) {
        return handle.createQuery("SELECT entry, job, chains, opening, removals, removal FROM ledger_head WHERE id = 1")
                .map((rows, context) -> {
                    LedgerHead head = new LedgerHead(handle);
                    head.entry = rows.getLong("entry");
                    head.job = rows.getLong("job");
                    head.chains = rows.getLong("chains");
                    head.opening = rows.getBytes("opening");
                    head.removals = rows.getLong("removals");
                    head.removal = rows.getBytes("removal");
                    return head;
                })
                .one();
    }

    /** The number of the event that was stored last. */
    public long entry() {
        return entry;
    }

    /** How many chains were ever opened. */
    long chains() {
        return chains;
    }

    /** The opening of the chain that was opened last, null before the first. */
    public byte[] opening() {
        return opening;
    }

    /** How many chains were removed. */
    public long removals() {
        return removals;
    }

    /** The link of the last stub, null before the first. */
    public byte[] removal() {
        return removal;
    }

    public long nextEntry() {
        return ++entry;
    }

    public long nextJob() {
        return ++job;
    }

    /** Counts a chain whose first event has this link; returns its number. */
    public long open(byte[] first) {
        opening = first;
        return ++chains;
    }

    /** Counts a stub with this link; returns its number. */
    public long remove(byte[] link) {
        removal = link;
        return ++removals;
    }

    public void write() {
        writeTo(handle);
    }

    /** Makes these the counts of another ledger. */
    public void writeTo(Handle handle) {
        handle.createUpdate(
                        "UPDATE ledger_head SET entry = ?, job = ?, chains = ?, opening = ?, removals = ?, removal = ?"
                                + " WHERE id = 1")
                .bind(0, entry)
                .bind(1, job)
                .bind(2, chains)
                .bind(3, opening)
                .bind(4, removals)
                .bind(5, removal)
                .execute();
    }
}
