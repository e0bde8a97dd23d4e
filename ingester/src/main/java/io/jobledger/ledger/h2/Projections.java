package io.jobledger.ledger.h2;

import io.jobledger.ledger.project.Changed;
import io.jobledger.ledger.project.Projection;
import io.jobledger.ledger.project.WriterMemory;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.log.LogChain;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogStep;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;

/**
 * The projections in their H2 file: rows, and how far the log is in them, in one transaction. Only one thread writes.
 */
final class Projections implements AutoCloseable {
    /** H2's own writer then sleeps for as long as a number can say. */
    private static final int NEVER = Integer.MAX_VALUE;
    /** Bytes: with less, nothing is written but what must be. A write without room would close the store. */
    private static final long ROOM = 2 << 20;
    /** Runs and jobs that are kept in memory. */
    private static final int REMEMBERED = 1000;

    private static final String ROW_IS_THERE = "23505";

    /** One transaction's work. */
    interface Work {
        void on(Projection projection) throws SQLException;
    }

    private final H2Database database;
    private final WriterMemory memory = new WriterMemory(REMEMBERED);
    private LogHead applied;
    private boolean unattended = true;
    /** All rows were written by this process; else what a kill left of others may be among them. */
    private boolean own;

    private Projections(H2Database database) {
        this.database = database;
        this.applied = read();
        this.own = applied.entry() == 0;
    }

    /**
     * Whether a failure shows that rows and log do not fit together: a row is there that only a later entry writes. A
     * kill can leave that in an index that H2 had written in part. The entry is not at fault, unless rows that were
     * computed from nothing say the same.
     */
    boolean contradicts(Throwable e) {
        return !own && Failures.state(e).equals(ROW_IS_THERE);
    }

    /** Opens them; what cannot be opened, or is from a newer program, is begun anew. */
    static Projections open(LedgerDirectory directory, int cacheKib) throws IOException {
        try {
            return new Projections(new H2Database(directory.projections(), cacheKib, "common"));
        } catch (RuntimeException e) {
            Projector.LOG.warn(
                    "The projections {} cannot be opened and are computed again from the log: {}",
                    directory.projections(),
                    Failures.text(e));
        }
        H2Database.delete(directory.projections());
        return new Projections(new H2Database(directory.projections(), cacheKib, "common"));
    }

    Jdbi jdbi() {
        return database.jdbi();
    }

    /** Up to where the log is in the rows. */
    LogHead applied() {
        return applied;
    }

    private LogHead read() {
        return jdbi().withHandle(handle -> handle.createQuery("SELECT epoch, entry, hash FROM projected")
                .map((rows, context) -> new LogHead(
                        rows.getInt(1), rows.getLong(2), rows.getLong(2) == 0 ? LogChain.start() : rows.getBytes(3)))
                .one());
    }

    /** Applies what leads to a head, all of it or nothing; returns the names that changed. */
    Map<UUID, Changed> apply(LogHead head, Work work) throws SQLException {
        busy();
        try {
            H2WriteTransaction writing = new H2WriteTransaction(memory);
            jdbi().<SQLException>useTransaction(handle -> {
                work.on(new Projection(handle, writing));
                Projection.reached(handle, head);
            });
            applied = head;
            return writing.names();
        } catch (Throwable e) {
            memory.forget();
            throw e;
        }
    }

    /** Notes an entry that could not be applied. */
    void setAside(LogHead head, LogStep step, String reason) {
        jdbi().useTransaction(handle -> {
            Projection.setAside(handle, step, reason);
            Projection.reached(handle, head);
        });
        applied = head;
    }

    /**
     * H2 takes its snapshots table by table and index by index while others write; one that is taken in the middle of a
     * transaction has it in some of them and not in others, and does not undo it after a kill. So its own writer
     * sleeps, and the projector has it write. The statement returns when that writer has stopped.
     */
    private void busy() {
        if (unattended) {
            jdbi().useHandle(handle -> handle.execute("SET WRITE_DELAY " + NEVER));
            unattended = false;
        }
    }

    /**
     * Between two transactions: writes what is committed to the file; returns false, and writes nothing, where there is
     * no room for it.
     */
    boolean checkpoint() {
        if (database.room() < ROOM) {
            return false;
        }
        jdbi().useHandle(handle -> handle.execute("CHECKPOINT"));
        return true;
    }

    /** Opens the file again after a failure; what was not written is applied again. */
    void reopen() throws IOException {
        memory.forget();
        database.reopen();
        unattended = true;
        own = false;
        applied = read();
    }

    /** Begins anew. */
    void replace() throws IOException {
        memory.forget();
        database.replace();
        unattended = true;
        own = true;
        applied = read();
    }

    long bytes() throws IOException {
        return database.bytes();
    }

    @Override
    public void close() {
        database.close();
    }
}
