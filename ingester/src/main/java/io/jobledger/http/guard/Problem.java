package io.jobledger.http.guard;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.event.InvalidEvents;
import io.jobledger.json.FieldFault;
import io.jobledger.json.Json;
import java.util.List;
import java.util.Locale;

/** A refusal by RFC 9457: what is wrong, where, and what to do. Thrown by handlers, answered in one place. */
public final class Problem extends RuntimeException {
    public static final String CONTENT_TYPE = "application/problem+json";
    private static final long serialVersionUID = 1;

    private final int status;
    private final String slug;
    private final String hint;
    private final transient List<Fault> errors;
    private final Integer retryAfter;

    /**
     * What is wrong with one part of the request.
     *
     * @param index of the event in a batch; null outside of batches
     * @param field null when it is the whole
     */
    public record Fault(Integer index, String field, String detail) {}

    private Problem(int status, String slug, String detail, String hint, List<Fault> errors, Integer retryAfter) {
        super(detail, null, false, false);
        this.status = status;
        this.slug = slug;
        this.hint = hint;
        this.errors = errors;
        this.retryAfter = retryAfter;
    }

    /**
     * A refusal.
     *
     * @param slug names the kind of problem for programs
     * @param detail what is wrong with this request
     * @param hint what to do, or null where the detail says it
     */
    public static Problem of(int status, String slug, String detail, String hint) {
        return new Problem(status, slug, detail, hint, List.of(), null);
    }

    /** One parameter or the path breaks a rule. */
    public static Problem badField(String field, String detail) {
        return badFields(List.of(new FieldFault(field, detail)));
    }

    public static Problem badFields(List<FieldFault> faults) {
        List<Fault> errors = faults.stream()
                .map(fault -> new Fault(null, fault.field(), fault.detail()))
                .toList();
        return new Problem(400, "invalid-input", faults.get(0).toString(), null, errors, null);
    }

    /** A batch that is refused whole. */
    public static Problem badBatch(InvalidEvents e) {
        List<Fault> errors = e.faults().stream()
                .map(fault -> new Fault(fault.index() < 0 ? null : fault.index(), fault.field(), fault.detail()))
                .toList();
        return e.tooLarge()
                ? new Problem(413, "too-large", e.getMessage(), null, List.of(), null)
                : new Problem(
                        400,
                        "invalid-events",
                        e.getMessage(),
                        "nothing of the batch was stored; mend or drop the events named in errors and send the rest",
                        errors,
                        null);
    }

    /** The caller should come back after {@code seconds}. */
    public static Problem later(String slug, String detail, int seconds) {
        return new Problem(503, slug, detail, "send the same request again", List.of(), seconds);
    }

    /** Too many wrong tokens came from where this request comes from. */
    static Problem tooManyGuesses(long seconds) {
        return new Problem(
                429,
                "too-many-guesses",
                "more than ten wrong tokens came from this address within a minute",
                "look at the token: JOBLEDGER_TOKEN, or the file that"
                        + " JOBLEDGER_TOKEN_FILE or token_file names; good tokens are let in at once",
                List.of(),
                (int) seconds);
    }

    /** Nothing will change until someone has mended what {@code detail} names; {@code hint} says how. */
    static Problem untilMended(String slug, String detail, String hint) {
        return new Problem(503, slug, detail, hint, List.of(), 60);
    }

    /** A question that reads too much for its time limit; the same question again would do no better. */
    static Problem tooSlow(String detail) {
        return new Problem(
                503,
                "too-slow",
                detail,
                "narrow it: a time range (since=7d), a host, a play or a status is looked up and not searched; q= and"
                        + " durations search what the others leave",
                List.of(),
                60);
    }

    /** There is no room to store anything. */
    static Problem full(String detail) {
        return new Problem(
                507,
                "no-room",
                detail,
                "make room on that disk; senders keep what they have and send it again",
                List.of(),
                30);
    }

    /** An administrative act could not be written down. */
    static Problem notDone(String detail) {
        return new Problem(503, "audit-failed", detail, null, List.of(), 30);
    }

    public int status() {
        return status;
    }

    /** Seconds for {@code Retry-After}, or null. */
    public Integer retryAfter() {
        return retryAfter;
    }

    /** What kind of problem it is, in a few words. */
    public String title() {
        return slug.substring(0, 1).toUpperCase(Locale.ROOT) + slug.substring(1).replace('-', ' ');
    }

    /** What to do; null where the message says it. */
    public String hint() {
        return hint;
    }

    /** Each fault of a field or an event; may be empty. */
    public List<Fault> errors() {
        return errors;
    }

    public String json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("type", "urn:jobledger:problem:" + slug);
        json.put("title", title());
        json.put("status", status);
        json.put("detail", getMessage());
        if (hint != null) {
            json.put("hint", hint);
        }
        if (!errors.isEmpty()) {
            ArrayNode list = json.putArray("errors");
            errors.forEach(error -> describe(error, list.addObject()));
        }
        return Json.text(json);
    }

    private static void describe(Fault fault, ObjectNode json) {
        if (fault.index() != null) {
            json.put("index", fault.index());
        }
        if (fault.field() != null) {
            json.put("field", fault.field());
        }
        json.put("detail", fault.detail());
    }
}
