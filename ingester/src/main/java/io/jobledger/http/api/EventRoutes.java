package io.jobledger.http.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.auth.Scope;
import io.jobledger.event.BatchDecoder;
import io.jobledger.event.EventLimits;
import io.jobledger.event.InvalidEvents;
import io.jobledger.http.guard.Admission;
import io.jobledger.http.guard.Authorisation;
import io.jobledger.http.guard.Parameters;
import io.jobledger.http.guard.Problem;
import io.jobledger.http.guard.Responses;
import io.jobledger.ledger.EventSink;
import io.jobledger.ledger.Heads;
import io.jobledger.ledger.Ledger;
import io.jobledger.log.LogHead;
import io.jobledger.model.Event;
import io.vertx.core.Context;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.function.Supplier;

/** {@code POST /api/v1/events}: takes a batch, and answers 200 only after it is on disk. */
public final class EventRoutes {
    /** A body up to this size is parsed where it arrived: handing it over would cost more. */
    private static final int SMALL = 16 * 1024;

    /** Where the recorder was told that the log ends; and where it is told so. */
    private static final String HEAD = "Jobledger-Head";

    private final EventSink sink;
    private final Heads heads;
    private final Supplier<EventLimits> limits;
    private final WorkerExecutor workers;

    public EventRoutes(Ledger ledger, Supplier<EventLimits> limits, WorkerExecutor workers) {
        this.sink = ledger.sink();
        this.heads = ledger.heads();
        this.limits = limits;
        this.workers = workers;
    }

    public void mount(Router router) {
        router.post("/api/v1/events").handler(this::post);
    }

    private void post(RoutingContext context) {
        new Parameters(context);
        boolean ndjson = ndjson(context);
        LogHead told = told(context);
        Buffer body = context.body().buffer();
        byte[] bytes = body == null ? new byte[0] : body.getBytes();
        boolean known = told == null || heads.remembers(told);
        if (bytes.length <= SMALL && known) {
            append(context, decode(bytes, ndjson), Admission.hold(context));
        } else {
            // A client that goes away takes neither its body from the decoder nor its events out of the ledger's queue.
            Runnable release = Admission.hold(context);
            workers.executeBlocking(
                            () -> {
                                if (!known) {
                                    heads.require(told);
                                }
                                return decode(bytes, ndjson);
                            },
                            false)
                    .onComplete(events -> append(context, events, release), failure -> {
                        release.run();
                        Responses.fail(context, failure);
                    });
        }
    }

    private static LogHead told(RoutingContext context) {
        String text = context.request().getHeader(HEAD);
        try {
            return text == null ? null : LogHead.parse(text);
        } catch (IllegalArgumentException e) {
            throw Problem.badField(HEAD, e.getMessage());
        }
    }

    /**
     * Asking for one of two exact types also keeps web pages out: a browser sends neither to another origin without
     * asking first.
     */
    private static boolean ndjson(RoutingContext context) {
        String type = Parameters.mediaType(context);
        return switch (type) {
            case "application/x-ndjson" -> true;
            case "application/json" -> false;
            default ->
                throw Problem.of(
                        415,
                        "unsupported-media-type",
                        "the content type must be application/json or application/x-ndjson, not '" + type + "'",
                        "set the header Content-Type");
        };
    }

    /** What is an act of a person takes more than the right to report. */
    private static void requireAct(RoutingContext context, String type, String what) {
        if ((type.equals("job_closed") || type.equals("job_cancel_requested"))
                && !Authorisation.caller(context).may(Scope.ACT)) {
            throw Problem.of(
                    403,
                    "forbidden",
                    what + ", which takes the scope act",
                    "a job is closed by POST /api/v1/jobs/{host}/{play}/{job}/close with a token that has it");
        }
    }

    private List<Event> decode(byte[] body, boolean ndjson) {
        try {
            return new BatchDecoder(limits.get()).decode(body, ndjson);
        } catch (InvalidEvents e) {
            throw Problem.badBatch(e);
        }
    }

    /** @param release to be run when the ledger is done with the events */
    private void append(RoutingContext context, List<Event> events, Runnable release) {
        try {
            for (int i = 0; i < events.size(); i++) {
                requireAct(
                        context,
                        events.get(i).head().type(),
                        "event " + i + " is a " + events.get(i).head().type());
            }
            Context loop = context.vertx().getOrCreateContext();
            sink.append(events)
                    .whenComplete((appended, failure) -> loop.runOnContext(ignored -> {
                        release.run();
                        if (failure != null) {
                            Responses.fail(context, failure);
                        } else {
                            stored(context, events, appended);
                        }
                    }));
        } catch (RuntimeException e) {
            release.run();
            Responses.fail(context, e);
        }
    }

    private void stored(RoutingContext context, List<Event> events, EventSink.Appended appended) {
        ObjectNode answer = JsonNodeFactory.instance
                .objectNode()
                .put("received", events.size())
                .put("stored", appended.stored())
                .put("duplicates", appended.duplicates());
        events.stream()
                .filter(Event.Unknown.class::isInstance)
                .map(event -> event.head().type())
                .distinct()
                .forEach(type -> answer.withArray("unknown_types").add(type));
        String head = heads.now().text();
        if (!context.response().ended()) {
            context.response().putHeader(HEAD, head);
        }
        Responses.ok(context, answer.put("head", head));
    }
}
