package io.jobledger.http.guard;

import io.jobledger.metrics.Metrics;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Counts requests by what they asked for. A label is one of few: no name of a host or a job gets into it. */
public final class RequestMeter implements Handler<RoutingContext> {
    private static final String JOB = "/api/v1/jobs/{host}/{play}/{job}";
    private static final String OTHER = "other";
    private static final Set<HttpMethod> METHODS = Set.of(
            HttpMethod.GET,
            HttpMethod.HEAD,
            HttpMethod.POST,
            HttpMethod.PUT,
            HttpMethod.DELETE,
            HttpMethod.OPTIONS,
            HttpMethod.PATCH);

    private final Router router;
    private final Metrics metrics;
    private volatile Map<String, String> labels;

    public RequestMeter(Router router, Metrics metrics) {
        this.router = router;
        this.metrics = metrics;
    }

    @Override
    public void handle(RoutingContext context) {
        long began = System.nanoTime();
        context.addEndHandler(ended -> {
            HttpMethod method = context.request().method();
            metrics.requested(
                    METHODS.contains(method) ? method.name() : OTHER,
                    route(context),
                    context.response().getStatusCode(),
                    Duration.ofNanos(System.nanoTime() - began));
        });
        context.next();
    }

    private String route(RoutingContext context) {
        Route route = context.currentRoute();
        if (route != null && route.getPath() != null) {
            return labels().get(route.getPath());
        }
        String path = context.request().path();
        if (path == null) {
            return OTHER;
        }
        // A path that is known: it ended before its route was reached, because the body was too large, or the method
        // wrong.
        return labels().containsKey(path) ? path : JobPath.isJob(path) ? JOB : OTHER;
    }

    /** What each of the router's paths is called. Read when the first request has come: then all routes are there. */
    private Map<String, String> labels() {
        Map<String, String> known = labels;
        if (known == null) {
            known = new HashMap<>();
            for (Route route : router.getRoutes()) {
                if (route.getPath() != null) {
                    known.put(route.getPath(), route.getPath().replaceAll(":(\\w+)", "{$1}"));
                }
            }
            labels = known;
        }
        return known;
    }
}
