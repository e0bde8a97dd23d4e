package io.jobledger.http.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.config.Durations;
import io.jobledger.http.guard.Admission;
import io.jobledger.http.guard.Authorisation;
import io.jobledger.http.guard.Parameters;
import io.jobledger.http.guard.Problem;
import io.jobledger.http.guard.Reads;
import io.jobledger.http.guard.Responses;
import io.jobledger.json.Json;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Retention;
import io.jobledger.ledger.Upkeep;
import io.jobledger.ledger.Verifier;
import io.jobledger.ledger.VerifyReport;
import io.jobledger.ledger.query.NamePatterns;
import io.jobledger.model.JobStatus;
import io.jobledger.model.RunId;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code GET /api/v1/verify}, {@code POST /api/v1/prune} and {@code DELETE /api/v1/runs/{id}}. */
public final class UpkeepRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(UpkeepRoutes.class);
    /** A prune answers within this time, and says whether there is more to do. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Upkeep upkeep;
    private final Retention.Policy policy;
    private final Duration silence;
    private final Responses answers;
    private final WorkerExecutor workers;
    private final AtomicBoolean verifying;

    /**
     * @param policy of the settings, for a prune that names none
     * @param verifying shared by all event loops: one verification at a time is enough work
     */
    public UpkeepRoutes(
            Upkeep upkeep,
            Retention.Policy policy,
            Duration silence,
            Responses answers,
            WorkerExecutor workers,
            AtomicBoolean verifying) {
        this.upkeep = upkeep;
        this.policy = policy;
        this.silence = silence;
        this.answers = answers;
        this.workers = workers;
        this.verifying = verifying;
    }

    public void mount(Router router) {
        Reads.get(router, "/api/v1/verify").handler(this::verify);
        router.post("/api/v1/prune").handler(this::prune);
        // The answer to a wrong method names the right one, and that of most paths is GET.
        router.route("/api/v1/prune").handler(context -> {
            context.response().putHeader("allow", "POST");
            throw Problem.of(
                    405,
                    "method-not-allowed",
                    "history is pruned with POST",
                    "without dry_run=false it only shows what would go");
        });
        router.delete("/api/v1/runs/:run_id").handler(this::delete);
    }

    private void verify(RoutingContext context) {
        Parameters parameters = new Parameters(context, "as_of", "deep");
        long entry = parameters.number("as_of", -1, 0, Long.MAX_VALUE);
        Verifier.Question question =
                new Verifier.Question(entry < 0 ? null : entry, Boolean.TRUE.equals(parameters.flag("deep")));
        if (context.request().method() == HttpMethod.HEAD) {
            context.response().putHeader("content-type", "application/x-ndjson").end();
            return;
        }
        if (!verifying.compareAndSet(false, true)) {
            throw Problem.later("busy", "another verification is under way", 10);
        }
        Admission.takeYourTime(context);
        HttpServerResponse response = context.response();
        workers.executeBlocking(
                        () -> {
                            try {
                                VerifyReport.run(upkeep.verifier(), question, line -> write(response, line));
                            } finally {
                                verifying.set(false);
                            }
                            return null;
                        },
                        false)
                .onComplete(done -> response.end(), failure -> failed(context, failure));
    }

    /** Waits until the line is on its way: a slow reader slows the verification, and one that went away ends it. */
    private static void write(HttpServerResponse response, ObjectNode line) {
        if (!response.headWritten() && !response.isChunked()) {
            response.putHeader("content-type", "application/x-ndjson").setChunked(true);
        }
        response.write(Json.text(line) + "\n")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    private static void failed(RoutingContext context, Throwable failure) {
        if (!context.response().headWritten()) {
            context.response().setChunked(false);
            Responses.fail(context, failure);
        } else if (!context.response().closed()) {
            // The status is gone; what is not ended by a verdict is not proven.
            LOG.warn("A verification failed: {}", failure.getMessage());
            context.response()
                    .end(Json.text(JsonNodeFactory.instance
                                    .objectNode()
                                    .put("type", "error")
                                    .put("detail", failure.getMessage()))
                            + "\n");
        }
    }

    private void prune(RoutingContext context) {
        Parameters parameters =
                new Parameters(context, "older_than", "keep", "status", "host", "play", "job", "dry_run", "reason");
        Retention.Policy asked = policy(parameters, parameters.texts("status"));
        boolean dryRun = !Boolean.FALSE.equals(parameters.flag("dry_run"));
        Retention.Order order = order(context, parameters, asked.toString());
        answers.blocking(context, () -> {
            Retention.Removed removed = upkeep.retention(silence).prune(asked, order, dryRun, PATIENCE);
            if (!dryRun) {
                LOG.info(
                        "{} pruned {} runs and saves with {} events: {}",
                        order.by(),
                        removed.runs(),
                        removed.events(),
                        order.reason());
            }
            return RetentionReport.json(removed, dryRun);
        });
    }

    private Retention.Policy policy(Parameters parameters, List<String> statuses) {
        Duration age = parameters.parsed("older_than", Durations::parse);
        long count = parameters.number("keep", -1, 0, 1_000_000_000);
        NamePatterns names = names(parameters);
        if (age == null && count < 0) {
            if (!names.all()) {
                throw Problem.badField("older_than", "is needed with host, play or job");
            }
            if (!statuses.isEmpty()) {
                throw Problem.badField("status", "goes with older_than or keep");
            }
            if (policy.off()) {
                throw Problem.badField("older_than", "is needed, or keep: the settings keep everything");
            }
            return policy;
        }
        Retention.Keep keep = new Retention.Keep(age, count < 0 ? null : count);
        List<JobStatus> chosen = statuses.isEmpty()
                ? Arrays.stream(JobStatus.values())
                        .filter(status -> !status.open())
                        .toList()
                : statuses.stream().map(UpkeepRoutes::status).distinct().toList();
        if (!names.all() && count >= 0) {
            throw Problem.badField("keep", "counts the jobs of all names; with host, play or job give older_than");
        }
        return new Retention.Policy(chosen.stream().collect(Collectors.toMap(status -> status, status -> keep)), names);
    }

    private static NamePatterns names(Parameters parameters) {
        return new NamePatterns(parameters.text("host"), parameters.text("play"), parameters.text("job"));
    }

    private static JobStatus status(String text) {
        try {
            JobStatus status = JobStatus.parse(text);
            if (!status.open()) {
                return status;
            }
        } catch (IllegalArgumentException e) {
            // said below, for both reasons
        }
        throw Problem.badField(
                "status",
                "must be one of succeeded, failed, timed_out, cancelled, lost, closed: open jobs are never pruned");
    }

    private void delete(RoutingContext context) {
        Parameters parameters = new Parameters(context, "force", "reason");
        boolean force = Boolean.TRUE.equals(parameters.flag("force"));
        RunId id = parameters.runId();
        Retention.Order order = order(context, parameters, "deleted by name");
        answers.blocking(context, () -> {
            try {
                Retention.Removed removed = upkeep.retention(silence)
                        .delete(id, force, order)
                        .orElseThrow(() -> Problem.of(
                                404, "no-such-run", "no run " + id + " is known", "GET /api/v1/runs lists the runs"));
                LOG.info("{} deleted run {} with {} events: {}", order.by(), id, removed.events(), order.reason());
                return RetentionReport.json(removed, false);
            } catch (LedgerException e) {
                throw e.kind() == LedgerException.Kind.CONFLICT
                        ? Problem.of(
                                409,
                                "still-open",
                                e.getMessage(),
                                "wait for their end, or add force=true to delete it all the same")
                        : e;
            }
        });
    }

    private static Retention.Order order(RoutingContext context, Parameters parameters, String fallback) {
        String reason = parameters.parsed("reason", text -> {
            if (text.length() > Retention.Order.MAX_TEXT || text.chars().anyMatch(Character::isISOControl)) {
                throw new IllegalArgumentException(
                        "must be at most " + Retention.Order.MAX_TEXT + " characters, without control characters");
            }
            return text;
        });
        String by = Authorisation.caller(context).name() + " from " + Admission.remote(context);
        return new Retention.Order(
                by.substring(0, Math.min(by.length(), Retention.Order.MAX_TEXT)), reason == null ? fallback : reason);
    }
}
