package io.jobledger.ledger.chain;

import io.jobledger.ledger.Verifier.Fault;
import io.jobledger.ledger.Verifier.Listener;
import io.jobledger.ledger.Verifier.Stub;
import io.jobledger.ledger.chain.ChainLink.StubFacts;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.model.RunId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Reads the stubs of removed chains, and recomputes what chains them. Not thread-safe. */
final class StubCheck {
    private static final String STUBS =
            "SELECT removal, number, run_id, first_entry, last_entry, events, jobs, opening, head, removed_at,"
                    + " removed_by, reason, link, swept FROM stubs";

    /** A row of {@code stubs}. */
    record Row(long removal, StubFacts facts, byte[] link, boolean swept) {
        private static Row of(ResultSet rows) throws SQLException {
            return new Row(
                    rows.getLong("removal"),
                    new StubFacts(
                            rows.getLong("number"),
                            rows.getObject("run_id", UUID.class),
                            rows.getLong("first_entry"),
                            rows.getLong("last_entry"),
                            rows.getLong("events"),
                            rows.getLong("jobs"),
                            rows.getBytes("opening"),
                            rows.getBytes("head"),
                            Rows.instant(rows, "removed_at"),
                            rows.getString("removed_by"),
                            rows.getString("reason")),
                    rows.getBytes("link"),
                    rows.getBoolean("swept"));
        }

        private Stub stub() {
            return new Stub(
                    removal,
                    facts.number(),
                    new RunId(facts.run()),
                    facts.events(),
                    facts.jobs(),
                    ChainLink.hex(facts.head()),
                    facts.removedAt(),
                    facts.removedBy(),
                    facts.reason());
        }
    }

    private final Handle handle;
    private final Listener listener;
    private byte[] link;
    private byte[] linkAtMoment;
    private long next = 1;

    StubCheck(Handle handle, Listener listener) {
        this.handle = handle;
        this.listener = listener;
    }

    /** The stub of a chain. */
    static Optional<Row> ofChain(Handle handle, long number) {
        return handle.createQuery(STUBS + " WHERE number = ?")
                .bind(0, number)
                .map((rows, context) -> Row.of(rows))
                .findOne();
    }

    /** Whether the event is one of a removed chain, still waiting to be swept. */
    static boolean waits(Handle handle, UUID run, long entry) {
        return handle.createQuery("SELECT COUNT(*) FROM stubs WHERE run_id = ? AND swept = FALSE AND first_entry <= ?"
                                + " AND last_entry >= ?")
                        .bind(0, run)
                        .bind(1, entry)
                        .bind(2, entry)
                        .mapTo(Long.class)
                        .one()
                > 0;
    }

    /** Goes through all stubs up to the head's. */
    void run(LedgerHead head, long moment) {
        try (var rows = handle
                .createQuery(STUBS + " WHERE removal <= ? ORDER BY removal")
                .bind(0, head.removals())
                .setFetchSize(500)
                .map((row, context) -> Row.of(row))
                .stream()) {
            rows.forEach(row -> check(row, moment));
        }
        missing(head.removals() + 1);
        if (next > 1 && !Arrays.equals(link, head.removal())) {
            listener.fault(new Fault(
                    "ledger-head-changed", null, null, null, "the ledger's head does not name the last stub"));
        }
    }

    private void check(Row row, long moment) {
        boolean gap = row.removal > next;
        missing(row.removal);
        // After a gap the link before is not known, and the gap was named.
        if (!gap && !Arrays.equals(ChainLink.of(link, row.facts), row.link)) {
            listener.fault(new Fault(
                    "stub-changed",
                    new RunId(row.facts.run()),
                    null,
                    null,
                    "stub " + row.removal + " does not fit its hash"));
        }
        link = row.link;
        next = row.removal + 1;
        if (row.removal <= moment) {
            linkAtMoment = row.link;
        }
        listener.stub(row.stub());
    }

    private void missing(long upTo) {
        for (; next < upTo; next++) {
            listener.fault(new Fault("stub-missing", null, null, null, "stub " + next + " is missing"));
        }
    }

    /** The link of the last stub of the moment, or null. */
    byte[] linkAtMoment() {
        return linkAtMoment;
    }
}
