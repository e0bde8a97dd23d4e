package io.jobledger.event;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.json.Json;
import io.jobledger.json.RecordJson;
import io.jobledger.model.Event;
import io.jobledger.model.Job;
import io.jobledger.model.JobKey;
import io.jobledger.model.RunId;
import java.time.Instant;
import java.util.List;

/** What people do to jobs, as events. Each has an identity of its own. */
public final class Acts {
    /** What a name says nothing of. */
    private static final List<String> PASSING = List.of(
            "status",
            "finished_at",
            "rc",
            "message",
            "changed",
            "details",
            "sighting",
            "cleaned_at",
            "reason",
            "ended_by",
            "save_time");

    private Acts() {}

    /** Somebody closes a job. */
    public static Event closed(Job job, String by, String reason, Instant at) {
        ObjectNode body = about(job, body("job_closed", at).put("by", by).put("message", reason))
                .put("play", job.mainKey().play())
                .put("job", job.mainKey().job());
        if (job.jobId() == null) {
            body.put("launch_run_id", job.launch().evidence().run().toString())
                    .put("launch", job.launch().evidence().seq());
        }
        return read(body);
    }

    /** Somebody asks that a job be cancelled. */
    public static Event cancelRequested(Job job, String by, String reason, Instant at) {
        return read(about(job, body("job_cancel_requested", at).put("by", by).put("message", reason)));
    }

    /** Somebody gives a job a name. */
    public static Event named(Job job, JobKey key, String by, Instant at) {
        ObjectNode record = RecordJson.write(job.record(job.mainKey()));
        record.remove(PASSING);
        record.put("host", key.host()).put("play", key.play()).put("job_name", key.job());
        ObjectNode body = body("job_saved", at).put("by", by);
        body.set("record", record);
        return read(body);
    }

    private static ObjectNode body(String type, Instant at) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("type", type)
                .put("run_id", RunId.random().toString())
                .put("seq", 1)
                .put("at", Json.time(at));
    }

    private static ObjectNode about(Job job, ObjectNode body) {
        return body.put("host", job.mainKey().host())
                .put("execution_host", job.executionHost())
                .put("ansible_job_id", job.jobId() == null ? null : job.jobId().value());
    }

    /** What is stored is what will be read again. */
    private static Event read(ObjectNode body) {
        return BatchDecoder.again(Json.text(body));
    }
}
