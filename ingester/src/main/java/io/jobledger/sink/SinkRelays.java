package io.jobledger.sink;

import io.jobledger.ledger.DeliveryState;
import io.jobledger.ledger.Ledger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All sinks that follow the log, each with its relay. They can be exchanged while the ledger goes on. Thread-safe. */
public final class SinkRelays implements AutoCloseable {
    /** News of different jobs that are delivered to one sink at once. */
    public static final int LANES = 4;

    private static final Duration IDLE = Duration.ofSeconds(2);

    private static final Duration WATCHED = Duration.ofSeconds(5);
    private static final Logger LOG = LoggerFactory.getLogger(SinkRelays.class);

    private final Ledger ledger;
    private final Clock clock;
    private final Map<String, SinkFigures> figures = new ConcurrentHashMap<>();
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "sink-watch");
        thread.setDaemon(true);
        return thread;
    });
    private volatile List<SinkRelay> relays = List.of();
    private boolean trouble;

    public SinkRelays(Ledger ledger, Clock clock) {
        this.ledger = ledger;
        this.clock = clock;
    }

    /**
     * Begins to look, every few seconds, for what time makes news.
     *
     * @param besides is done as well each time; may block
     */
    public void watch(Runnable besides) {
        watch.scheduleWithFixedDelay(
                () -> {
                    try {
                        tellOverdue();
                        besides.run();
                        trouble = false;
                    } catch (RuntimeException e) {
                        if (!trouble) {
                            LOG.warn("What is overdue or blocked cannot be told at the moment: {}", e.getMessage());
                        }
                        trouble = true;
                    }
                },
                WATCHED.toMillis(),
                WATCHED.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    /** Tells of jobs that are overdue, where a sink wants to know. Blocks on the database. */
    public void tellOverdue() {
        Set<Duration> after = new HashSet<>();
        Instant since = Instant.MAX;
        for (SinkRelay relay : relays) {
            Set<Duration> wanted = relay.sink().overdue();
            Instant added = wanted.isEmpty()
                    ? Instant.MAX
                    : relay.standing().map(DeliveryState.Standing::since).orElse(Instant.MAX);
            since = added.isBefore(since) ? added : since;
            after.addAll(wanted);
        }
        if (!after.isEmpty() && since.isBefore(Instant.MAX)) {
            ledger.upkeep().tellOverdue(after, since);
        }
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
     * name as one before goes on where that was; one that is neither among them nor stays is forgotten. Blocks until
     * deliveries that are under way have ended.
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
        List<SinkRelay> started = fresh.stream().map(this::relay).toList();
        stay.addAll(started);
        stay.sort(Comparator.comparing(relay -> relay.sink().name()));
        relays = List.copyOf(stay);
        started.forEach(SinkRelay::start);
    }

    private SinkRelay relay(Sink sink) {
        return new SinkRelay(
                sink,
                ledger.news(),
                ledger.deliveryState(),
                ledger.feed(),
                why -> ledger.upkeep().tellBlocked(sink.name(), why),
                figures.computeIfAbsent(sink.name(), name -> new SinkFigures()),
                LANES,
                IDLE,
                clock);
    }

    @Override
    public void close() {
        watch.shutdownNow();
        synchronized (this) {
            relays.parallelStream().forEach(SinkRelay::close);
            relays = List.of();
        }
    }
}
