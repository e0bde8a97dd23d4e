package io.jobledger.ledger;

import io.jobledger.model.Event;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Where events become durable. Thread-safe. */
public interface EventSink {
    /**
     * What became of a batch.
     *
     * @param stored events that are new
     * @param duplicates events that the ledger already had
     */
    record Appended(int stored, int duplicates) {}

    /**
     * Stores a batch whole or not at all. Never blocks. The future completes after the commit is on disk: what it says
     * survives the death of the process and a loss of power. It completes on the ledger's own thread, so what follows
     * must be quick or hand over. It fails with {@link LedgerException}.
     *
     * @throws LedgerException of kind {@code BUSY} when the queue is full, {@code STOPPED} when the ledger is closing;
     *     nothing was taken
     */
    CompletableFuture<Appended> append(List<Event> events);
}
