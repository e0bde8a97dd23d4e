package io.jobledger.sink.webhook;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.json.Fields;
import io.jobledger.json.Json;
import io.jobledger.json.RecordJson;
import io.jobledger.ledger.query.NewsKind;
import io.jobledger.model.JobRecord;
import io.jobledger.model.JobStatus;
import java.time.Instant;

/** A job that never was, for tests of a hook. */
final class Samples {
    private Samples() {}

    /** Null where news of the kind have no job. */
    static JobRecord job(NewsKind kind, Instant now) {
        if (kind == NewsKind.INTERRUPTED || kind == NewsKind.BLOCKED) {
            return null;
        }
        JobStatus status = kind.end() ? JobStatus.parse(kind.wire()) : JobStatus.RUNNING;
        ObjectNode json = Json.OWN
                .createObjectNode()
                .put("host", "test-host")
                .put("play", "test play")
                .put("job_name", "test job")
                .put("execution_host", "test-host")
                .put("ansible_job_id", "j0")
                .put("status", status.wire())
                .put("started_at", Json.time(now.minusSeconds(60)));
        if (!status.open()) {
            json.put("finished_at", Json.time(now));
        }
        return RecordJson.read(new Fields(json), null);
    }
}
