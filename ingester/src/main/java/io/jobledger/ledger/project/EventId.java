package io.jobledger.ledger.project;

import io.jobledger.model.EventHead;
import java.util.UUID;

/** The identity of an event. */
public record EventId(UUID run, long seq) {
    EventId(EventHead head) {
        this(head.run().value(), head.seq());
    }
}
