package io.jobledger.http.live;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.config.Settings;
import io.jobledger.http.api.EpochId;
import io.jobledger.http.api.EventJson;
import io.jobledger.http.api.Filters;
import io.jobledger.http.api.JobJson;
import io.jobledger.http.api.RunJson;
import io.jobledger.http.guard.Admission;
import io.jobledger.http.guard.Parameters;
import io.jobledger.http.guard.Problem;
import io.jobledger.http.guard.Reads;
import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.query.Change;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.MIMEHeader;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** {@code GET /api/v1/stream}: what changes, as server-sent events. */
public final class StreamRoutes {
    private static final String TYPE = "text/event-stream";
    private static final long BEAT_MILLIS = 15_000;
    private static final int PATIENCE = 3;
    private static final int READERS = 2;

    private final Ledger ledger;
    private final Clock clock;
    private final Settings settings;
    private final AtomicInteger clients;

    /** @param clients how many streams are open, on all event loops together */
    public StreamRoutes(Ledger ledger, Clock clock, Settings settings, AtomicInteger clients) {
        this.ledger = ledger;
        this.clock = clock;
        this.settings = settings;
        this.clients = clients;
    }

    public void mount(Router router) {
        Reads.get(router, "/api/v1/stream").handler(this::stream);
    }

    private void stream(RoutingContext context) {
        Parameters parameters = new Parameters(context, Filters.names(Filters.OF_JOBS, "kind"));
        Function<Change, LiveView.Sent> show = show(parameters);
        LiveView.Start start = start(context);
        List<MIMEHeader> accepted = context.parsedHeaders().accept();
        if (!accepted.isEmpty() && accepted.stream().noneMatch(StreamRoutes::takesEvents)) {
            throw Problem.of(
                    406,
                    "not-acceptable",
                    "a stream is " + TYPE + ", which the header Accept does not take",
                    "set Accept: " + TYPE);
        }
        HttpServerResponse response = context.response();
        // Not packed: what is sent must be seen now, not when a block is full.
        response.putHeader("content-type", TYPE)
                .putHeader("cache-control", "no-store")
                .putHeader("content-encoding", "identity")
                .putHeader("x-accel-buffering", "no");
        if (context.request().method() == HttpMethod.HEAD) {
            response.end();
            return;
        }
        if (clients.incrementAndGet() > settings.streamClients()) {
            clients.decrementAndGet();
            response.headers().remove("content-encoding");
            throw Problem.later(
                    "busy", "there are already " + settings.streamClients() + " live views (stream-clients)", 30);
        }
        Vertx vertx = context.vertx();
        Context loop = vertx.getOrCreateContext();
        WorkerExecutor workers = vertx.createSharedWorkerExecutor("live", READERS);
        Admission.takeYourTime(context);
        response.setChunked(true);
        LiveView view = new LiveView(response, ledger.audit(), ledger.feed(), workers, loop, show, start);
        long beat = Math.max(100, Math.min(BEAT_MILLIS, settings.idleTimeout().toMillis() / 3));
        long timer = vertx.setPeriodic(beat, id -> view.beat(PATIENCE));
        response.closeHandler(closed -> {
            vertx.cancelTimer(timer);
            clients.decrementAndGet();
            view.close();
        });
        view.start();
    }

    private static boolean takesEvents(MIMEHeader wanted) {
        return wanted.weight() > 0
                && (wanted.component().equals("*")
                        || wanted.component().equals("text")
                                && (wanted.subComponent().equals("*")
                                        || wanted.subComponent().equals("event-stream")));
    }

    /** Where a client goes on. */
    private LiveView.Start start(RoutingContext context) {
        String last = context.request().getHeader("last-event-id");
        int epoch = ledger.asOf().epoch();
        long now = ledger.feed().committed();
        if (last == null || last.isEmpty()) {
            return new LiveView.Start(epoch, now, null);
        }
        EpochId seen;
        try {
            seen = EpochId.parse(last);
        } catch (IllegalArgumentException e) {
            throw Problem.badField("Last-Event-ID", e.getMessage());
        }
        // What is not of this epoch, or lies ahead of the log, was seen in a life of the ledger that is over. A browser
        // would not come back after a refusal, so it begins anew and is told.
        boolean over =
                seen.epoch() != epoch || seen.entry() > ledger.heads().now().entry();
        return over ? new LiveView.Start(epoch, now, seen.toString()) : new LiveView.Start(epoch, seen.entry(), null);
    }

    private Function<Change, LiveView.Sent> show(Parameters parameters) {
        String kind = parameters.text("kind");
        StreamFilter filter = new StreamFilter(Filters.jobs(parameters, clock.instant()));
        return switch (kind == null ? "jobs" : kind) {
            case "jobs" ->
                change -> filter.fitsJob(change, clock.instant())
                        ? new LiveView.Sent("job", put(JobJson.of(change.job(), clock.instant()), change))
                        : null;
            case "runs" ->
                change -> filter.fitsRun(change)
                        ? new LiveView.Sent(
                                "run", put(RunJson.of(change.run(), clock.instant(), settings.runSilence()), change))
                        : null;
            case "events" ->
                change -> filter.fitsEvent(change) && EventJson.of(change.event()) instanceof ObjectNode event
                        ? new LiveView.Sent(
                                "event", event.put("entry", change.event().entry()))
                        : null;
            default -> throw Problem.badField("kind", "must be jobs, runs or events");
        };
    }

    private static ObjectNode put(ObjectNode json, Change change) {
        return json.put("entry", change.event().entry())
                .put("type", change.event().type())
                .put("seq", change.event().seq());
    }
}
