package io.jobledger.http.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.http.guard.Parameters;
import io.jobledger.http.guard.Problem;
import io.jobledger.http.guard.Reads;
import io.jobledger.http.guard.Responses;
import io.jobledger.json.Json;
import io.jobledger.ledger.AuditQueries;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.JobLine;
import io.jobledger.ledger.query.RunComparison;
import io.jobledger.ledger.query.RunFilter;
import io.jobledger.ledger.query.RunSummary;
import io.jobledger.ledger.query.Sort;
import io.jobledger.model.Run;
import io.jobledger.model.RunId;
import io.jobledger.model.RunIdStart;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/** Runs: the list, one with its plays and statistics, its jobs, its events. */
public final class RunRoutes {
    /** As many are named where the beginning of an id is that of several. */
    private static final int SEVERAL = 5;
    /** Jobs of a run that are compared: those that started first. */
    private static final int MOST_COMPARED = 5000;

    private final AuditQueries audit;
    private final JobRoutes jobs;
    private final Responses lists;
    private final Clock clock;
    private final Duration silence;

    public RunRoutes(AuditQueries audit, JobRoutes jobs, Responses lists, Clock clock, Duration silence) {
        this.audit = audit;
        this.jobs = jobs;
        this.lists = lists;
        this.clock = clock;
        this.silence = silence;
    }

    public void mount(Router router) {
        Reads.get(router, "/api/v1/runs").handler(context -> {
            Parameters parameters = new Parameters(context, Filters.names(Filters.OF_RUNS, ListShape.PARAMETERS));
            RunFilter filter = Filters.runs(parameters, clock.instant(), silence);
            new ListShape<>(
                            "runs",
                            page -> audit.summaries(filter, page),
                            () -> audit.countRuns(filter),
                            this::summary,
                            RunJson.COLUMNS,
                            Sort.Key.STARTED_AT,
                            Sort.Key.FINISHED_AT)
                    .answer(context, parameters, lists);
        });
        Reads.get(router, "/api/v1/runs/:run_id").handler(context -> {
            RunIdStart start = new Parameters(context).read("run_id", context.pathParam("run_id"), RunIdStart::new);
            // Not where resumes wait: it reads the run's events.
            lists.tagged(context, () -> detail(begins(start)));
        });
        Reads.get(router, "/api/v1/runs/:run_id/compare/:other_id").handler(context -> {
            Parameters parameters = new Parameters(context);
            RunId before = parameters.runId();
            RunId after = parameters.read("other_id", context.pathParam("other_id"), RunId::parse);
            lists.tagged(context, () -> compared(found(before), found(after)));
        });
        Reads.get(router, "/api/v1/runs/:run_id/jobs").handler(context -> {
            Parameters parameters = new Parameters(context, ListShape.PARAMETERS);
            RunId id = parameters.runId();
            jobs.list(JobFilter.builder().run(id).build()).of(() -> found(id)).answer(context, parameters, lists);
        });
        Reads.get(router, "/api/v1/runs/:run_id/events").handler(context -> {
            Parameters parameters = new Parameters(context, "limit", "cursor", "total", "format");
            RunId id = parameters.runId();
            new ListShape<>(
                            "events",
                            page -> audit.events(id, page),
                            () -> found(id).events(),
                            EventJson::of,
                            EventJson.COLUMNS)
                    .of(() -> found(id))
                    .answer(context, parameters, lists);
        });
    }

    private Run found(RunId id) {
        return audit.run(id)
                .orElseThrow(() -> Problem.of(
                        404, "no-such-run", "no run " + id + " is known", "GET /api/v1/runs lists the runs"));
    }

    private Run begins(RunIdStart start) {
        List<RunId> ids = audit.runsBeginning(start, SEVERAL);
        if (ids.isEmpty()) {
            throw Problem.of(
                    404, "no-such-run", "no run " + start.text() + " is known", "GET /api/v1/runs lists the runs");
        }
        if (ids.size() > 1) {
            throw Problem.of(
                    409,
                    "ambiguous-run",
                    "several runs begin with " + start.text(),
                    "give more of it: " + ids.stream().map(RunId::toString).collect(Collectors.joining(", ")));
        }
        return found(ids.get(0));
    }

    private ObjectNode detail(Run run) throws IOException {
        ObjectNode json = summary(new RunSummary(run, audit.outcome(run.id())));
        ArrayNode plays = json.putArray("plays");
        audit.plays(run.id())
                .forEach(play -> plays.addObject()
                        .put("play", play.play())
                        .put("playbook", play.playbook())
                        .put("started_at", Json.time(play.startedAt())));
        ArrayNode unseen = json.putArray("intended_unseen");
        audit.unseenIntents(run.id())
                .forEach(intent -> unseen.addObject()
                        .put("host", intent.host())
                        .put("play", intent.play())
                        .put("job", intent.job())
                        .put("task", intent.task())
                        .put("at", Json.time(intent.at())));
        ObjectNode missing = json.putObject("missing");
        missing.put("count", run.maxSeq() - run.events());
        missing.putNull("first_gap");
        if (!run.complete()) {
            audit.firstGap(run.id())
                    .ifPresent(gap -> missing.putObject("first_gap")
                            .put("from", gap.from())
                            .put("to", gap.to()));
        }
        json.putNull("stats");
        if (run.finishedSeq() != null) {
            List<String> last = audit.events(run.id(), run.finishedSeq() - 1, 1);
            if (!last.isEmpty()) {
                json.set("stats", Json.OWN.readTree(last.get(0)).get("stats"));
            }
        }
        return json;
    }

    private ObjectNode compared(Run before, Run after) {
        RunComparison comparison =
                RunComparison.of(audit.lines(before.id(), MOST_COMPARED), audit.lines(after.id(), MOST_COMPARED));
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.set("before", summary(new RunSummary(before, audit.outcome(before.id()))));
        json.set("after", summary(new RunSummary(after, audit.outcome(after.id()))));
        json.put("same_playbook", before.ofPlaybookOf(after));
        ObjectNode counts = json.putObject("counts");
        comparison.counts().forEach((change, number) -> counts.put(change.wire(), number));
        ArrayNode jobs = json.putArray("jobs");
        comparison.pairs().stream()
                .filter(pair -> pair.change() != RunComparison.Change.SAME)
                .forEach(pair -> {
                    ObjectNode row = jobs.addObject()
                            .put("change", pair.change().wire())
                            .put("host", pair.key().host())
                            .put("play", pair.key().play())
                            .put("job_name", pair.key().job());
                    row.set("before", line(pair.before()));
                    row.set("after", line(pair.after()));
                });
        return json;
    }

    private static ObjectNode line(JobLine line) {
        return line == null
                ? null
                : JsonNodeFactory.instance
                        .objectNode()
                        .put("ansible_job_id", line.jobId())
                        .put("status", line.status().wire())
                        .put("started_at", Json.time(line.startedAt()))
                        .put("took", line.took() == null ? null : line.took().toMillis() / 1000.0)
                        .put("message", line.message());
    }

    private ObjectNode summary(RunSummary run) {
        return RunJson.of(run, clock.instant(), silence);
    }
}
