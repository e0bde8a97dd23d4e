package io.jobledger.http.guard;

import io.jobledger.config.Limits;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open connections: how many there may be, and which are cut because their client is too slow. Thread-safe; each
 * {@link Loop} belongs to one event loop.
 */
public final class Connections {
    private static final Logger LOG = LoggerFactory.getLogger(Connections.class);
    private static final long SWEEP_MILLIS = 250;

    private final Supplier<Limits> limits;
    private final Duration idle;
    private final Load load;
    private final AtomicInteger open = new AtomicInteger();
    private final Map<String, Integer> byAddress = new ConcurrentHashMap<>();
    private final Map<HttpConnection, ConnectionGuard> conversations = new ConcurrentHashMap<>();

    /** @param limits as they are now; they may change */
    public Connections(Supplier<Limits> limits, Duration idle, Load load) {
        this.limits = limits;
        this.idle = idle;
        this.load = load;
    }

    private ConnectionGuard.Patience patience() {
        Limits now = limits.get();
        return new ConnectionGuard.Patience(
                now.headTimeout().toNanos(),
                now.bodyTimeout().toNanos(),
                now.sendTimeout().toNanos(),
                idle.toNanos());
    }

    /** How many are open. */
    public int open() {
        return open.get();
    }

    /** The conversation that a request is part of, on its event loop. */
    public ConnectionGuard of(HttpServerRequest request) {
        return conversations.get(request.connection());
    }

    /** The connections of one event loop. */
    public final class Loop {
        private final Set<ConnectionGuard> mine = new HashSet<>();

        private Loop(Vertx vertx) {
            vertx.setPeriodic(SWEEP_MILLIS, id -> sweep());
        }

        /**
         * A connection was made. It is closed at once when there are too many: an answer would cost what the limit is
         * to save.
         */
        public void opened(HttpConnection connection) {
            String address = connection.remoteAddress() == null
                    ? "?"
                    : connection.remoteAddress().hostAddress();
            boolean tooMany = open.incrementAndGet() > limits.get().connections();
            boolean tooManyOfOne =
                    byAddress.merge(address, 1, Integer::sum) > limits.get().connectionsPerAddress();
            ConnectionGuard conversation =
                    new ConnectionGuard(connection, load, Connections.this::patience, System.nanoTime());
            conversations.put(connection, conversation);
            mine.add(conversation);
            // Not the connection's own handler: it has one, and whoever answers may need it.
            conversation.onClose(() -> {
                open.decrementAndGet();
                byAddress.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
                conversations.remove(connection);
                mine.remove(conversation);
                conversation.closed();
            });
            if (tooMany || tooManyOfOne) {
                LOG.debug(
                        "A connection of {} is closed: there are more than {} allows",
                        address,
                        tooMany ? "max-connections" : "max-connections-per-address");
                connection.close();
            }
        }

        private void sweep() {
            long now = System.nanoTime();
            for (ConnectionGuard conversation : new ArrayList<>(mine)) {
                if (conversation.cutIfLate(now)) {
                    LOG.debug("A connection is closed: its client is too slow (head-timeout, body-timeout,"
                            + " send-timeout)");
                }
            }
        }
    }

    /** To be called on the event loop. */
    public Loop loop(Vertx vertx) {
        return new Loop(vertx);
    }
}
