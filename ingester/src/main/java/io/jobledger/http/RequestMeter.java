package io.jobledger.http;

import io.jobledger.metrics.Metrics;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Set;

/** Counts requests by what they asked for. A label is one of few: no name of a host or a job gets into it. */
final class RequestMeter implements Handler<RoutingContext> {
    private static final String JOB = "/api/v1/jobs/{host}/{play}/{job}";
    private static final String OTHER = "other";
    private static final Set<HttpMethod> METHODS =
            Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST, HttpMethod.PUT, HttpMethod.DELETE, HttpMethod.OPTIONS, HttpMethod.PATCH);

    private final Router router;
    private final Metrics metrics;

    RequestMeter(Router router, Metrics metrics) {
        this.router = router;
        this.metrics = metrics;
    }

    @Override
    public void handle(RoutingContext context) {
        long began = System.nanoTime();
        context.addEndHandler(ended -> {
            HttpMethod method = context.request().method();
            metrics.requested(METHODS.contains(method) ? method.name() : OTHER, route(context), context.response().getStatusCode(), Duration.ofNanos(System.nanoTime() - began));
        });
        context.next();
    }

    private String route(RoutingContext context) {
        Route route = context.currentRoute();
        if (route != null && route.getPath() != null) {
            return route.getPath().replaceAll(":(\\w+)", "{$1}");
        }
        String path = context.request().path();
        if (path != null && router.getRoutes().stream().anyMatch(known -> path.equals(known.getPath()))) {
            // It ended before its route was reached: the body was too large, or the method wrong.
            return path;
        }
        try {
            return JobPath.parse(path).isPresent() ? JOB : OTHER;
        } catch (Problem e) {
            return JOB;
        }
    }
}
