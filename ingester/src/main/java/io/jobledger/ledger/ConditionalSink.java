package io.jobledger.ledger;

import io.jobledger.model.Event;
import java.util.List;

/** Where events become durable if something holds of a key at that moment. Thread-safe. */
public interface ConditionalSink {
    /**
     * Stores a batch whole if {@code precondition} holds, and returns after that is on disk. A batch that is stored
     * already is a duplicate, whatever holds now. Blocks.
     *
     * @throws LedgerException of kind {@code CONFLICT} when it does not hold: nothing was stored; else as
     *     {@link EventSink#append}
     */
    EventSink.Appended append(List<Event> events, Precondition precondition);
}
