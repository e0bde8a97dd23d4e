package io.jobledger.ledger.retention;

import io.jobledger.ledger.Retention;
import io.jobledger.ledger.chain.ChainLink;
import io.jobledger.ledger.chain.ChainWalk.Chain;
import io.jobledger.ledger.chain.LedgerHead;
import io.jobledger.ledger.project.JobRows;
import io.jobledger.ledger.project.NameCounts;
import io.jobledger.ledger.project.RunFacts;
import io.jobledger.ledger.retention.Removal.OwnedJob;
import io.jobledger.ledger.rows.RowBatch;
import io.jobledger.ledger.rows.Sql;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Takes rows out and leaves stubs. Used by the writer's thread, inside its transaction. */
public final class ChainRemover {
    /** Most events that go in one step. */
    static final int STEP = 1000;

    private final Handle handle;
    private final LedgerHead head;
    private final Retention.Order order;
    private final Instant now;

    /** @param now with no more than microseconds */
    public ChainRemover(Handle handle, LedgerHead head, Retention.Order order, Instant now) {
        this.handle = handle;
        this.head = head;
        this.order = order;
        this.now = now;
    }

    /** What went: chains and events. */
    record Gone(long chains, long events) {}

    /** Removes a run or a saved job with all that belongs to it. The caller writes the head. */
    Gone remove(Removal removal) throws SQLException {
        List<UUID> runs = chains(handle, removal);
        removeJobs(removal);
        if (removal.run() != null) {
            RowBatch labels =
                    new RowBatch(handle, "DELETE FROM run_labels WHERE label_id = ? AND first_at = ? AND run_id = ?");
            RunFacts.labels(removal.run().info())
                    .forEach(label -> labels.add(
                            label,
                            Sql.utc(removal.run().firstAt()),
                            removal.run().id().value()));
            Sql.execute(labels);
            handle.execute(
                    "DELETE FROM plays WHERE run_id = ?", removal.run().id().value());
            handle.execute(
                    "DELETE FROM runs WHERE run_id = ?", removal.run().id().value());
        }
        long chains = 0;
        long events = 0;
        for (UUID run : runs) {
            Optional<Chain> chain = chain(run);
            if (chain.isPresent()) {
                boolean own = removal.run() == null
                        ? chains == 0
                        : run.equals(removal.run().id().value());
                leaveStub(
                        chain.get(),
                        own ? removal.jobs().size() : 0,
                        chain.get().events() <= STEP);
                chains++;
                events += chain.get().events();
            }
        }
        return new Gone(chains, events);
    }

    /** What {@link #remove} would take. */
    static Gone count(Handle handle, Removal removal) throws SQLException {
        return handle.createQuery(
                        "SELECT COUNT(*) AS chains, COALESCE(SUM(events), 0) AS events FROM chains WHERE run_id ="
                                + " ANY(?)")
                .bindBySqlType(0, Sql.array(handle, "UUID", chains(handle, removal)), Types.ARRAY)
                .map((rows, context) -> new Gone(rows.getLong("chains"), rows.getLong("events")))
                .one();
    }

    /** The run itself, and the saves of its jobs; a save that stands in the chain of a run goes with that run. */
    private static List<UUID> chains(Handle handle, Removal removal) throws SQLException {
        List<UUID> runs = new ArrayList<>();
        if (removal.run() != null) {
            runs.add(removal.run().id().value());
        }
        if (!removal.jobs().isEmpty()) {
            handle.createQuery("SELECT DISTINCT e.run_id AS run_id FROM events e WHERE e.job = ANY(?) AND e.type ="
                            + " 'job_saved' AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.run_id = e.run_id)")
                    .bindBySqlType(
                            0,
                            Sql.array(
                                    handle,
                                    "BIGINT",
                                    removal.jobs().stream().map(OwnedJob::entry).toList()),
                            Types.ARRAY)
                    .map((rows, context) -> rows.getObject("run_id", UUID.class))
                    .forEach(runs::add);
        }
        return runs;
    }

    private Optional<Chain> chain(UUID run) {
        return handle.createQuery("SELECT " + Chain.COLUMNS + " FROM chains WHERE run_id = ?")
                .bind(0, run)
                .map((rows, context) -> Chain.of(rows))
                .findOne();
    }

    private void removeJobs(Removal removal) {
        RowBatch keys = new RowBatch(
                handle, "DELETE FROM job_keys WHERE key_id = ? AND open = ? AND started_at = ? AND entry = ?");
        RowBatch labels =
                new RowBatch(handle, "DELETE FROM job_labels WHERE label_id = ? AND started_at = ? AND entry = ?");
        RowBatch rows = new RowBatch(handle, "DELETE FROM jobs WHERE entry = ?");
        NameCounts names = new NameCounts();
        // A job that no run of this ledger started has none.
        Set<Long> ofRun =
                RunFacts.labels(removal.run() == null ? null : removal.run().info());
        for (OwnedJob job : removal.jobs()) {
            job.job()
                    .keys()
                    .forEach(key -> keys.add(key.digest(), job.status().open(), Sql.utc(job.startedAt()), job.entry()));
            ofRun.forEach(label -> labels.add(label, Sql.utc(job.startedAt()), job.entry()));
            names.changed(JobRows.record(job.job()), null);
            rows.add(job.entry());
        }
        Sql.execute(keys, labels, rows);
        names.execute(handle);
    }

    /**
     * Leaves stubs of the chains of these runs, whose events the caller then drops as a whole; runs and jobs stay. The
     * caller writes the head.
     */
    public void endChains(List<UUID> runs) throws SQLException {
        handle.createQuery("SELECT " + Chain.COLUMNS + " FROM chains WHERE run_id = ANY(?) ORDER BY number")
                .bindBySqlType(0, Sql.array(handle, "UUID", runs), Types.ARRAY)
                .map((rows, context) -> Chain.of(rows))
                .list()
                .forEach(chain -> leaveStub(chain, 0, false));
    }

    /** @param small whether its events go in this step too, and not later */
    private void leaveStub(Chain chain, long jobs, boolean small) {
        ChainLink.StubFacts facts = new ChainLink.StubFacts(
                chain.number(),
                chain.run(),
                chain.firstEntry(),
                chain.lastEntry(),
                chain.events(),
                jobs,
                chain.opening(),
                chain.head(),
                now,
                order.by(),
                order.reason());
        byte[] link = ChainLink.of(head.removal(), facts);
        handle.createUpdate(
                        "INSERT INTO stubs (removal, number, run_id, first_entry, last_entry, events, jobs, opening,"
                                + " head, removed_at, removed_by, reason, link, swept) VALUES (?, ?, ?, ?,"
                                + " ?, ?, ?, ?, ?,"
                                + " ?, ?, ?, ?, ?)")
                .bind(0, head.remove(link))
                .bind(1, chain.number())
                .bind(2, chain.run())
                .bind(3, chain.firstEntry())
                .bind(4, chain.lastEntry())
                .bind(5, chain.events())
                .bind(6, jobs)
                .bind(7, chain.opening())
                .bind(8, chain.head())
                .bind(9, Sql.utc(now))
                .bind(10, order.by())
                .bind(11, order.reason())
                .bind(12, link)
                .bind(13, small)
                .execute();
        handle.execute("DELETE FROM chains WHERE number = ?", chain.number());
        if (small) {
            handle.execute(
                    "DELETE FROM events WHERE run_id = ? AND entry >= ? AND entry <= ?",
                    chain.run(),
                    chain.firstEntry(),
                    chain.lastEntry());
        }
    }

    /** Takes out one step of the events that removed chains left; says whether there may be more. */
    static boolean sweep(Handle handle) {
        record Left(long removal, UUID run, long first, long last) {}
        Optional<Left> left = handle.createQuery(
                        "SELECT removal, run_id, first_entry, last_entry FROM stubs WHERE swept = FALSE ORDER BY"
                                + " removal LIMIT 1")
                .map((rows, context) -> new Left(
                        rows.getLong("removal"),
                        rows.getObject("run_id", UUID.class),
                        rows.getLong("first_entry"),
                        rows.getLong("last_entry")))
                .findOne();
        if (left.isEmpty()) {
            return false;
        }
        Left stub = left.get();
        Long highest = handle.createQuery(
                        "SELECT MAX(seq) FROM (SELECT seq FROM events WHERE run_id = ? AND entry >= ? AND entry <= ?"
                                + " ORDER BY run_id, seq LIMIT ?) step")
                .bind(0, stub.run)
                .bind(1, stub.first)
                .bind(2, stub.last)
                .bind(3, STEP)
                .mapTo(Long.class)
                .findOne()
                .orElse(null);
        if (highest == null) {
            handle.execute("UPDATE stubs SET swept = TRUE WHERE removal = ?", stub.removal);
        } else {
            handle.execute(
                    "DELETE FROM events WHERE run_id = ? AND seq <= ? AND entry >= ? AND entry <= ?",
                    stub.run,
                    highest,
                    stub.first,
                    stub.last);
        }
        return true;
    }
}
