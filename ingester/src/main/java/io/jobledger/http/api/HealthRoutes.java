package io.jobledger.http.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.auth.Caller;
import io.jobledger.auth.Scope;
import io.jobledger.auth.Tokens;
import io.jobledger.http.guard.Authorisation;
import io.jobledger.http.guard.Parameters;
import io.jobledger.http.guard.Problem;
import io.jobledger.http.guard.Reads;
import io.jobledger.http.guard.Responses;
import io.jobledger.json.Json;
import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.Outbox;
import io.jobledger.ledger.ProjectionLag;
import io.jobledger.sink.mirror.MirrorRelay;
import io.jobledger.sink.mirror.MirroredLog;
import io.vertx.ext.web.Router;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/** Whether the ingester lives, whether it can work, and how its mirrors stand. */
public final class HealthRoutes {
    /** Records that lack more than this are behind. */
    private static final Duration BEHIND = Duration.ofSeconds(10);

    private final Ledger ledger;
    private final List<MirrorRelay> relays;
    private final Tokens tokens;
    private final Responses answers;
    private final String version;
    private final Clock clock;

    public HealthRoutes(
            Ledger ledger, List<MirrorRelay> relays, Tokens tokens, Responses answers, String version, Clock clock) {
        this.ledger = ledger;
        this.relays = relays;
        this.tokens = tokens;
        this.answers = answers;
        this.version = version;
        this.clock = clock;
    }

    public void mount(Router router) {
        Reads.get(router, "/api/v1").handler(context -> Responses.ok(context, about(Authorisation.caller(context))));
        Reads.get(router, "/healthz")
                .handler(context -> Responses.ok(
                        context, JsonNodeFactory.instance.objectNode().put("status", "ok")));
        Reads.get(router, "/readyz")
                .handler(context -> answers.blocking(context, () -> {
                    ledger.check();
                    tokens.check();
                    return ready();
                }));
        Reads.get(router, "/api/v1/mirrors").handler(context -> {
            new Parameters(context);
            answers.blocking(context, this::mirrors);
        });
        router.post("/api/v1/mirrors/retry").handler(context -> {
            String uri = new Parameters(context, "uri").text("uri");
            answers.blocking(context, () -> retry(uri));
        });
    }

    /** What answers here, what time it is there, and whom it takes the caller for. */
    private ObjectNode about(Caller caller) {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("name", "jobledger")
                .put("version", version)
                .put("api", "/api/v1")
                .put("time", Json.time(clock.instant()));
        ObjectNode who = json.putObject("caller")
                .put("name", caller.name())
                .put("token_id", caller.tokenId())
                .put("expires_at", Json.time(caller.expiresAt()));
        ArrayNode scopes = who.putArray("scopes");
        caller.scopes().stream().sorted().map(Scope::wire).forEach(scopes::add);
        return json;
    }

    /** It takes events; what else there is to know. */
    private ObjectNode ready() {
        ProjectionLag lag = ledger.upkeep().lag();
        long setAside = ledger.upkeep().setAside();
        boolean behind = lag.behind().compareTo(BEHIND) > 0;
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("status", setAside > 0 ? "degraded" : behind ? "behind" : "ok")
                .put("ledger", ledger.location());
        json.putObject("records")
                .put("as_of", ledger.asOf().text())
                .put("lag_entries", lag.entries())
                .put("lag_seconds", lag.behind().toMillis() / 1000.0)
                .put("set_aside", setAside);
        copies(json);
        return json;
    }

    /** Releases the blocked entries of one mirror, or of all. */
    private ObjectNode retry(String uri) {
        List<MirrorRelay> chosen = relays.stream()
                .filter(relay -> uri == null || relay.mirror().uri().equals(uri))
                .toList();
        if (uri != null && chosen.isEmpty()) {
            throw Problem.of(
                    404,
                    "no-such-mirror",
                    "this ingester has no mirror " + uri,
                    relays.isEmpty()
                            ? "it has none at all"
                            : "there are: "
                                    + relays.stream()
                                            .map(relay -> relay.mirror().uri())
                                            .collect(Collectors.joining(", ")));
        }
        return JsonNodeFactory.instance
                .objectNode()
                .put("released", chosen.stream().mapToInt(MirrorRelay::retry).sum());
    }

    /** How the copy of the log stands; nulls where there is none. */
    private static ObjectNode copy(MirrorRelay relay) {
        MirroredLog.Standing copy = relay.copy().map(MirroredLog::standing).orElse(null);
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        if (copy == null) {
            return json.putNull("log_copy")
                    .putNull("log_copy_as_of")
                    .putNull("log_copy_lag_seconds")
                    .putNull("log_copy_error");
        }
        String asOf = copy.head() == null
                ? null
                : copy.head().epoch() + "-" + copy.head().entry();
        return json.put("log_copy", copy.state())
                .put("log_copy_as_of", asOf)
                .put("log_copy_lag_seconds", copy.behind().toMillis() / 1000.0)
                .put("log_copy_error", copy.error());
    }

    /** The copies of the log in a few figures: of the one that is furthest behind. */
    private void copies(ObjectNode json) {
        List<MirroredLog.Standing> copies = relays.stream()
                .flatMap(relay -> relay.copy().stream())
                .map(MirroredLog::standing)
                .toList();
        if (!copies.isEmpty()) {
            json.putObject("log_copies")
                    .put("copies", copies.size())
                    .put(
                            "blocked",
                            copies.stream()
                                    .filter(MirroredLog.Standing::blocked)
                                    .count())
                    .put(
                            "lag_entries",
                            copies.stream()
                                    .mapToLong(MirroredLog.Standing::entries)
                                    .max()
                                    .orElse(0))
                    .put(
                            "lag_seconds",
                            copies.stream()
                                            .mapToLong(copy -> copy.behind().toMillis())
                                            .max()
                                            .orElse(0)
                                    / 1000.0);
        }
    }

    private ObjectNode mirrors() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode mirrors = json.putArray("mirrors");
        for (MirrorRelay relay : relays) {
            Outbox.Backlog backlog = relay.backlog();
            mirrors.addObject()
                    .put("uri", relay.mirror().uri())
                    .put("pending", backlog.pending())
                    .put("blocked", backlog.blocked())
                    .put("oldest", Json.time(backlog.oldest()))
                    .put("last_error", backlog.lastError())
                    .setAll(copy(relay));
        }
        return json;
    }
}
