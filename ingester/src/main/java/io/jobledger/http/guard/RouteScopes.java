package io.jobledger.http.guard;

import io.jobledger.auth.Scope;
import io.vertx.core.http.HttpMethod;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which scope a request needs, by method and raw path. A path counts only when it is spelt exactly: what the router
 * would normalise first falls to the safe default. A new route needs no row when reading is all it does (GET), or when
 * it is for administrators (everything else).
 */
public final class RouteScopes {
    private static final Set<String> OPEN = Set.of(
            "GET /healthz",
            "HEAD /healthz",
            "GET /readyz",
            "HEAD /readyz",
            "GET /api/",
            "HEAD /api/",
            "GET /api/openapi.yaml",
            "HEAD /api/openapi.yaml",
            "GET /login",
            "HEAD /login",
            "POST /login",
            "POST /logout");
    /** What says who asks is for everybody who may ask anything. */
    private static final Set<String> ANY = Set.of("GET /api/v1", "HEAD /api/v1");

    private static final Map<String, Scope> EXACT = Map.of("POST /api/v1/events", Scope.INGEST);
    private static final Set<String> METRICS = Set.of("GET /metrics", "HEAD /metrics");

    private final boolean openMetrics;

    /** @param openMetrics whether metrics need no token */
    public RouteScopes(boolean openMetrics) {
        this.openMetrics = openMetrics;
    }

    /** Whether every caller that is known may do it, whatever its scopes. */
    boolean forAnyCaller(HttpMethod method, String rawPath) {
        return ANY.contains(method.name() + " " + rawPath);
    }

    /** The scope, or empty when the request is open to everybody. */
    Optional<Scope> of(HttpMethod method, String rawPath) {
        String request = method.name() + " " + rawPath;
        if (OPEN.contains(request) || openMetrics && METRICS.contains(request)) {
            return Optional.empty();
        }
        if (EXACT.containsKey(request)) {
            return Optional.of(EXACT.get(request));
        }
        if (method == HttpMethod.PUT && JobPath.isJob(rawPath)) {
            return Optional.of(Scope.INGEST);
        }
        if (method == HttpMethod.POST && JobPath.isAct(rawPath)) {
            return Optional.of(Scope.ACT);
        }
        return Optional.of(method == HttpMethod.GET || method == HttpMethod.HEAD ? Scope.READ : Scope.ADMIN);
    }
}
