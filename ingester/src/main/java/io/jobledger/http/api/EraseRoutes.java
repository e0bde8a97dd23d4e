package io.jobledger.http.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.http.guard.Admission;
import io.jobledger.http.guard.Authorisation;
import io.jobledger.http.guard.Parameters;
import io.jobledger.http.guard.Problem;
import io.jobledger.http.guard.Responses;
import io.jobledger.json.Fields;
import io.jobledger.json.Json;
import io.jobledger.ledger.Eraser;
import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Retention;
import io.jobledger.model.RunId;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;

/** {@code POST /api/v1/erase} and {@code POST /api/v1/project}. */
public final class EraseRoutes {
    /** A shorter text is in too many places to be meant. */
    private static final int SHORTEST = 4;

    private static final List<String> OUT_OF_REACH = List.of(
            "backups and copies of the ledger from before: make new ones, and remove the old ones",
            "backups in mirrors: 'jobledger backup --to' keeps them beside the records",
            "earlier versions of objects, where a bucket keeps them",
            "spools on controllers, until they are delivered: the event is a repeat then, and is not stored",
            "what live streams, exports and other readers have taken already",
            "PostgreSQL: its write-ahead log, archives and base backups");

    private final Ledger ledger;
    private final Responses answers;

    public EraseRoutes(Ledger ledger, Responses answers) {
        this.ledger = ledger;
        this.answers = answers;
    }

    public void mount(Router router) {
        router.post("/api/v1/erase").handler(this::erase);
        router.post("/api/v1/project").handler(this::project);
    }

    /** The event is named by its run and number, or by its entry. */
    private record Request(RunId run, Long seq, Long entry, String text, String reason) {}

    private void erase(RoutingContext context) {
        new Parameters(context);
        Request request = request(context);
        String by = Authorisation.caller(context).name() + " from " + Admission.remote(context);
        Retention.Order order =
                new Retention.Order(by.substring(0, Math.min(by.length(), Retention.Order.MAX_TEXT)), request.reason);
        answers.blocking(context, () -> answer(request, order));
    }

    private JsonNode answer(Request request, Retention.Order order) {
        Supplier<Problem> unknown = () -> Problem.of(
                404,
                "no-such-event",
                "the ledger has no such event, or it was removed",
                "GET /api/v1/runs/RUN_ID/events lists the events of a run");
        Eraser eraser = ledger.upkeep().eraser();
        Eraser.What what = request.entry == null
                ? new Eraser.What(request.run, request.seq, request.text)
                : eraser.at(request.entry)
                        .map(event -> new Eraser.What(event.run(), event.seq(), request.text))
                        .orElseThrow(unknown);
        try {
            Eraser.Erased erased = eraser.erase(what, order).orElseThrow(unknown);
            ObjectNode json = JsonNodeFactory.instance.objectNode().put("entry", erased.entry());
            erased.alsoIn().forEach(json.putArray("also_in")::add);
            OUT_OF_REACH.forEach(json.putArray("out_of_reach")::add);
            return json;
        } catch (LedgerException e) {
            throw e.kind() == LedgerException.Kind.CONFLICT ? Problem.of(409, "not-erased", e.getMessage(), null) : e;
        }
    }

    private static Request request(RoutingContext context) {
        Fields fields = new Fields(json(context.body().buffer()));
        Request request = new Request(
                fields.runId("run_id"),
                fields.integer("seq"),
                fields.integer("entry"),
                fields.text("text"),
                fields.text("reason"));
        fields.require("reason");
        if ((request.run == null || request.seq == null) == (request.entry == null)) {
            fields.fault("run_id", "is needed with seq, or entry alone: they name the event");
        }
        if ((request.text == null) != Boolean.TRUE.equals(fields.bool("details"))) {
            fields.fault("text", "is needed, or details: true");
        } else if (request.text != null && request.text.length() < SHORTEST) {
            fields.fault("text", "must be at least " + SHORTEST + " characters");
        }
        if (!fields.faults().isEmpty()) {
            throw Problem.badFields(fields.faults());
        }
        return request;
    }

    private static JsonNode json(Buffer body) {
        try {
            JsonNode node = Json.MAPPER.readTree(body == null ? new byte[0] : body.getBytes());
            if (node != null && node.isObject()) {
                return node;
            }
        } catch (JsonProcessingException e) {
            throw Problem.of(400, "invalid-input", "the body is not JSON: " + Json.complaint(e), null);
        } catch (IOException e) {
            throw Problem.of(400, "invalid-input", "the body is not JSON in UTF-8", null);
        }
        throw Problem.of(400, "invalid-input", "the body must be a JSON object", null);
    }

    private void project(RoutingContext context) {
        new Parameters(context);
        answers.blocking(context, () -> {
            ledger.computeAgain();
            return JsonNodeFactory.instance.objectNode().put("computing", true);
        });
    }
}
