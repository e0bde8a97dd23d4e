package io.jobledger.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.model.Acting;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.Job;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import io.jobledger.model.JobStatus;
import java.time.Instant;
import java.util.Map;
import java.util.Set;

/**
 * The one JSON form of a job record. It is a superset of the state file that the well-known save and load roles write,
 * so their files are read as they are: absent fields take what the path and the save time say.
 */
public final class RecordJson {
    /**
     * In a mirror's file, the other records of the name. An answer has them as candidates, and no record keeps them.
     */
    public static final String OTHERS = "others";

    private static final Set<String> KNOWN = Set.of(
            "job_name",
            "host",
            "ansible_job_id",
            "save_time",
            "metadata",
            "play",
            "playbook",
            "playbook_path",
            "run_id",
            "task",
            "label",
            "action",
            "execution_host",
            "results_file",
            "status",
            "started_at",
            "deadline",
            "async",
            "poll",
            "finished_at",
            "rc",
            "message",
            "changed",
            "verdict",
            "module_status",
            "check_mode",
            "no_log",
            "attempt",
            "remote_user",
            "become_user",
            "connection",
            "reason",
            "generation",
            "adopted",
            "ended_by",
            "sighting",
            "last_seen_at",
            "cleaned_at",
            "details",
            // what an answer computes; a caller who saves an answer as it is must not freeze it
            "overdue",
            "async_dir",
            "ambiguous",
            "candidates",
            "candidates_total",
            "source",
            OTHERS);

    private RecordJson() {}

    /**
     * The record as JSON; fields whose value is not known are null where the state file has always had them, else
     * absent.
     */
    public static ObjectNode write(JobRecord r) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("job_name", r.key().job());
        json.put("host", r.key().host());
        json.put("ansible_job_id", r.jobId() == null ? null : r.jobId().value());
        json.put("save_time", Json.time(r.lastSeenAt()));
        json.set("metadata", tree(r.metadata()));
        json.put("play", r.key().play());
        json.put("playbook", r.playbook());
        json.put("run_id", r.run() == null ? null : r.run().toString());
        json.put("task", r.task());
        json.put("action", r.action());
        json.put("execution_host", r.executionHost());
        json.put("results_file", r.resultsFile());
        json.put("status", r.status().wire());
        json.put("started_at", Json.time(r.startedAt()));
        json.put("deadline", Json.time(r.deadline()));
        json.put("finished_at", Json.time(r.finishedAt()));
        json.put("rc", r.rc());
        json.put("message", r.message());
        json.put("check_mode", r.checkMode());
        putKnown(json, "playbook_path", r.playbookPath());
        putKnown(json, "label", r.label());
        putKnown(json, "async", r.asyncSeconds());
        putKnown(json, "poll", r.pollSeconds());
        putKnown(json, "changed", r.changed());
        putKnown(json, "verdict", r.verdict() == null ? null : r.verdict().wire());
        putKnown(
                json,
                "module_status",
                r.moduleStatus() == null ? null : r.moduleStatus().wire());
        putKnown(json, "no_log", r.noLog());
        putKnown(json, "attempt", r.attempt());
        putKnown(json, "remote_user", r.remoteUser());
        putKnown(json, "become_user", r.becomeUser());
        putKnown(json, "connection", r.connection());
        putKnown(json, "reason", r.reason());
        putKnown(json, "cleaned_at", Json.time(r.cleanedAt()));
        putKnown(json, "generation", r.acting().generation());
        putKnown(json, "adopted", r.acting().adopted() ? true : null);
        putKnown(json, "ended_by", r.acting().endedBy());
        if (r.acting().sighting() != null) {
            json.set("sighting", tree(r.acting().sighting()));
        }
        if (!r.details().isEmpty()) {
            json.set("details", tree(r.details()));
        }
        r.extra().forEach((name, value) -> json.set(name, Json.MAPPER.valueToTree(value)));
        return json;
    }

    /**
     * Reads a record. Faults go to {@code fields}; the result is null when there are any.
     *
     * @param fields the object to read
     * @param path the key by which the object was found or addressed; the names inside win where they are given, so
     *     that a shortened path keeps its real name; null when there is no path
     */
    public static JobRecord read(Fields fields, JobKey path) {
        String host = nameOr(fields, "host", path == null ? null : path.host());
        String play = nameOr(fields, "play", path == null ? null : path.play());
        String job = nameOr(fields, "job_name", path == null ? null : path.job());
        AnsibleJobId jobId = jobId(fields);
        Instant saved = fields.time("save_time");
        Instant started = fields.time("started_at");
        JobStatus status = fields.parsed("status", JobStatus::parse);
        Map<String, Object> metadata = fields.map("metadata");
        Long async = fields.integer("async");
        Instant deadline = fields.time("deadline");
        if (async != null && (async < 0 || async > Job.MAX_ASYNC)) {
            fields.fault("async", "must be 0 to " + Job.MAX_ASYNC + " seconds");
        }
        ObjectNode extra = fields.node().deepCopy();
        extra.remove(KNOWN);
        String executionHost = fields.name("execution_host");
        Map<String, Object> details = JobDetails.read(fields);
        JobRecord record = host == null || play == null || job == null
                ? null
                : new JobRecord(
                        new JobKey(host, play, job),
                        jobId,
                        executionHost == null ? host : executionHost,
                        fields.runId("run_id"),
                        fields.string("playbook"),
                        fields.string("playbook_path"),
                        fields.string("task"),
                        fields.string("label"),
                        fields.string("action"),
                        fields.string("results_file"),
                        status == null ? JobStatus.RUNNING : status,
                        started == null ? saved : started,
                        deadline,
                        async,
                        fields.integer("poll"),
                        fields.time("finished_at"),
                        fields.integer("rc"),
                        fields.string("message"),
                        fields.bool("changed"),
                        fields.parsed("verdict", JobStatus::parse),
                        fields.parsed("module_status", JobStatus::parse),
                        Boolean.TRUE.equals(fields.bool("check_mode")),
                        fields.bool("no_log"),
                        fields.integer("attempt"),
                        fields.string("remote_user"),
                        fields.string("become_user"),
                        fields.string("connection"),
                        fields.string("reason"),
                        saved,
                        fields.time("cleaned_at"),
                        metadata == null ? Map.of() : metadata,
                        Fields.toMap(extra),
                        details == null ? Map.of() : details,
                        // A sighting is of its moment, and a record says not of which.
                        new Acting(
                                fields.text("generation"),
                                Boolean.TRUE.equals(fields.bool("adopted")),
                                fields.text("ended_by"),
                                null));
        return fields.faults().isEmpty() ? record : null;
    }

    /**
     * An id that a template engine turned into a number is taken back digit by digit: the mapper keeps decimals exact.
     */
    private static AnsibleJobId jobId(Fields fields) {
        JsonNode node = fields.node().get("ansible_job_id");
        return node != null && node.isNumber() ? new AnsibleJobId(node.asText()) : fields.jobId("ansible_job_id");
    }

    private static String nameOr(Fields fields, String field, String fallback) {
        if (fields.has(field)) {
            return fields.name(field);
        }
        if (fallback == null) {
            fields.fault(field, "is required");
        }
        return fallback;
    }

    private static void putKnown(ObjectNode json, String name, String value) {
        if (value != null) {
            json.put(name, value);
        }
    }

    private static void putKnown(ObjectNode json, String name, Long value) {
        if (value != null) {
            json.put(name, value);
        }
    }

    private static void putKnown(ObjectNode json, String name, Boolean value) {
        if (value != null) {
            json.put(name, value);
        }
    }

    /** Most maps are empty, and the mapper goes a long way round to say so. */
    private static JsonNode tree(Map<String, Object> map) {
        return map.isEmpty() ? JsonNodeFactory.instance.objectNode() : Json.MAPPER.valueToTree(map);
    }
}
