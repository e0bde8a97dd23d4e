package io.jobledger.ledger.project;

import io.jobledger.ledger.chain.ChainLink;
import io.jobledger.ledger.chain.ChainLink.StoredEvent;
import io.jobledger.ledger.chain.LedgerHead;
import io.jobledger.ledger.rows.RowBatch;
import io.jobledger.ledger.rows.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/** Appends events to the chains of their runs. Used by the writer's thread, inside its transaction. */
final class ChainWriter {
    private final Handle handle;
    private final LedgerHead head;
    private final WriteTransaction writing;
    private final Map<UUID, Chain> chains = new LinkedHashMap<>();

    /** The state of a chain, with what was appended. */
    static final class Chain {
        private long number;
        private long first;
        private long last;
        private long events;
        private byte[] opening;
        private byte[] head;
        private boolean stored;
    }

    /** @param runs of the events that will be appended */
    ChainWriter(Handle handle, LedgerHead head, WriteTransaction writing, Collection<UUID> runs) throws SQLException {
        this.handle = handle;
        this.head = head;
        this.writing = writing;
        chains.putAll(WriterMemory.rows(writing.memory().chains(), runs, this::read));
    }

    private Map<UUID, Chain> read(List<UUID> runs) throws SQLException {
        return handle.createQuery("SELECT number, run_id, events, head FROM chains WHERE run_id = ANY(?)")
                .bindBySqlType(0, Sql.array(handle, "UUID", runs), Types.ARRAY)
                .map((rows, context) -> Map.entry(rows.getObject("run_id", UUID.class), chain(rows)))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static Chain chain(ResultSet rows) throws SQLException {
        Chain chain = new Chain();
        chain.number = rows.getLong("number");
        chain.events = rows.getLong("events");
        chain.head = rows.getBytes("head");
        chain.stored = true;
        return chain;
    }

    /** Appends an event, which has the ledger's next entry; returns its link. */
    byte[] append(StoredEvent event) {
        Chain chain = chains.computeIfAbsent(event.run(), run -> new Chain());
        byte[] link = ChainLink.of(chain.events == 0 ? head.opening() : chain.head, event);
        if (chain.events == 0) {
            chain.number = head.open(link);
            chain.first = event.entry();
            chain.opening = link;
        }
        chain.events++;
        chain.last = event.entry();
        chain.head = link;
        return link;
    }

    /** Stores the chains' new heads. */
    void write() {
        RowBatch inserts = new RowBatch(
                handle,
                "INSERT INTO chains (number, run_id, first_entry, last_entry, events, opening, head) VALUES (?, ?, ?,"
                        + " ?, ?, ?, ?)");
        RowBatch updates = writing.updates(handle, "chains", List.of("last_entry", "events", "head"), "number");
        chains.forEach((run, chain) -> {
            if (chain.stored) {
                updates.add(chain.last, chain.events, chain.head, chain.number);
            } else {
                inserts.add(chain.number, run, chain.first, chain.last, chain.events, chain.opening, chain.head);
            }
        });
        Sql.execute(inserts, updates);
        chains.forEach((run, chain) -> {
            chain.stored = true;
            writing.memory().chains().put(run, chain);
        });
    }
}
