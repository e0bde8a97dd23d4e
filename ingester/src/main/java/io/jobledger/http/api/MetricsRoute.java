package io.jobledger.http.api;

import io.jobledger.http.guard.Reads;
import io.jobledger.http.guard.Responses;
import io.jobledger.metrics.Metrics;
import io.vertx.core.WorkerExecutor;
import io.vertx.ext.web.Router;

/** {@code GET /metrics}: everything that is counted, in Prometheus' text format. */
public final class MetricsRoute {
    private final Metrics metrics;
    private final WorkerExecutor workers;

    public MetricsRoute(Metrics metrics, WorkerExecutor workers) {
        this.metrics = metrics;
        this.workers = workers;
    }

    public void mount(Router router) {
        Reads.get(router, "/metrics").handler(context -> {
            // Off the event loop: some figures come from the database.
            workers.executeBlocking(metrics::scrape, false)
                    .onComplete(
                            text -> context.response()
                                    .putHeader("content-type", Metrics.CONTENT_TYPE)
                                    .end(text),
                            failure -> Responses.fail(context, failure));
        });
    }
}
