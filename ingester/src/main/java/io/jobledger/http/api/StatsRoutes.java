package io.jobledger.http.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.http.guard.Parameters;
import io.jobledger.http.guard.Reads;
import io.jobledger.http.guard.Responses;
import io.jobledger.json.Json;
import io.jobledger.ledger.AsOf;
import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.JobStats;
import io.vertx.ext.web.Router;
import java.time.Clock;
import java.time.Duration;

/** {@code GET /api/v1/stats}: jobs and runs in numbers. */
public final class StatsRoutes {
    private final Ledger ledger;
    private final Responses answers;
    private final Clock clock;
    private final Duration silence;

    public StatsRoutes(Ledger ledger, Responses answers, Clock clock, Duration silence) {
        this.ledger = ledger;
        this.answers = answers;
        this.clock = clock;
        this.silence = silence;
    }

    public void mount(Router router) {
        Reads.get(router, "/api/v1/stats").handler(context -> {
            JobFilter filter = Filters.jobs(new Parameters(context, Filters.names(Filters.OF_JOBS)), clock.instant());
            AsOf asOf = answers.asOf();
            Responses.dated(context, asOf);
            answers.blocking(context, () -> json(ledger.audit().stats(filter), asOf));
        });
    }

    private ObjectNode json(JobStats stats, AsOf asOf) {
        ObjectNode json = CountsJson.put(JsonNodeFactory.instance.objectNode(), stats.counts());
        ArrayNode days = json.putArray("days");
        stats.days()
                .forEach(day ->
                        CountsJson.put(days.addObject().put("day", day.day().toString()), day.counts()));
        ObjectNode durations = json.putObject("durations");
        durations.put("count", stats.ended());
        put(durations, "median", stats.median());
        put(durations, "p95", stats.p95());
        put(durations, "max", stats.longest());
        json.put("oldest_open", Json.time(stats.oldestOpen()));
        ObjectNode runs = json.putObject("runs");
        ledger.audit().runStates(silence).forEach((state, count) -> runs.put(state.wire(), count));
        json.putObject("as_of").put("entry", asOf.text()).put("at", Json.time(asOf.at()));
        return json.put("ledger_bytes", ledger.bytes());
    }

    private static void put(ObjectNode json, String name, Duration duration) {
        if (duration == null) {
            json.putNull(name);
        } else {
            json.put(name, duration.toMillis() / 1000.0);
        }
    }
}
