package io.jobledger.ledger.chain;

import io.jobledger.ledger.Verifier.Fault;
import io.jobledger.ledger.chain.ChainLink.StoredEvent;
import io.jobledger.ledger.rows.EventText;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.model.RunId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;

/** Recomputes one chain from its events. Not thread-safe. */
public final class ChainWalk {
    private static final String EVENTS = "SELECT " + EventText.COLUMNS
            + ", entry, received_at, job, link FROM events WHERE run_id = ? ORDER BY entry";

    /** A row of {@code chains}. */
    public record Chain(
            long number, UUID run, long firstEntry, long lastEntry, long events, byte[] opening, byte[] head) {
        public static final String COLUMNS = "number, run_id, first_entry, last_entry, events, opening, head";

        public static Chain of(ResultSet rows) throws SQLException {
            return new Chain(
                    rows.getLong("number"),
                    rows.getObject("run_id", UUID.class),
                    rows.getLong("first_entry"),
                    rows.getLong("last_entry"),
                    rows.getLong("events"),
                    rows.getBytes("opening"),
                    rows.getBytes("head"));
        }

        boolean same(Chain other) {
            return other != null
                    && number == other.number
                    && lastEntry == other.lastEntry
                    && events == other.events
                    && Arrays.equals(head, other.head);
        }
    }

    private final Chain chain;
    private final long moment;
    private final Consumer<StoredEvent> each;
    private final List<Fault> faults = new ArrayList<>();
    private final List<StoredEvent> before = new ArrayList<>();
    private final List<StoredEvent> after = new ArrayList<>();
    private byte[] link;
    private long events;
    private long lastEntry;
    private long lastSeq;
    private long eventsAtMoment;
    private byte[] linkAtMoment;

    /**
     * @param previous the opening of the chain before it
     * @param moment the entry up to which an anchor is wanted
     * @param each sees every event of the chain
     */
    ChainWalk(Chain chain, byte[] previous, long moment, Consumer<StoredEvent> each) {
        this.chain = chain;
        this.link = previous;
        this.moment = moment;
        this.each = each;
    }

    /** Reads the run's events and compares; done once. */
    void read(Handle handle) {
        try (var rows = handle
                .createQuery(EVENTS)
                .bind(0, chain.run)
                .setFetchSize(500)
                .map((row, context) -> {
                    step(event(row), row.getBytes("link"));
                    return 1;
                })
                .stream()) {
            rows.forEach(done -> {});
        }
        finish();
    }

    private StoredEvent event(ResultSet row) throws SQLException {
        return new StoredEvent(
                chain.run,
                row.getLong("seq"),
                row.getLong("entry"),
                row.getString("type"),
                Rows.instant(row, "observed_at"),
                Rows.instant(row, "received_at"),
                row.getObject("job", Long.class),
                EventText.read(row));
    }

    private void step(StoredEvent event, byte[] stored) {
        if (event.entry() < chain.firstEntry) {
            before.add(event);
            return;
        }
        if (event.entry() > chain.lastEntry) {
            after.add(event);
            return;
        }
        if (!Arrays.equals(ChainLink.of(link, event), stored)) {
            fault(
                    "event-changed",
                    event.seq(),
                    event.entry(),
                    "what is stored of this event does not fit its hash, or an event was removed or inserted before it"
                            + (events == 0
                                    ? " (it is the first of chain " + chain.number + ")"
                                    : " (the one before it is seq " + lastSeq + ", entry " + lastEntry + ")"));
        }
        link = stored;
        if (events == 0 && !Arrays.equals(stored, chain.opening)) {
            fault(
                    "head-changed",
                    event.seq(),
                    event.entry(),
                    "the opening of chain " + chain.number + " is not the hash of its first event");
        }
        events++;
        lastEntry = event.entry();
        lastSeq = event.seq();
        if (event.entry() <= moment) {
            eventsAtMoment = events;
            linkAtMoment = stored;
        }
        each.accept(event);
    }

    private void finish() {
        if (events < chain.events) {
            fault(
                    "events-missing",
                    null,
                    null,
                    (chain.events - events) + " of the " + chain.events + " events of this run are missing"
                            + (events == 0
                                    ? ""
                                    : Arrays.equals(link, chain.head)
                                            ? ""
                                            : "; the last that is there is seq " + lastSeq + ", entry " + lastEntry
                                                    + ", and the last that was stored has entry " + chain.lastEntry));
        } else if (events > chain.events) {
            fault(
                    "event-forged",
                    null,
                    null,
                    (events - chain.events) + " events were inserted into this run, which has " + chain.events);
        }
        if (events == chain.events && !Arrays.equals(link, chain.head)) {
            fault(
                    "head-changed",
                    lastSeq,
                    lastEntry,
                    "the head of chain " + chain.number + " is not the hash of its last event");
        }
    }

    private void fault(String what, Long seq, Long entry, String detail) {
        faults.add(new Fault(what, new RunId(chain.run), seq, entry, detail));
    }

    List<Fault> faults() {
        return faults;
    }

    /** Events of the run that are older than the chain. */
    List<StoredEvent> before() {
        return before;
    }

    /** Events of the run that are newer than the chain's last, as the chain was read. */
    List<StoredEvent> after() {
        return after;
    }

    long events() {
        return events;
    }

    /** Adds the chain to an anchor, when it had begun at its moment. */
    void anchor(Anchors anchors) {
        if (chain.firstEntry <= moment) {
            anchors.add(chain.number, chain.run, eventsAtMoment, linkAtMoment);
        }
    }
}
