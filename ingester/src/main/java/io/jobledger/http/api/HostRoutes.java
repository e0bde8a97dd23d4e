package io.jobledger.http.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.http.guard.JobPath;
import io.jobledger.http.guard.Parameters;
import io.jobledger.http.guard.Problem;
import io.jobledger.http.guard.Reads;
import io.jobledger.http.guard.Responses;
import io.jobledger.json.Json;
import io.jobledger.ledger.AuditQueries;
import io.jobledger.ledger.query.HostSummary;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.PlaySummary;
import io.jobledger.ledger.query.Sort;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Clock;
import java.time.Instant;
import java.util.List;

/** Hosts and plays with their jobs in numbers. */
public final class HostRoutes {
    private static final int NEWEST = 20;
    private static final List<String> COUNTS = List.of(
            "jobs",
            "running",
            "overdue",
            "succeeded",
            "failed",
            "timed_out",
            "cancelled",
            "lost",
            "closed",
            "last_started_at");

    private final AuditQueries audit;
    private final Responses answers;
    private final Clock clock;

    public HostRoutes(AuditQueries audit, Responses answers, Clock clock) {
        this.audit = audit;
        this.answers = answers;
        this.clock = clock;
    }

    public void mount(Router router) {
        Reads.get(router, "/api/v1/hosts")
                .handler(context -> new ListShape<>(
                                "hosts",
                                audit::hosts,
                                audit::countHosts,
                                HostRoutes::json,
                                columns("host"),
                                Sort.Key.NAME)
                        .answer(context, new Parameters(context, ListShape.PARAMETERS), answers));
        Reads.get(router, "/api/v1/plays")
                .handler(context -> new ListShape<>(
                                "plays",
                                audit::plays,
                                audit::countPlays,
                                HostRoutes::json,
                                columns("play", "playbook"),
                                Sort.Key.NAME)
                        .answer(context, new Parameters(context, ListShape.PARAMETERS), answers));
    }

    /** {@code /api/v1/hosts/{host}}, whose path the router cannot read. */
    public void mountNamed(Router router) {
        router.route().handler(context -> {
            String host = JobPath.host(context.request().path()).orElse(null);
            if (host == null) {
                context.next();
            } else if (context.request().method() == HttpMethod.GET
                    || context.request().method() == HttpMethod.HEAD) {
                get(context, host);
            } else {
                context.response().putHeader("allow", "GET, HEAD");
                throw Problem.of(405, "method-not-allowed", "a host is only read", null);
            }
        });
    }

    private void get(RoutingContext context, String host) {
        new Parameters(context);
        answers.tagged(context, () -> {
            Instant now = clock.instant();
            HostSummary summary = audit.host(host)
                    .orElseThrow(() -> Problem.of(
                            404,
                            "no-such-host",
                            "no job of host '" + host + "' is known",
                            "names must match exactly; GET /api/v1/hosts lists the hosts"));
            ObjectNode json = json(summary);
            ArrayNode names = json.putArray("names");
            audit.names(host, PageRequest.MOST)
                    .forEach(name -> names.addObject()
                            .put("play", name.play())
                            .put("job", name.job())
                            .put("jobs", name.jobs())
                            .set("newest", JobJson.of(name.newest(), now)));
            ArrayNode newest = json.putArray("newest");
            audit.jobs(JobFilter.builder().host(host).build(), PageRequest.first(NEWEST))
                    .items()
                    .forEach(job -> newest.add(JobJson.of(job, now)));
            return json;
        });
    }

    private static List<String> columns(String... names) {
        return java.util.stream.Stream.concat(java.util.Arrays.stream(names), COUNTS.stream())
                .toList();
    }

    private static ObjectNode json(HostSummary host) {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("host", host.host());
        return CountsJson.put(json, host.counts()).put("last_started_at", Json.time(host.lastStartedAt()));
    }

    private static ObjectNode json(PlaySummary play) {
        ObjectNode json =
                JsonNodeFactory.instance.objectNode().put("play", play.play()).put("playbook", play.playbook());
        return CountsJson.put(json, play.counts()).put("last_started_at", Json.time(play.lastStartedAt()));
    }
}
