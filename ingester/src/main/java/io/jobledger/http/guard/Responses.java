package io.jobledger.http.guard;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.auth.TokenStoreException;
import io.jobledger.json.Json;
import io.jobledger.ledger.AsOf;
import io.jobledger.ledger.LedgerException;
import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.trail.TrailException;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How every route answers: work that blocks goes to the workers, and every failure becomes a problem. Thread-safe. */
public final class Responses {
    private static final Logger LOG = LoggerFactory.getLogger(Responses.class);

    private static final String VARY = "accept, accept-encoding";

    private final WorkerExecutor workers;
    private final Supplier<AsOf> asOf;

    /** @param asOf of which moment the records speak at least */
    public Responses(WorkerExecutor workers, Supplier<AsOf> asOf) {
        this.workers = workers;
        this.asOf = asOf;
    }

    /** Of which moment an answer speaks that is read from now on. */
    public AsOf asOf() {
        return asOf.get();
    }

    /** Says of which moment an answer speaks. */
    public static void dated(RoutingContext context, AsOf asOf) {
        if (!context.response().headWritten()) {
            context.response()
                    .putHeader("jobledger-as-of", asOf.text())
                    .putHeader("jobledger-as-of-time", Json.time(asOf.at()));
        }
    }

    /**
     * Answers 200 with what {@code work} returns, which may block. The body counts until it is done, also when the
     * client goes away: it waits with the work.
     */
    public void blocking(RoutingContext context, Callable<JsonNode> work) {
        Runnable release = Admission.hold(context);
        workers.executeBlocking(work, false)
                .onComplete(
                        json -> {
                            release.run();
                            ok(context, json);
                        },
                        failure -> {
                            release.run();
                            fail(context, failure);
                        });
    }

    public static void ok(RoutingContext context, JsonNode json) {
        if (!context.response().ended()) {
            context.response()
                    .putHeader("content-type", "application/json")
                    .putHeader("vary", VARY)
                    .end(Json.text(json));
        }
    }

    /**
     * Answers like {@link #blocking}, with a tag of the content; 304 to a caller who has just that. The header says of
     * which moment it speaks: in the content that would make every answer another.
     */
    public void tagged(RoutingContext context, Callable<JsonNode> work) {
        dated(context, asOf());
        taggedBy(context, () -> new Stated(null, work.call()));
    }

    /**
     * An answer about something whose state has a digest of its own.
     *
     * @param state the first part of the tag; null where the content is all there is
     */
    public record Stated(String state, JsonNode json) {}

    /** Answers like {@link #tagged}, with a tag that begins with the state. */
    public void taggedBy(RoutingContext context, Callable<Stated> work) {
        workers.executeBlocking(() -> Tagged.of(work.call()), false)
                .onComplete(answer -> answer(context, answer), failure -> fail(context, failure));
    }

    /** Answers with what is at hand. */
    public static void stated(RoutingContext context, Stated stated) {
        answer(context, Tagged.of(stated));
    }

    private static void answer(RoutingContext context, Tagged answer) {
        if (context.response().ended()) {
            return;
        }
        context.response()
                .putHeader("etag", answer.tag)
                .putHeader("vary", VARY)
                .putHeader("cache-control", "private, no-cache");
        if (Tags.match(context.request().getHeader("if-none-match"), answer.tag)) {
            context.response().setStatusCode(304).end();
        } else {
            context.response().putHeader("content-type", "application/json").end(answer.content);
        }
    }

    /** An answer as it is sent, made where it does not keep the event loop from others. */
    private record Tagged(Buffer content, String tag) {
        static Tagged of(Stated stated) {
            byte[] content = Json.text(stated.json).getBytes(StandardCharsets.UTF_8);
            return new Tagged(
                    Buffer.buffer(content), stated.state == null ? Tags.of(content) : Tags.of(stated.state, content));
        }
    }

    /** Reads a long answer part by part. */
    public interface Chunks {
        /** The next part, null at the end. May block. */
        byte[] read() throws Exception;
    }

    /**
     * Answers 200 with what {@code chunks} reads. The next part is read when the client has taken the one before, so
     * memory holds one part or two.
     */
    public void stream(RoutingContext context, String contentType, Chunks chunks) {
        if (context.request().method() == HttpMethod.HEAD) {
            context.response()
                    .putHeader("content-type", contentType)
                    .putHeader("vary", VARY)
                    .end();
            return;
        }
        workers.executeBlocking(chunks::read, false)
                .onComplete(
                        first -> {
                            HttpServerResponse response = context.response();
                            if (response.ended() || response.closed()) {
                                return;
                            }
                            Admission.takeYourTime(context);
                            response.putHeader("content-type", contentType)
                                    .putHeader("vary", VARY)
                                    .setChunked(true);
                            pass(response, chunks, first);
                        },
                        failure -> fail(context, failure));
    }

    private void pass(HttpServerResponse response, Chunks chunks, byte[] part) {
        if (response.ended() || response.closed()) {
            return;
        }
        if (part == null) {
            response.end();
            return;
        }
        if (part.length > 0) {
            response.write(Buffer.buffer(part));
        }
        Runnable next = () -> workers.executeBlocking(chunks::read, false)
                .onComplete(more -> pass(response, chunks, more), failure -> {
                    // The status is gone; only an answer that breaks off tells the client that this is not all.
                    LOG.warn("An export broke off: {}", failure.toString());
                    response.reset();
                });
        if (response.writeQueueFull()) {
            response.drainHandler(drained -> {
                response.drainHandler(null);
                next.run();
            });
        } else {
            next.run();
        }
    }

    /** Answers a failure of any kind. */
    public static void fail(RoutingContext context, Throwable failure) {
        if (context.response().ended() || context.response().closed()) {
            return;
        }
        Problem problem = problem(failure);
        context.response().setStatusCode(problem.status()).putHeader("content-type", Problem.CONTENT_TYPE);
        if (problem.retryAfter() != null) {
            context.response().putHeader("retry-after", problem.retryAfter().toString());
        }
        context.response().end(problem.json());
    }

    /** What a failure of any kind is to the caller; one that nobody foresaw is logged. */
    public static Problem problem(Throwable failure) {
        boolean wrapped = (failure instanceof CompletionException || failure instanceof ExecutionException)
                && failure.getCause() != null;
        Throwable cause = wrapped ? failure.getCause() : failure;
        if (cause instanceof Problem problem) {
            return problem;
        }
        if (cause instanceof LedgerException e) {
            return switch (e.kind()) {
                case BUSY -> Problem.later("busy", e.getMessage(), 1);
                case STOPPED -> Problem.later("stopping", e.getMessage(), 5);
                case FULL -> Problem.full(e.getMessage());
                case TOO_SLOW -> Problem.tooSlow(e.getMessage());
                case BEHIND ->
                    Problem.untilMended(
                            "ledger-behind", e.getMessage(), "docs/how-to/recover.md says how each way is gone");
                case UNSUPPORTED -> Problem.of(501, "not-supported", e.getMessage(), null);
                case REFUSED -> Problem.of(413, "too-large", e.getMessage(), null);
                default -> Problem.later("ledger-failed", e.getMessage(), 5);
            };
        }
        if (cause instanceof MirrorException e) {
            String detail =
                    "the ledger has no such job, and a mirror that may have it cannot be read: " + e.getMessage();
            return e.isPassing()
                    ? Problem.later("mirror-failed", detail, 5)
                    : Problem.untilMended(
                            "mirror-failed",
                            detail,
                            "mend the mirror; 'jobledger mirror check' shows step by step what it lacks");
        }
        if (cause instanceof TokenStoreException e) {
            return Problem.later("ledger-failed", e.getMessage(), 5);
        }
        if (cause instanceof TrailException e) {
            return Problem.notDone(e.getMessage());
        }
        if (cause instanceof TimeoutException) {
            return Problem.later(
                    "busy",
                    "the ledger took too long; whether it stored what was sent is not known, and sending it again does"
                            + " no harm",
                    5);
        }
        LOG.error("A request failed in a way nobody foresaw", cause);
        return Problem.of(
                500,
                "internal",
                "the ingester failed in a way nobody foresaw; its log has the details",
                "please report it");
    }
}
