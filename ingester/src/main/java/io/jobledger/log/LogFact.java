package io.jobledger.log;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.json.Json;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * What the ledger itself did, as an entry of the log: whoever computes the projections again does the same again. Its
 * JSON has a {@code fact} that names it.
 */
public sealed interface LogFact {
    /**
     * A new life of the ledger begins: what its log holds may be less than what somebody has seen of it.
     *
     * @param epoch its number; the log's head has it from this entry on
     * @param by who restored it, or accepted a loss
     * @param reason for people
     * @param before where the log ended, as {@link LogHead#text}
     */
    record EpochBegan(int epoch, String by, String reason, String before) implements LogFact {}

    /**
     * Runs are removed: their jobs and their events. Numbers of these runs that come again are repeats.
     *
     * @param by who
     * @param reason why
     */
    record RunsForgotten(String by, String reason, List<Forgotten> runs) implements LogFact {}

    /**
     * Events of runs are removed; the runs and their jobs stay. Numbers of these runs that come again are repeats.
     *
     * @param by who
     * @param reason why
     */
    record EventsForgotten(String by, String reason, List<Forgotten> runs) implements LogFact {}

    /**
     * One run that is removed, or its events are.
     *
     * @param run its id
     * @param events how many of its events are in the log until then
     * @param jobs how many jobs go with it
     * @param toldElsewhere those of these jobs of which events of other runs stay: what these told is removed, too
     */
    record Forgotten(UUID run, long events, long jobs, List<GoneJob> toldElsewhere) {
        public Forgotten(UUID run, long events, long jobs) {
            this(run, events, jobs, List.of());
        }

        private void addTo(ObjectNode fact) {
            ObjectNode json = fact.withArray("runs")
                    .addObject()
                    .put("run_id", run.toString())
                    .put("events", events)
                    .put("jobs", jobs);
            toldElsewhere.forEach(job -> json.withArray("told_elsewhere")
                    .addObject()
                    .put("uid", job.uid.toString())
                    .put("ansible_job_id", job.ansibleJobId));
        }

        private static List<Forgotten> of(JsonNode fact) {
            List<Forgotten> runs = new ArrayList<>();
            fact.path("runs")
                    .forEach(run -> runs.add(new Forgotten(
                            UUID.fromString(run.path("run_id").asText()),
                            run.path("events").asLong(),
                            run.path("jobs").asLong(),
                            GoneJob.of(run))));
            return runs;
        }
    }

    /**
     * A job that is removed.
     *
     * @param uid as {@link io.jobledger.model.Job#uid} has it
     * @param ansibleJobId to find it by
     */
    record GoneJob(UUID uid, String ansibleJobId) {
        private static List<GoneJob> of(JsonNode run) {
            List<GoneJob> jobs = new ArrayList<>();
            run.path("told_elsewhere")
                    .forEach(job -> jobs.add(new GoneJob(
                            UUID.fromString(job.path("uid").asText()),
                            job.path("ansible_job_id").asText())));
            return jobs;
        }
    }

    /**
     * A job as it is from now on, because events that told of it are removed or replaced and the job is kept.
     *
     * @param entry the job's number
     * @param lastEntry the last entry that told of it
     * @param doc the job, as the projections keep it
     */
    record JobKept(long entry, long lastEntry, String doc) implements LogFact {}

    /**
     * A run as it is from now on, because events of it are removed or replaced and the run is kept.
     *
     * @param firstEntry the first entry of its events
     * @param lastEntry the last one
     * @param doc the run, as the projections write it
     */
    record RunKept(long firstEntry, long lastEntry, String doc) implements LogFact {}

    /**
     * What the facts up to an entry remove is gone from the log.
     *
     * @param upTo number of the last of these facts
     */
    record Purged(long upTo) implements LogFact {}

    /**
     * An event is replaced: something in it must not be kept.
     *
     * @param entry the event's number; its contents are removed
     * @param by who
     * @param reason why
     * @param body the event as it is from now on, with the same run and number
     */
    record EventReplaced(long entry, String by, String reason, String body) implements LogFact {}

    /**
     * Time has passed a job's deadline, by so much, and that is told now. It is told once.
     *
     * @param job the job's number
     * @param after seconds after the deadline
     */
    record JobOverdue(long job, long after, Instant deadline) implements LogFact {}

    /**
     * A sink waits for an operator.
     *
     * @param sink its name
     * @param reason for people
     */
    record SinkBlocked(String sink, String reason) implements LogFact {}

    /** As JSON, for {@link LogEntry#body}. */
    default String json() {
        ObjectNode json = Json.OWN.createObjectNode();
        if (this instanceof EpochBegan began) {
            json.put("fact", "epoch_began")
                    .put("epoch", began.epoch)
                    .put("by", began.by)
                    .put("reason", began.reason)
                    .put("before", began.before);
        } else if (this instanceof RunsForgotten forgotten) {
            json.put("fact", "runs_forgotten").put("by", forgotten.by).put("reason", forgotten.reason);
            forgotten.runs.forEach(run -> run.addTo(json));
        } else if (this instanceof EventsForgotten forgotten) {
            json.put("fact", "events_forgotten").put("by", forgotten.by).put("reason", forgotten.reason);
            forgotten.runs.forEach(run -> run.addTo(json));
        } else if (this instanceof JobKept kept) {
            json.put("fact", "job_kept")
                    .put("entry", kept.entry)
                    .put("last_entry", kept.lastEntry)
                    .put("doc", kept.doc);
        } else if (this instanceof RunKept kept) {
            json.put("fact", "run_kept")
                    .put("first_entry", kept.firstEntry)
                    .put("last_entry", kept.lastEntry)
                    .put("doc", kept.doc);
        } else if (this instanceof Purged purged) {
            json.put("fact", "purged").put("up_to", purged.upTo);
        } else if (this instanceof EventReplaced replaced) {
            json.put("fact", "event_replaced")
                    .put("entry", replaced.entry)
                    .put("by", replaced.by)
                    .put("reason", replaced.reason)
                    .put("body", replaced.body);
        } else if (this instanceof JobOverdue overdue) {
            json.put("fact", "job_overdue")
                    .put("job", overdue.job)
                    .put("after", overdue.after)
                    .put("deadline", Json.time(overdue.deadline));
        } else if (this instanceof SinkBlocked blocked) {
            json.put("fact", "sink_blocked").put("sink", blocked.sink).put("reason", blocked.reason);
        }
        return Json.text(json);
    }

    /**
     * Reads {@link #json}.
     *
     * @throws IllegalArgumentException when this version does not know the fact
     */
    static LogFact parse(String body) {
        try {
            JsonNode json = Json.OWN.readTree(body);
            return switch (json.path("fact").asText()) {
                case "epoch_began" ->
                    new EpochBegan(
                            json.path("epoch").asInt(),
                            json.path("by").asText(),
                            json.path("reason").asText(),
                            json.path("before").asText());
                case "runs_forgotten" ->
                    new RunsForgotten(
                            json.path("by").asText(), json.path("reason").asText(), Forgotten.of(json));
                case "events_forgotten" ->
                    new EventsForgotten(
                            json.path("by").asText(), json.path("reason").asText(), Forgotten.of(json));
                case "job_kept" ->
                    new JobKept(
                            json.path("entry").asLong(),
                            json.path("last_entry").asLong(),
                            json.path("doc").asText());
                case "run_kept" ->
                    new RunKept(
                            json.path("first_entry").asLong(),
                            json.path("last_entry").asLong(),
                            json.path("doc").asText());
                case "purged" -> new Purged(json.path("up_to").asLong());
                case "event_replaced" ->
                    new EventReplaced(
                            json.path("entry").asLong(),
                            json.path("by").asText(),
                            json.path("reason").asText(),
                            json.path("body").asText());
                case "job_overdue" ->
                    new JobOverdue(
                            json.path("job").asLong(),
                            json.path("after").asLong(),
                            Json.time(json.path("deadline").asText()));
                case "sink_blocked" ->
                    new SinkBlocked(
                            json.path("sink").asText(), json.path("reason").asText());
                default ->
                    throw new IllegalArgumentException(
                            "this version knows no fact '" + json.path("fact").asText() + "'");
            };
        } catch (IOException e) {
            throw new IllegalArgumentException("a fact is not JSON", e);
        }
    }
}
