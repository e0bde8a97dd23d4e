package io.jobledger.http.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.json.Json;
import io.jobledger.ledger.Retention;
import io.jobledger.model.JobStatus;

/** What was removed, or would be, as JSON. */
public final class RetentionReport {
    private RetentionReport() {}

    public static ObjectNode json(Retention.Removed removed, boolean dryRun) {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("dry_run", dryRun)
                .put("complete", removed.complete())
                .put("runs", removed.runs())
                .put("events", removed.events());
        ObjectNode jobs = json.putObject("jobs");
        for (JobStatus status : JobStatus.values()) {
            jobs.put(status.wire(), removed.jobs().getOrDefault(status, 0L));
        }
        json.put("oldest", Json.time(removed.oldest())).put("newest", Json.time(removed.newest()));
        ArrayNode examples = json.putArray("examples");
        removed.examples()
                .forEach(example -> examples.addObject()
                        .put("run_id", example.run().toString())
                        .put("run_name", example.runName())
                        .put("playbook", example.playbook())
                        .put("started_at", Json.time(example.startedAt()))
                        .put("events", example.events())
                        .put("jobs", example.jobs()));
        return json;
    }
}
