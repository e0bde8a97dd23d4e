package io.jobledger.http.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.ledger.query.JobCounts;

/** Jobs in numbers, as the API shows them. */
final class CountsJson {
    private CountsJson() {}

    static ObjectNode put(ObjectNode json, JobCounts counts) {
        return json.put("jobs", counts.jobs())
                .put("running", counts.running())
                .put("overdue", counts.overdue())
                .put("succeeded", counts.succeeded())
                .put("failed", counts.failed())
                .put("timed_out", counts.timedOut())
                .put("cancelled", counts.cancelled())
                .put("lost", counts.lost())
                .put("closed", counts.closed());
    }
}
