package io.jobledger.sink;

import io.jobledger.ledger.DeliveryState;
import io.jobledger.ledger.Ledger;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All sinks that follow the log, each with its relay. They can be exchanged while the ledger goes on. Thread-safe. */
public final class SinkRelays implements AutoCloseable {
    /** News of different jobs that are delivered to one sink at once. */
    public static final int LANES = 4;

    private static final Duration IDLE = Duration.ofSeconds(2);

    private final Ledger ledger;
    private final Clock clock;
    private volatile List<SinkRelay> relays = List.of();

    public SinkRelays(Ledger ledger, Clock clock) {
        this.ledger = ledger;
        this.clock = clock;
    }

    /** Those that are fed now. Never blocks. */
    public List<SinkRelay> all() {
        return relays;
    }

    public Optional<SinkRelay> named(String name) {
        return relays.stream().filter(relay -> relay.sink().name().equals(name)).findFirst();
    }

    /**
     * Puts sinks in the place of those whose names begin with {@code prefix}, and starts them. One that has the same
     * name as one before goes on where that was. Blocks until deliveries that are under way have ended.
     */
    public synchronized void replace(String prefix, List<Sink> fresh) {
        List<SinkRelay> stay = new ArrayList<>();
        List<SinkRelay> go = new ArrayList<>();
        relays.forEach(relay -> (relay.sink().name().startsWith(prefix) ? go : stay).add(relay));
        go.forEach(SinkRelay::close);
        Map<String, DeliveryState.Start> fed = new LinkedHashMap<>();
        stay.forEach(relay -> fed.put(relay.sink().name(), relay.sink().start()));
        fresh.forEach(sink -> fed.put(sink.name(), sink.start()));
        ledger.deliveryState().feed(fed);
        List<SinkRelay> started = fresh.stream()
                .map(sink ->
                        new SinkRelay(sink, ledger.news(), ledger.deliveryState(), ledger.feed(), LANES, IDLE, clock))
                .toList();
        stay.addAll(started);
        stay.sort(Comparator.comparing(relay -> relay.sink().name()));
        relays = List.copyOf(stay);
        started.forEach(SinkRelay::start);
    }

    @Override
    public synchronized void close() {
        relays.parallelStream().forEach(SinkRelay::close);
        relays = List.of();
    }
}
