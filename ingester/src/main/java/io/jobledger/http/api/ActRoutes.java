package io.jobledger.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.event.Acts;
import io.jobledger.event.BatchDecoder;
import io.jobledger.http.guard.Admission;
import io.jobledger.http.guard.Authorisation;
import io.jobledger.http.guard.JobPath;
import io.jobledger.http.guard.Parameters;
import io.jobledger.http.guard.Problem;
import io.jobledger.http.guard.Responses;
import io.jobledger.json.Json;
import io.jobledger.ledger.AuditQueries;
import io.jobledger.ledger.EventSink;
import io.jobledger.ledger.JobLookup;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.Event;
import io.jobledger.model.Job;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import io.jobledger.resume.JobFinder;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What people do to a job: {@code POST /api/v1/jobs/{host}/{play}/{job}/close}, {@code /cancel} and {@code /name}. Each
 * is an event, and stands in the audit trail.
 */
public final class ActRoutes {
    private static final int MOST_REASON = 1000;
    private static final int PART = 500;

    private final JobFinder finder;
    private final JobLookup lookup;
    private final AuditQueries audit;
    private final EventSink sink;
    private final Responses answers;
    private final Clock clock;

    public ActRoutes(
            JobFinder finder, JobLookup lookup, AuditQueries audit, EventSink sink, Responses answers, Clock clock) {
        this.finder = finder;
        this.lookup = lookup;
        this.audit = audit;
        this.sink = sink;
        this.answers = answers;
        this.clock = clock;
    }

    public void mount(Router router) {
        // Without a path, as for the jobs themselves.
        router.route().handler(context -> {
            JobPath.Act act = JobPath.act(context.request().path()).orElse(null);
            if (act == null) {
                context.next();
            } else if (context.request().method() == HttpMethod.POST) {
                act(context, act);
            } else {
                context.response().putHeader("allow", "POST");
                throw Problem.of(405, "method-not-allowed", "a job is closed, cancelled or named with POST", null);
            }
        });
    }

    private void act(RoutingContext context, JobPath.Act act) {
        boolean naming = act.what().equals("name");
        Parameters parameters = naming
                ? new Parameters(context, "ansible_job_id", "execution_host")
                : new Parameters(context, "reason", "ansible_job_id", "execution_host");
        AnsibleJobId id = parameters.parsed("ansible_job_id", AnsibleJobId::new);
        String executionHost = parameters.text("execution_host");
        String reason = naming ? null : reason(parameters);
        if (naming && id == null) {
            throw Problem.badField("ansible_job_id", "is required: the id of the job that gets this name");
        }
        String who = Authorisation.caller(context).name() + " from " + Admission.remote(context);
        String by = who.substring(0, Math.min(who.length(), MOST_REASON));
        answers.blocking(context, () -> switch (act.what()) {
            case "name" -> name(act.key(), any(id, executionHost), by);
            case "close" -> close(act.key(), open(act.key(), id, executionHost), by, reason);
            default -> cancel(act.key(), open(act.key(), id, executionHost), by, reason);
        });
    }

    private static String reason(Parameters parameters) {
        String reason = parameters.parsed("reason", text -> {
            if (text.isBlank() || text.length() > MOST_REASON || text.chars().anyMatch(Character::isISOControl)) {
                throw new IllegalArgumentException(
                        "must be 1 to " + MOST_REASON + " characters, without control characters");
            }
            return text;
        });
        if (reason == null) {
            throw Problem.badField("reason", "is required: whoever finds the job later must learn why");
        }
        return reason;
    }

    private JsonNode close(JobKey key, Job job, String by, String reason) throws Exception {
        store(Acts.closed(job, by, reason, now(job)));
        return answer(job, key);
    }

    private JsonNode cancel(JobKey key, Job job, String by, String reason) throws Exception {
        if (job.jobId() == null) {
            throw Problem.of(
                    409,
                    "no-id",
                    "the id of this job was never shown, so nobody can find its processes",
                    "end it on its host by hand, then close it");
        }
        store(Acts.cancelRequested(job, by, reason, now(job)));
        return answer(job, key);
    }

    private JsonNode name(JobKey key, Job job, String by) throws Exception {
        if (job.launch() != null) {
            throw Problem.of(
                    409,
                    "has-a-name",
                    "the task that started this job named it " + job.mainKey(),
                    "it answers to that name; PUT saves a job under one more");
        }
        store(Acts.named(job, key, by, now(job)));
        return answer(job, key);
    }

    private void store(Event event) throws Exception {
        sink.append(List.of(event)).get(30, TimeUnit.SECONDS);
    }

    /**
     * After all that is known of the job, also where clocks differ: what somebody does counts from the moment it is
     * done.
     */
    private Instant now(Job job) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        Instant seen = job.lastSeenAt();
        return seen == null || seen.isBefore(now) || !seen.isBefore(Job.LAST) ? now : seen.plus(1, ChronoUnit.MICROS);
    }

    private ObjectNode answer(Job job, JobKey key) {
        JobRecord now = job.jobId() == null
                ? lookup.known(key, Narrowing.NONE).orElseThrow().newest()
                : lookup.job(job.executionHost(), job.jobId()).orElseThrow().record(key);
        return JobJson.of(now, clock.instant());
    }

    /** The one job with this id, whatever its names. */
    private Job any(AnsibleJobId id, String executionHost) {
        List<JobRecord> found = audit.jobs(
                        JobFilter.builder()
                                .ansibleJobId(id.value())
                                .executionHost(executionHost)
                                .build(),
                        PageRequest.first(10))
                .items();
        if (found.isEmpty()) {
            throw Problem.of(
                    404,
                    "no-such-job",
                    "no job with the id " + id + (executionHost == null ? "" : " on " + executionHost) + " is known",
                    "GET /api/v1/jobs?play=unknown lists the jobs that have no name");
        }
        if (found.size() > 1) {
            throw ambiguous(
                    "jobs on "
                            + String.join(
                                    ", ",
                                    found.stream().map(JobRecord::executionHost).toList()) + " have the id " + id,
                    "say which with execution_host");
        }
        return lookup.job(found.get(0).executionHost(), id).orElseThrow();
    }

    /** The one open job that is meant. */
    private Job open(JobKey key, AnsibleJobId id, String executionHost) {
        Job job = id == null ? answering(key) : any(id, executionHost);
        if (!job.keys().contains(key)) {
            throw Problem.of(
                    404,
                    "no-such-job",
                    "the job with the id " + id + " is not " + key + ", but " + job.mainKey(),
                    null);
        }
        if (!job.status().open()) {
            throw ended(job.record(key));
        }
        return job;
    }

    private Job answering(JobKey key) {
        JobFinder.Found found = finder.find(key, Narrowing.NONE)
                .orElseThrow(() -> Problem.of(
                        404,
                        "no-such-job",
                        "no job " + key + " is known",
                        "names must match exactly; GET /api/v1/jobs?host=… lists the jobs of a host"));
        if (found.ambiguous()) {
            throw ambiguous(
                    "open jobs "
                            + String.join(
                                    ", ",
                                    found.candidates().stream()
                                            .map(one -> String.valueOf(one.jobId()))
                                            .toList())
                            + " have this name",
                    "say which with ansible_job_id");
        }
        if (!found.source().equals(JobFinder.LEDGER)) {
            throw Problem.of(
                    409,
                    "only-mirrored",
                    "only the mirror " + found.source() + " has this job",
                    "'jobledger rebuild' brings it back into the ledger");
        }
        JobRecord record = found.record();
        if (!record.status().open()) {
            throw ended(record);
        }
        return record.jobId() != null
                ? lookup.job(record.executionHost(), record.jobId()).orElseThrow()
                : nameless(key, record);
    }

    /** A job without an id is what the event says that told of it. */
    private Job nameless(JobKey key, JobRecord record) {
        long after = 0;
        for (List<String> part = audit.events(record.run(), after, PART);
                !part.isEmpty();
                part = audit.events(record.run(), after, PART)) {
            for (String text : part) {
                Event event = BatchDecoder.again(text);
                after = event.head().seq();
                if (event instanceof Event.JobObserved seen
                        && seen.job().jobId() == null
                        && seen.job().keys().contains(key)
                        && seen.job().startedAt().equals(record.startedAt())) {
                    return seen.job();
                }
            }
        }
        throw Problem.of(
                409,
                "no-evidence",
                "the event that told of this job was removed",
                "its record goes with the next prune");
    }

    private static Problem ended(JobRecord record) {
        return Problem.of(
                409,
                "has-ended",
                "the job has ended: it is " + record.status().wire() + " since " + Json.time(record.finishedAt()),
                null);
    }

    private static Problem ambiguous(String detail, String hint) {
        return Problem.of(409, "ambiguous", detail, hint);
    }
}
