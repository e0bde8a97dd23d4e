package io.jobledger.http.api;

import io.jobledger.http.guard.Parameters;
import io.jobledger.http.guard.Problem;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.Label;
import io.jobledger.ledger.query.RunFilter;
import io.jobledger.ledger.query.TimeRange;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.JobStatus;
import io.jobledger.model.RunId;
import io.jobledger.model.RunState;
import io.vertx.core.MultiMap;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The filters of a list, out of a request's parameters. */
public final class Filters {
    public static final List<String> OF_JOBS = List.of(
            "host",
            "execution_host",
            "play",
            "playbook",
            "job",
            "task",
            "action",
            "user",
            "controller",
            "status",
            "label",
            "ansible_job_id",
            "run_id",
            "run_name",
            "since",
            "until",
            "finished_since",
            "finished_until",
            "min_duration",
            "max_duration",
            "unseen_for",
            "q");
    public static final List<String> OF_RUNS = List.of(
            "run_name",
            "playbook",
            "user",
            "controller",
            "host",
            "state",
            "kind",
            "check_mode",
            "label",
            "since",
            "until",
            "finished_since",
            "finished_until",
            "incomplete",
            "q");

    /** Those that mean something whenever they are asked. */
    private static final List<String> OF_NEWS = List.of(
            "host",
            "execution_host",
            "play",
            "playbook",
            "job",
            "task",
            "action",
            "user",
            "controller",
            "label",
            "run_name",
            "min_duration",
            "max_duration",
            "q");

    private static final int MAX_TEXT = 1000;

    private Filters() {}

    /** @throws Problem naming the parameter that cannot be used */
    public static JobFilter jobs(Parameters parameters, Instant now) {
        Set<JobStatus> statuses = new LinkedHashSet<>();
        boolean overdue = false;
        for (String status : parameters.texts("status")) {
            if (status.equals("overdue")) {
                overdue = true;
            } else {
                statuses.add(parameters.read("status", status, Filters::status));
            }
        }
        return JobFilter.builder()
                .host(parameters.text("host"))
                .executionHost(parameters.text("execution_host"))
                .play(parameters.text("play"))
                .playbook(parameters.text("playbook"))
                .job(parameters.text("job"))
                .task(parameters.text("task"))
                .action(parameters.text("action"))
                .user(parameters.text("user"))
                .controller(parameters.text("controller"))
                .status(statuses.toArray(JobStatus[]::new))
                .overdue(overdue)
                .labels(labels(parameters))
                .ansibleJobId(parameters.parsed("ansible_job_id", text -> new AnsibleJobId(text).value()))
                .run(parameters.parsed("run_id", RunId::parse))
                .runName(parameters.text("run_name"))
                .started(range(parameters, "since", "until", now))
                .finished(range(parameters, "finished_since", "finished_until", now))
                .minDuration(parameters.parsed("min_duration", Moments::duration))
                .maxDuration(parameters.parsed("max_duration", Moments::duration))
                .unseenFor(parameters.parsed("unseen_for", Moments::duration))
                .text(searched(parameters))
                .build();
    }

    /**
     * The filters of a list of jobs, for news of jobs.
     *
     * @throws IllegalArgumentException naming the one that cannot be used
     */
    public static JobFilter ofNews(Map<String, List<String>> filters) {
        MultiMap values = MultiMap.caseInsensitiveMultiMap();
        filters.forEach(values::add);
        try {
            return jobs(new Parameters(values, "a hook", names(OF_NEWS)), Instant.EPOCH);
        } catch (Problem e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /** @throws Problem naming the parameter that cannot be used */
    public static RunFilter runs(Parameters parameters, Instant now, Duration silence) {
        RunState[] states = parameters.texts("state").stream()
                .map(state -> parameters.read("state", state, Filters::state))
                .toArray(RunState[]::new);
        return RunFilter.builder()
                .runName(parameters.text("run_name"))
                .playbook(parameters.text("playbook"))
                .user(parameters.text("user"))
                .controller(parameters.text("controller"))
                .host(parameters.text("host"))
                .state(states)
                .silence(silence)
                .kind(parameters.parsed("kind", Filters::kind))
                .checkMode(parameters.flag("check_mode"))
                .labels(labels(parameters))
                .started(range(parameters, "since", "until", now))
                .finished(range(parameters, "finished_since", "finished_until", now))
                .incomplete(parameters.flag("incomplete"))
                .text(searched(parameters))
                .build();
    }

    public static String[] names(List<String> filters, String... more) {
        return Stream.concat(filters.stream(), Arrays.stream(more)).toArray(String[]::new);
    }

    private static JobStatus status(String text) {
        try {
            return text.equals("open") ? JobStatus.RUNNING : JobStatus.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "must be one of running, open, overdue, succeeded, failed, timed_out, cancelled, lost, closed");
        }
    }

    private static RunState state(String text) {
        return Arrays.stream(RunState.values())
                .filter(state -> state.wire().equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("must be one of running, finished, interrupted"));
    }

    private static String kind(String text) {
        if (!text.equals("playbook") && !text.equals("adhoc")) {
            throw new IllegalArgumentException("must be playbook or adhoc");
        }
        return text;
    }

    private static List<Label> labels(Parameters parameters) {
        return parameters.texts("label").stream()
                .map(label -> parameters.read("label", label, Label::parse))
                .toList();
    }

    private static TimeRange range(Parameters parameters, String since, String until, Instant now) {
        return new TimeRange(
                parameters.parsed(since, text -> Moments.moment(text, now)),
                parameters.parsed(until, text -> Moments.moment(text, now)));
    }

    private static String searched(Parameters parameters) {
        return parameters.parsed("q", text -> {
            if (text.length() > MAX_TEXT) {
                throw new IllegalArgumentException("must be at most " + MAX_TEXT + " characters");
            }
            return text;
        });
    }
}
