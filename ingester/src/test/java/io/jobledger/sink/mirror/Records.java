package io.jobledger.sink.mirror;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.json.Json;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import java.nio.charset.StandardCharsets;

/** Job records for tests, read as a mirror reads them. */
public final class Records {
    public static final String EARLY = "2026-11-20T10:00:00.000001Z";
    public static final String LATE = "2026-11-20T11:00:00.000001Z";

    private Records() {}

    public static JobKey key(String host, String play, String job) {
        return new JobKey(host, play, job);
    }

    static AnsibleJobId id(String id) {
        return new AnsibleJobId(id);
    }

    static JobRecord record(JobKey key, String jobId, String startedAt, String status) {
        ObjectNode json = Json.MAPPER
                .createObjectNode()
                .put("host", key.host())
                .put("play", key.play())
                .put("job_name", key.job())
                .put("ansible_job_id", jobId)
                .put("started_at", startedAt)
                .put("save_time", startedAt)
                .put("status", status)
                .put("a_field_of_tomorrow", "kept");
        json.putObject("metadata").put("ticket", "CHG-7");
        return RecordFile.read(Json.text(json).getBytes(StandardCharsets.UTF_8), null);
    }

    static JobRecord dryRun(JobKey key, String jobId, String startedAt) {
        return RecordFile.read(
                new String(RecordFile.write(running(key, jobId, startedAt)), StandardCharsets.UTF_8)
                        .replace("\"check_mode\" : false", "\"check_mode\" : true")
                        .getBytes(StandardCharsets.UTF_8),
                null);
    }

    public static JobRecord running(JobKey key, String jobId, String startedAt) {
        return record(key, jobId, startedAt, "running");
    }
}
