package io.jobledger.http.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.http.guard.Parameters;
import io.jobledger.http.guard.Problem;
import io.jobledger.http.guard.Reads;
import io.jobledger.http.guard.Responses;
import io.jobledger.json.Json;
import io.jobledger.ledger.DeliveryState;
import io.jobledger.sink.SinkException;
import io.jobledger.sink.SinkRelay;
import io.jobledger.sink.SinkRelays;
import io.vertx.ext.web.Router;
import java.util.List;
import java.util.stream.Collectors;

/** How the sinks stand that follow the log, and what an operator may do with them. */
public final class SinkRoutes {
    private final SinkRelays relays;
    private final Responses answers;

    public SinkRoutes(SinkRelays relays, Responses answers) {
        this.relays = relays;
        this.answers = answers;
    }

    public void mount(Router router) {
        Reads.get(router, "/api/v1/sinks").handler(context -> {
            new Parameters(context);
            answers.blocking(context, this::list);
        });
        router.post("/api/v1/sinks/retry").handler(context -> {
            String name = new Parameters(context, "name").text("name");
            answers.blocking(context, () -> retry(name));
        });
        router.post("/api/v1/sinks/test").handler(context -> {
            String name = new Parameters(context, "name").text("name");
            if (name == null) {
                throw Problem.badField("name", "is needed: one that GET /api/v1/sinks lists");
            }
            answers.blocking(context, () -> test(name));
        });
    }

    private ObjectNode list() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode sinks = json.putArray("sinks");
        relays.all().forEach(relay -> sinks.add(sink(relay)));
        return json;
    }

    private static ObjectNode sink(SinkRelay relay) {
        DeliveryState.Standing now = relay.standing().orElse(null);
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("name", relay.sink().name())
                .put("place", relay.sink().place())
                .put("state", now == null ? "stopped" : state(now))
                .put("entry", now == null ? null : now.at().text())
                .put("lag_entries", relay.lag())
                .put("behind_seconds", relay.behind().toMillis() / 1000.0)
                .put("sent", relay.figures().sent())
                .put("failed", relay.figures().failed());
        return json.put("attempts", now == null ? 0 : now.attempts())
                .put("next_attempt", now == null || now.attempts() == 0 ? null : Json.time(now.next()))
                .put("last_error", now == null ? null : now.lastError());
    }

    private static String state(DeliveryState.Standing now) {
        return now.blocked() ? "blocked" : now.attempts() > 0 ? "failing" : "ok";
    }

    private SinkRelay named(String name) {
        List<SinkRelay> all = relays.all();
        return relays.named(name)
                .orElseThrow(() -> Problem.of(
                        404,
                        "no-such-sink",
                        "this ingester has no sink " + name,
                        all.isEmpty()
                                ? "it has none at all"
                                : "there are: "
                                        + all.stream()
                                                .map(relay -> relay.sink().name())
                                                .collect(Collectors.joining(", "))));
    }

    /** Lets one sink, or all, try again now. */
    private ObjectNode retry(String name) {
        List<SinkRelay> chosen = name == null ? relays.all() : List.of(named(name));
        // Each of them, also after one that was not blocked.
        long released =
                chosen.stream().map(SinkRelay::retry).filter(blocked -> blocked).count();
        return JsonNodeFactory.instance.objectNode().put("released", released);
    }

    /** What comes back is an answer, not a failure of this request. */
    private ObjectNode test(String name) {
        SinkRelay relay = named(name);
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("name", name);
        try {
            relay.sink().check();
            return json.put("ok", true).putNull("error");
        } catch (SinkException e) {
            return json.put("ok", false).put("error", e.getMessage());
        }
    }
}
