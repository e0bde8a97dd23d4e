package io.jobledger.event;

import io.jobledger.json.Fields;
import io.jobledger.json.JobDetails;
import io.jobledger.json.Json;
import io.jobledger.json.RecordJson;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.Event;
import io.jobledger.model.EventHead;
import io.jobledger.model.Evidence;
import io.jobledger.model.Job;
import io.jobledger.model.JobDescription;
import io.jobledger.model.JobEnd;
import io.jobledger.model.JobEnds;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import io.jobledger.model.JobStatus;
import io.jobledger.model.RunId;
import io.jobledger.model.RunInfo;
import io.jobledger.model.Sighting;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** One event from its fields. Faults are collected in the fields; the result is null when there are any. */
final class EventDecoder {
    private static final String TYPES =
            "run_started, play_started, job_started, job_polled, job_ended, job_cleaned, job_unresumable,"
                    + " job_intended, job_not_started, job_unreached, job_cancel_requested, job_closed, job_saved,"
                    + " run_alive, run_finished, run_interrupted";
    private static final Pattern TYPE = Pattern.compile("[a-z][a-z0-9_]{1,31}");
    private static final List<String> DECISIONS = List.of("started", "attached", "already_succeeded", "refused");
    private static final long MAX_SEQ = (1L << 53) - 1;

    private final Fields fields;
    private final EventHead head;

    private EventDecoder(Fields fields, EventHead head) {
        this.fields = fields;
        this.head = head;
    }

    static Event decode(Fields fields, String body) {
        for (String field : List.of("type", "run_id", "seq", "at")) {
            fields.require(field);
        }
        String type = fields.string("type");
        RunId run = fields.runId("run_id");
        Long seq = fields.integer("seq");
        Instant at = fields.time("at");
        if (seq != null && (seq < 1 || seq > MAX_SEQ)) {
            fields.fault("seq", "must be 1 to " + MAX_SEQ);
        }
        EventHead head = new EventHead(run, seq == null ? 0 : seq, type, at, body);
        Event event = new EventDecoder(fields, head).event(fields.faults().isEmpty());
        return fields.faults().isEmpty() ? event : null;
    }

    /**
     * Reads on even when the head is faulty, so that a sender hears of every fault at once; {@code sound} says whether
     * objects may be built.
     */
    private Event event(boolean sound) {
        if (head.type() == null) {
            return null;
        }
        return switch (head.type()) {
            case "run_started" -> runStarted();
            case "play_started" -> playStarted();
            case "run_alive" -> new Event.RunAlive(head);
            case "run_finished" -> runFinished();
            case "run_interrupted" -> runInterrupted();
            case "job_started" -> observed(sound, Kind.LAUNCH);
            case "job_unresumable" -> observed(sound, Kind.LAUNCH_WITHOUT_ID);
            case "job_intended", "job_not_started" -> intended();
            case "job_polled" -> observed(sound, Kind.CHECK);
            case "job_ended" -> observed(sound, Kind.END);
            case "job_cleaned" -> observed(sound, Kind.CLEANUP);
            case "job_unreached" -> noted(sound);
            case "job_cancel_requested" -> cancelRequested(sound);
            case "job_closed" -> closed(sound);
            case "job_saved" -> saved(sound);
            default -> unknown();
        };
    }

    /** A newer recorder knows more types than an older ingester, and what it saw must not be lost. */
    private Event unknown() {
        if (!TYPE.matcher(head.type()).matches()) {
            fields.fault(
                    "type", "must be 2 to 32 of a-z, 0-9 and _, and begin with a letter; this version knows " + TYPES);
        }
        return new Event.Unknown(head);
    }

    private enum Kind {
        LAUNCH,
        LAUNCH_WITHOUT_ID,
        CHECK,
        END,
        CLEANUP
    }

    private Event runStarted() {
        if (head.seq() != 1) {
            fields.fault("seq", "must be 1 in run_started: it is the first event of a run");
        }
        String kind = fields.string("kind");
        if (kind != null && !kind.equals("playbook") && !kind.equals("adhoc")) {
            fields.fault("kind", "must be playbook or adhoc");
        }
        RunInfo info = new RunInfo(
                kind,
                fields.string("run_name"),
                fields.string("playbook"),
                fields.string("playbook_path"),
                fields.string("user"),
                fields.string("controller"),
                fields.integer("pid"),
                fields.string("ansible_version"),
                Boolean.TRUE.equals(fields.bool("check_mode")),
                fields.string("limit"),
                fields.strings("tags"),
                fields.strings("skip_tags"),
                fields.strings("argv"),
                fields.stringMap("labels"));
        return new Event.RunStarted(head, info);
    }

    private Event playStarted() {
        fields.require("play");
        return new Event.PlayStarted(
                head,
                fields.name("play"),
                fields.string("playbook"),
                fields.string("playbook_path"),
                fields.string("strategy"));
    }

    private Event runFinished() {
        fields.map("stats");
        return new Event.RunFinished(head);
    }

    private Event runInterrupted() {
        fields.string("reason");
        return new Event.RunInterrupted(head);
    }

    private Event intended() {
        for (String field : List.of("host", "play", "job", "task")) {
            fields.require(field);
            fields.name(field);
        }
        fields.name("execution_host");
        for (String field :
                List.of("playbook", "playbook_path", "action", "remote_user", "become_user", "connection", "reason")) {
            fields.string(field);
        }
        for (String field : List.of("async", "poll", "intent")) {
            fields.integer(field);
        }
        fields.bool("check_mode");
        fields.bool("no_log");
        decision();
        fields.text("generation");
        return new Event.JobIntended(head);
    }

    private Event noted(boolean sound) {
        fields.require("host");
        fields.require("ansible_job_id");
        String host = fields.name("host");
        String executionHost = fields.name("execution_host");
        AnsibleJobId jobId = fields.jobId("ansible_job_id");
        fields.string("message");
        return sound && fields.faults().isEmpty()
                ? new Event.JobNoted(head, executionHost == null ? host : executionHost, jobId)
                : null;
    }

    private Event cancelRequested(boolean sound) {
        whoAndWhy();
        return noted(sound);
    }

    /** What a person does to a job has an identity of its own, and says who did it and why. */
    private void whoAndWhy() {
        if (head.seq() != 1) {
            fields.fault("seq", "must be 1 in " + head.type() + ": each has a run_id of its own");
        }
        fields.require("by");
        fields.require("message");
    }

    private Event closed(boolean sound) {
        whoAndWhy();
        List.of("host", "play", "job").forEach(fields::require);
        String host = fields.name("host");
        String executionHost = fields.name("execution_host");
        String play = fields.name("play");
        String name = fields.name("job");
        Evidence told = closedLaunch();
        AnsibleJobId jobId = fields.jobId("ansible_job_id");
        String by = fields.text("by");
        String message = fields.string("message");
        if (!sound || !fields.faults().isEmpty()) {
            return null;
        }
        JobEnd end = new JobEnd(head.evidence(), JobStatus.CLOSED, null, by, null, message, null, null);
        JobDescription described = new JobDescription(
                told == null ? head.evidence() : told,
                new JobKey(host, play, name),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                told == null ? null : told.run(),
                null,
                null,
                null,
                null,
                null);
        return new Event.JobClosed(
                head,
                new Job(
                        executionHost == null ? host : executionHost,
                        jobId,
                        null,
                        new TreeMap<>(),
                        described,
                        JobEnds.of(end, null),
                        null,
                        null));
    }

    /** Which event told of the job that is closed, where its id was never shown; null where the event has an id. */
    private Evidence closedLaunch() {
        RunId run = fields.runId("launch_run_id");
        Long seq = fields.integer("launch");
        if (fields.has("ansible_job_id")) {
            return null;
        }
        if (run == null || seq == null || seq < 1) {
            fields.fault(
                    "ansible_job_id",
                    "is required, or launch_run_id and launch: the run and seq of the job_unresumable that told of the"
                            + " job");
            return null;
        }
        return new Evidence(head.at(), run, seq);
    }

    private Event observed(boolean sound, Kind kind) {
        boolean launch = kind == Kind.LAUNCH || kind == Kind.LAUNCH_WITHOUT_ID;
        fields.require("host");
        if (launch) {
            fields.require("play");
            fields.require("job");
            fields.require("task");
        }
        Long told = launch ? null : told();
        AnsibleJobId jobId = null;
        if (kind != Kind.LAUNCH_WITHOUT_ID && told == null) {
            fields.require("ansible_job_id");
            jobId = fields.jobId("ansible_job_id");
        }
        String host = fields.name("host");
        String play = fields.name("play");
        String task = fields.name("task");
        String job = fields.name("job");
        String executionHost = fields.name("execution_host");
        Long async = fields.integer("async");
        if (async != null && (async < 0 || async > Job.MAX_ASYNC)) {
            fields.fault("async", "must be 0 to " + Job.MAX_ASYNC + " seconds");
        }
        decision();
        Sighting sighting = kind == Kind.CHECK ? sighting(sound) : null;
        Description description =
                new Description(launch, host, play, task, job, async, launch ? head.at() : startOf(sighting));
        JobDescription described = description.read(sound, told);
        JobEnds ends = ends(kind, sound, sighting);
        if (!sound || !fields.faults().isEmpty()) {
            return null;
        }
        return new Event.JobObserved(
                head,
                new Job(
                        executionHost == null ? host : executionHost,
                        jobId,
                        launch ? described : null,
                        new TreeMap<>(),
                        launch ? null : described,
                        ends,
                        head.at(),
                        kind == Kind.CLEANUP ? head.at() : null));
    }

    /** Which event of the run told of the job, where its id is hidden; null where the event has an id. */
    private Long told() {
        Long told = fields.integer("launch");
        if (told != null && fields.jobId("ansible_job_id") != null) {
            fields.fault("launch", "stands for an id that is hidden; with ansible_job_id leave it out");
        } else if (told != null && (told < 1 || told >= head.seq())) {
            fields.fault("launch", "must be the seq of the job_unresumable, an earlier event of the run");
        }
        return told;
    }

    private JobEnds ends(Kind kind, boolean sound, Sighting sighting) {
        if (kind == Kind.END) {
            JobEnds ends = ended(sound);
            return ends == null ? JobEnds.NONE : ends;
        }
        return kind == Kind.CHECK && sound ? JobEnds.alive(head.at(), sighting) : JobEnds.NONE;
    }

    private JobEnds ended(boolean sound) {
        fields.require("status");
        JobStatus status = fields.parsed("status", JobStatus::parse);
        if (status == JobStatus.RUNNING) {
            fields.fault("status", "must be an end: succeeded, failed, timed_out, cancelled or lost");
        } else if (status == JobStatus.CLOSED) {
            fields.fault(
                    "status", "must not be closed: a job is closed by POST /api/v1/jobs/{host}/{play}/{job}/close");
        }
        JobStatus verdict = ownResult("verdict");
        JobStatus module = ownResult("module_status");
        if (verdict != null && status != null && verdict != status) {
            fields.fault("verdict", "must be the status: a play's verdict decides");
        }
        if (module != null && verdict == null) {
            fields.fault("module_status", "is only sent with a verdict; without one the status is the module's word");
        }
        String reason = fields.string("reason");
        if (status == JobStatus.LOST
                && reason != null
                && !reason.equals(JobEnd.VANISHED)
                && !reason.equals("no_results_file")) {
            fields.fault("reason", "must be vanished or no_results_file");
        }
        String by = fields.text("by");
        Long rc = fields.integer("rc");
        String message = fields.string("message");
        Boolean changed = fields.bool("changed");
        Map<String, Object> details = JobDetails.read(fields);
        String resultsFile = fields.string("results_file");
        if (!sound || !fields.faults().isEmpty()) {
            return null;
        }
        if (verdict == null) {
            return JobEnds.of(
                    new JobEnd(
                            head.evidence(),
                            status,
                            status == JobStatus.LOST ? reason : null,
                            by,
                            rc,
                            message,
                            changed,
                            details),
                    resultsFile);
        }
        JobEnd own = module == null
                ? null
                : new JobEnd(
                        head.evidence(), module, rc, module == JobStatus.SUCCEEDED ? null : message, changed, details);
        return JobEnds.ofVerdict(new JobEnd(head.evidence(), verdict, rc, message, changed, details), own);
    }

    /** A status that a module's own result can have. */
    private JobStatus ownResult(String field) {
        JobStatus status = fields.parsed(field, JobStatus::parse);
        if (status != null && status != JobStatus.SUCCEEDED && status != JobStatus.FAILED) {
            fields.fault(field, "must be succeeded or failed");
        }
        return status;
    }

    /** What a task that starts a job once decided; it stands in the history. */
    private void decision() {
        String decision = fields.string("decision");
        if (decision != null && !DECISIONS.contains(decision)) {
            fields.fault("decision", "must be one of " + String.join(", ", DECISIONS));
        }
    }

    /** What was seen of the job's process, or null where nothing was. */
    private Sighting sighting(boolean sound) {
        Fields seen = fields.nested("sighting");
        if (seen == null) {
            return null;
        }
        List.of("pid", "memory_bytes", "output_bytes").forEach(seen::integer);
        seen.number("cpu_seconds");
        seen.time("since");
        return sound && fields.faults().isEmpty() ? new Sighting(head.evidence(), fields.map("sighting")) : null;
    }

    /** The best start of a job whose launch nobody recorded: what its host has written down, else its process's. */
    private Instant startOf(Sighting sighting) {
        Instant written = fields.time("started_at");
        return written == null ? since(sighting) : written;
    }

    private static Instant since(Sighting sighting) {
        return sighting != null && sighting.facts().get("since") instanceof String since ? Json.time(since) : null;
    }

    /** The descriptive fields that all job events share. */
    private final class Description {
        private final boolean launch;
        private final String host;
        private final String play;
        private final String task;
        private final String job;
        private final Long async;
        private final Instant startedAt;

        Description(boolean launch, String host, String play, String task, String job, Long async, Instant startedAt) {
            this.launch = launch;
            this.host = host;
            this.play = play;
            this.task = task;
            this.job = job;
            this.async = async;
            this.startedAt = startedAt;
        }

        /**
         * @param told the number of the event that stands for the job's id, null where that is known or this is the
         *     event
         */
        JobDescription read(boolean sound, Long told) {
            String label = fields.string("label");
            String playbook = fields.string("playbook");
            String playbookPath = fields.string("playbook_path");
            String action = fields.string("action");
            Long poll = fields.integer("poll");
            String resultsFile = fields.string("results_file");
            Boolean checkMode = fields.bool("check_mode");
            Boolean noLog = fields.bool("no_log");
            Long attempt = fields.integer("attempt");
            String remoteUser = fields.string("remote_user");
            String becomeUser = fields.string("become_user");
            String connection = fields.string("connection");
            String reason = launch ? fields.string("reason") : null;
            String generation = fields.text("generation");
            Boolean adopted = launch ? null : fields.bool("adopted");
            Map<String, Object> details = launch ? JobDetails.read(fields) : null;
            if (!sound || !fields.faults().isEmpty()) {
                return null;
            }
            // A status check need not say where it was made: the job is then listed under what is known, and its launch
            // will name it better.
            JobKey key = new JobKey(
                    host, play == null ? "unknown" : play, job != null ? job : task != null ? task : "unknown");
            return new JobDescription(
                    told == null ? head.evidence() : new Evidence(head.at(), head.run(), told),
                    key,
                    task,
                    label,
                    playbook,
                    playbookPath,
                    action,
                    startedAt,
                    async,
                    poll,
                    resultsFile,
                    checkMode,
                    noLog,
                    attempt,
                    remoteUser,
                    becomeUser,
                    connection,
                    reason,
                    head.run(),
                    null,
                    null,
                    details,
                    generation,
                    Boolean.TRUE.equals(adopted) ? true : null);
        }
    }

    private Event saved(boolean sound) {
        if (head.seq() != 1) {
            fields.fault("seq", "must be 1 in job_saved: each save has a run_id of its own");
        }
        fields.require("record");
        Fields nested = fields.nested("record");
        if (nested == null) {
            return null;
        }
        nested.require("ansible_job_id");
        JobRecord record = RecordJson.read(nested, null);
        return record == null || !sound || !fields.faults().isEmpty()
                ? null
                : new Event.JobSaved(head, SavedJobs.job(head, record));
    }
}
