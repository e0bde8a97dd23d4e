package io.jobledger.http.live;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.json.Json;
import io.jobledger.ledger.EventQueries;
import io.jobledger.ledger.LedgerFeed;
import io.jobledger.ledger.query.Change;
import io.vertx.core.Context;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpServerResponse;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's stream of server-sent events. What is new is read from the ledger, a part at a time and only when the
 * client has taken the part before, so a slow client costs no memory; one that takes nothing for too long is cut off,
 * and resumes where it was. All but the listener runs on the client's event loop.
 */
final class LiveView {
    private static final Logger LOG = LoggerFactory.getLogger(LiveView.class);
    private static final int PART = 200;

    /** What is sent of a change: its kind and its data, or null for nothing. */
    record Sent(String kind, ObjectNode data) {}

    /**
     * Where a view begins.
     *
     * @param epoch of the ledger
     * @param after the last entry that the client has seen
     * @param lost the last id that it had seen when the ledger was in another epoch; null where that is not so
     */
    record Start(int epoch, long after, String lost) {}

    private final HttpServerResponse response;
    private final EventQueries events;
    private final LedgerFeed feed;
    private final WorkerExecutor workers;
    private final Context loop;
    private final Function<Change, Sent> show;
    private final Start start;
    private LedgerFeed.Subscription subscription;
    private long seen;
    private long told;
    private boolean reading;
    private boolean over;
    /** Beats since the client last took something while more waits for it. */
    private int stalled;

    LiveView(
            HttpServerResponse response,
            EventQueries events,
            LedgerFeed feed,
            WorkerExecutor workers,
            Context loop,
            Function<Change, Sent> show,
            Start start) {
        this.response = response;
        this.events = events;
        this.feed = feed;
        this.workers = workers;
        this.loop = loop;
        this.show = show;
        this.start = start;
        this.seen = start.after;
    }

    void start() {
        // The id first: a client that is cut off before anything happened resumes from here.
        response.write("retry: 2000\nid: " + id() + "\n: connected\n\n");
        if (start.lost != null) {
            response.write("event: epoch\nid: " + id() + "\ndata: " + Json.text(lost()) + "\n\n");
        }
        subscription = feed.subscribe(entry -> loop.runOnContext(ignored -> news(entry)));
        news(feed.committed());
    }

    private String id() {
        return start.epoch + "-" + seen;
    }

    private ObjectNode lost() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("epoch", start.epoch)
                .put("entry", id())
                .put("was", start.lost)
                .put(
                        "detail",
                        "the ledger was restored, or a loss was accepted: what was shown before may not be in it. Read"
                                + " the lists again; the stream begins here");
    }

    private void news(long entry) {
        told = Math.max(told, entry);
        if (over || reading || told <= seen) {
            return;
        }
        if (response.writeQueueFull()) {
            response.drainHandler(drained -> {
                response.drainHandler(null);
                stalled = 0;
                news(told);
            });
            return;
        }
        reading = true;
        workers.executeBlocking(() -> events.changes(seen, PART), false).onComplete(this::send, failure -> {
            LOG.warn("A live view broke off: {}", failure.toString());
            close();
        });
    }

    private void send(EventQueries.Changes changes) {
        reading = false;
        if (over) {
            return;
        }
        StringBuilder text = new StringBuilder();
        for (Change change : changes.changes()) {
            Sent sent = show.apply(change);
            seen = change.event().entry();
            if (sent != null) {
                text.append("event: ")
                        .append(sent.kind)
                        .append("\nid: ")
                        .append(id())
                        .append("\ndata: ")
                        .append(Json.text(sent.data))
                        .append("\n\n");
            }
        }
        if (text.length() > 0) {
            response.write(text.toString());
        }
        boolean further = !changes.changes().isEmpty() || changes.upTo() > seen;
        seen = Math.max(seen, changes.upTo());
        if (further) {
            news(told);
        }
        // Else the records are being computed again, and a later beat asks again.
    }

    /** Keeps the connection alive; ends it when the client has taken nothing for {@code patience} beats. */
    void beat(int patience) {
        if (over) {
            return;
        }
        if (response.writeQueueFull()) {
            if (++stalled >= patience) {
                LOG.debug("A live view is cut off: its client does not read");
                response.reset();
                close();
            }
            return;
        }
        stalled = 0;
        news(told);
        // With the id, so that a client whose filter lets little through does not come back from far behind.
        response.write(": alive\nid: " + id() + "\n\n");
    }

    void close() {
        if (!over) {
            over = true;
            if (subscription != null) {
                subscription.close();
            }
            if (!response.ended() && !response.closed()) {
                response.end();
            }
        }
    }
}
