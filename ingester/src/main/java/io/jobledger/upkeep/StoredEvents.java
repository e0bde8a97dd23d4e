package io.jobledger.upkeep;

import io.jobledger.event.BatchDecoder;
import io.jobledger.event.InvalidEvents;
import io.jobledger.ledger.Verifier;
import io.jobledger.model.Event;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Reads events that the ledger stored, by the rules by which they once came in. Thread-safe. */
public final class StoredEvents implements Verifier.EventReader {
    private final BatchDecoder decoder = new BatchDecoder(1);

    @Override
    public Event read(String body) {
        try {
            List<Event> events = decoder.decode(body.getBytes(StandardCharsets.UTF_8), true);
            if (events.size() == 1) {
                return events.get(0);
            }
        } catch (InvalidEvents e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        throw new IllegalArgumentException("there is no event in it");
    }
}
