package io.jobledger.http.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.auth.Scope;
import io.jobledger.event.EventLimits;
import io.jobledger.event.SavedJobs;
import io.jobledger.http.guard.Authorisation;
import io.jobledger.http.guard.JobPath;
import io.jobledger.http.guard.Parameters;
import io.jobledger.http.guard.Problem;
import io.jobledger.http.guard.Reads;
import io.jobledger.http.guard.Responses;
import io.jobledger.json.FieldFault;
import io.jobledger.json.Fields;
import io.jobledger.json.Json;
import io.jobledger.json.RecordJson;
import io.jobledger.ledger.AuditQueries;
import io.jobledger.ledger.ConditionalSink;
import io.jobledger.ledger.EventSink;
import io.jobledger.ledger.JobLookup;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Precondition;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.Sort;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.Event;
import io.jobledger.model.Job;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import io.jobledger.model.JobStatus;
import io.jobledger.model.RunId;
import io.jobledger.model.Unicode;
import io.jobledger.resume.JobFinder;
import io.jobledger.resume.JobFinder.Choice;
import io.jobledger.resume.JobFinder.Which;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Jobs by name: {@code GET} and {@code PUT /api/v1/jobs/{host}/{play}/{job}}; and the list of jobs. */
public final class JobRoutes {
    /** A name with more open jobs than that needs another kind of help than a longer list. */
    private static final int MOST_CANDIDATES = 200;

    private static final int MOST_NTH = 10_000;

    private final JobFinder finder;
    private final JobLookup lookup;
    private final AuditQueries audit;
    private final EventSink sink;
    private final ConditionalSink conditional;
    private final Waits waits;
    private final Duration longestWait;
    private final Supplier<EventLimits> limits;
    private final Responses answers;
    private final Responses lists;
    private final Clock clock;

    public JobRoutes(
            JobFinder finder,
            JobLookup lookup,
            AuditQueries audit,
            EventSink sink,
            ConditionalSink conditional,
            Waits waits,
            Duration longestWait,
            Supplier<EventLimits> limits,
            Responses answers,
            Responses lists,
            Clock clock) {
        this.finder = finder;
        this.lookup = lookup;
        this.audit = audit;
        this.sink = sink;
        this.conditional = conditional;
        this.waits = waits;
        this.longestWait = longestWait;
        this.limits = limits;
        this.answers = answers;
        this.lists = lists;
        this.clock = clock;
    }

    public void mount(Router router) {
        // Without a path, so that the router's own idea of the path does not count.
        router.route().handler(this::named);
        Reads.get(router, "/api/v1/jobs").handler(context -> {
            Parameters parameters = new Parameters(context, Filters.names(Filters.OF_JOBS, ListShape.PARAMETERS));
            list(Filters.jobs(parameters, clock.instant())).answer(context, parameters, lists);
        });
    }

    /** The jobs that fit a filter. */
    ListShape<JobRecord> list(JobFilter filter) {
        return new ListShape<>(
                "jobs",
                page -> audit.jobs(filter, page),
                () -> audit.countJobs(filter),
                this::row,
                JobJson.COLUMNS,
                Sort.Key.STARTED_AT,
                Sort.Key.FINISHED_AT);
    }

    /** A job among many: what its task printed would make a list of any length. */
    private ObjectNode row(JobRecord record) {
        return json(record).without("details");
    }

    private void history(RoutingContext context, JobKey key) {
        if (!reads(context)) {
            context.response().putHeader("allow", "GET, HEAD");
            throw Problem.of(405, "method-not-allowed", "a history is only read", null);
        }
        new ListShape<>(
                        "jobs",
                        page -> audit.history(key, page),
                        () -> audit.countHistory(key),
                        this::row,
                        JobJson.COLUMNS,
                        Sort.Key.STARTED_AT)
                .answer(context, new Parameters(context, ListShape.PARAMETERS), lists);
    }

    private static boolean reads(RoutingContext context) {
        return context.request().method() == HttpMethod.GET || context.request().method() == HttpMethod.HEAD;
    }

    private void named(RoutingContext context) {
        JobKey key = JobPath.parse(context.request().path()).orElse(null);
        if (key == null) {
            JobPath.history(context.request().path()).ifPresentOrElse(of -> history(context, of), context::next);
        } else if (reads(context)) {
            get(context, key);
        } else if (context.request().method() == HttpMethod.PUT) {
            put(context, key);
        } else {
            context.response().putHeader("allow", "GET, HEAD, PUT");
            throw Problem.of(405, "method-not-allowed", "a job is read with GET and saved with PUT", null);
        }
    }

    private void get(RoutingContext context, JobKey key) {
        Parameters parameters =
                new Parameters(context, "playbook", "run_id", "check_mode", "id", "which", "nth", "wait");
        Narrowing narrowing = new Narrowing(
                parameters.text("playbook"),
                parameters.parsed("run_id", RunId::parse),
                Boolean.TRUE.equals(parameters.flag("check_mode")),
                parameters.parsed("id", AnsibleJobId::new));
        Choice choice = choice(parameters);
        Duration wait = parameters.parsed("wait", Moments::duration);
        if (wait != null && context.request().method() == HttpMethod.GET) {
            await(context, key, narrowing, choice, wait);
        } else {
            answers.taggedBy(
                    context,
                    () -> stated(
                            finder.find(key, narrowing, choice).orElseThrow(() -> notFound(key, narrowing, choice))));
        }
    }

    private void await(RoutingContext context, JobKey key, Narrowing narrowing, Choice choice, Duration wait) {
        Duration patience = wait.compareTo(longestWait) > 0 ? longestWait : wait;
        // The ledger alone: what only a mirror has is not going to change.
        Runnable gone = waits.until(
                () -> finder.inLedger(key, narrowing, choice),
                patience,
                context.vertx().getOrCreateContext(),
                new Waits.Answer() {
                    @Override
                    public void found(Optional<JobFinder.Found> found) {
                        if (found.isPresent()) {
                            Responses.stated(context, stated(found.get()));
                        } else {
                            answers.taggedBy(
                                    context,
                                    () -> stated(finder.find(key, narrowing, choice)
                                            .orElseThrow(() -> notFound(key, narrowing, choice))));
                        }
                    }

                    @Override
                    public void failed(Throwable why) {
                        Responses.fail(context, why);
                    }
                });
        context.response().closeHandler(closed -> gone.run());
    }

    private Responses.Stated stated(JobFinder.Found found) {
        ObjectNode json = json(found.record());
        json.put("ambiguous", found.ambiguous());
        ArrayNode candidates = json.putArray("candidates");
        found.candidates().stream()
                .limit(MOST_CANDIDATES)
                .forEach(candidate -> candidates.add(json(candidate).without("details")));
        json.put("candidates_total", found.candidates().size());
        ArrayNode outlived = json.putArray("past_deadline");
        found.outlived().stream()
                .limit(MOST_CANDIDATES)
                .forEach(one -> outlived.add(one.jobId().value()));
        json.put("past_deadline_total", found.outlived().size());
        json.put("source", found.source());
        return new Responses.Stated(Preconditions.state(answers.asOf().epoch(), found), json);
    }

    private static Choice choice(Parameters parameters) {
        Which which = parameters.parsed("which", Which::parse);
        Integer nth = parameters.text("nth") == null ? null : (int) parameters.number("nth", 1, 1, MOST_NTH);
        if (which != null && nth != null) {
            throw Problem.badField("nth", "must not be given with which: say it one way");
        }
        return new Choice(which, nth);
    }

    private static Problem notFound(JobKey key, Narrowing narrowing, Choice choice) {
        String where = (narrowing.jobId() == null ? "" : " with the id '" + narrowing.jobId() + "'")
                + (narrowing.playbook() == null ? "" : " of playbook '" + narrowing.playbook() + "'")
                + (narrowing.run() == null ? "" : " of run " + narrowing.run())
                + (narrowing.checkMode() ? " in check mode" : "");
        String what = choice.nth() == null || choice.nth() == 1 ? "no job '" : "no " + choice.nth() + " jobs '";
        return Problem.of(
                404,
                "no-such-job",
                what + key.job() + "' of play '" + key.play() + "' on host '" + key.host() + "'" + where
                        + (choice.nth() == null || choice.nth() == 1 ? " is known" : " are known"),
                "names must match exactly; GET /api/v1/jobs?host=… lists the jobs of a host"
                        + (narrowing.checkMode() ? "" : ". A dry run's job only answers with check_mode=true"));
    }

    private void put(RoutingContext context, JobKey key) {
        Preconditions preconditions =
                Preconditions.of(context.request(), answers.asOf().epoch());
        new Parameters(context);
        JobRecord record = saved(context, key);
        if (record.status() == JobStatus.CLOSED
                && !Authorisation.caller(context).may(Scope.ACT)) {
            throw Problem.of(
                    403,
                    "forbidden",
                    "to save a job as closed takes the scope act",
                    "POST …/close closes it; without a status it is saved as running");
        }
        ObjectNode whole = RecordJson.write(record);
        if (Json.text(whole).length() > limits.get().eventChars()) {
            throw tooLarge();
        }
        List<FieldFault> faults = limits.get().faults(whole);
        if (!faults.isEmpty()) {
            throw Problem.badFields(faults);
        }
        answers.blocking(context, () -> {
            Event event = SavedJobs.event(record, RunId.random(), savedAt(record));
            if (event.head().body().length() > limits.get().eventChars()) {
                throw tooLarge();
            }
            if (preconditions.none()) {
                sink.append(List.of(event)).get(30, TimeUnit.SECONDS);
            } else {
                appendIf(preconditions, key, event);
            }
            return lookup.job(record.executionHost(), record.jobId())
                    .map(job -> json(job.record(key)))
                    .orElseThrow();
        });
    }

    /**
     * What the writer finds in the ledger decides; where that has nothing, what a mirror has, since a GET would have
     * answered that.
     */
    private void appendIf(Preconditions preconditions, JobKey key, Event event) {
        Optional<JobFinder.Found> elsewhere =
                finder.find(key, Narrowing.NONE).filter(found -> !found.source().equals(JobFinder.LEDGER));
        try {
            conditional.append(
                    List.of(event),
                    new Precondition(
                            key,
                            Narrowing.NONE,
                            known ->
                                    preconditions.hold(known.map(finder::answer).or(() -> elsewhere))));
        } catch (LedgerException e) {
            throw e.kind() == LedgerException.Kind.CONFLICT ? changed(finder.find(key, Narrowing.NONE), key) : e;
        }
    }

    private static Problem changed(Optional<JobFinder.Found> found, JobKey key) {
        String now = found.map(JobFinder.Found::record)
                .map(job -> "it answers job " + (job.jobId() == null ? "without an id" : job.jobId()) + ", "
                        + job.status().wire() + ", started " + job.startedAt())
                .orElse("nothing is known by it");
        return Problem.of(
                412,
                "precondition-failed",
                "the name " + key + " is not as If-Match or If-None-Match has it: " + now + ". Nothing was saved",
                "read it again: GET gives the job and the ETag for If-Match");
    }

    /**
     * Now, but after all that is known of the job: of two saves the later counts, also where the clock was set back in
     * between.
     */
    private Instant savedAt(JobRecord record) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        return lookup.job(record.executionHost(), record.jobId())
                .map(job -> job.lastSeenAt().plus(1, ChronoUnit.MICROS))
                .filter(next -> next.isAfter(now) && next.isBefore(Job.LAST))
                .orElse(now);
    }

    private Problem tooLarge() {
        return Problem.of(
                413,
                "too-large",
                "the record has more than " + limits.get().eventChars() + " characters of JSON (max-event-chars)",
                "save less metadata");
    }

    private JobRecord saved(RoutingContext context, JobKey key) {
        if (!Parameters.mediaType(context).equals("application/json")) {
            throw Problem.of(
                    415,
                    "unsupported-media-type",
                    "the content type must be application/json",
                    "set the header Content-Type");
        }
        Buffer body = context.body().buffer();
        // Escaped, a character may take six bytes; with more than that there is no need to read it.
        if (body != null && body.length() > 8 * limits.get().eventChars()) {
            throw tooLarge();
        }
        JsonNode node;
        try {
            node = Json.MAPPER.readTree(body == null ? new byte[0] : body.getBytes());
        } catch (JsonProcessingException e) {
            throw Problem.of(400, "invalid-input", "the body is not JSON: " + Json.complaint(e), null);
        } catch (IOException e) {
            throw Problem.of(400, "invalid-input", "the body is not JSON in UTF-8", null);
        }
        if (node == null || !node.isObject()) {
            throw Problem.of(
                    400,
                    "invalid-input",
                    "the body must be a JSON object: a job record with at least ansible_job_id",
                    null);
        }
        if (!Unicode.isSound(Json.text(node))) {
            throw Problem.of(
                    400, "invalid-input", "the body must be valid Unicode: it holds an unpaired surrogate", null);
        }
        Fields fields = new Fields(node);
        fields.require("ansible_job_id");
        JobRecord record = RecordJson.read(fields, key);
        List<FieldFault> faults = fields.faults();
        if (!faults.isEmpty()) {
            throw Problem.badFields(faults);
        }
        if (!record.key().equals(key)) {
            throw Problem.badField(
                    "host, play, job_name",
                    "must be those of the path where they are given; the body names " + record.key());
        }
        return record;
    }

    private ObjectNode json(JobRecord record) {
        return JobJson.of(record, clock.instant());
    }
}
