package io.jobledger.http.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.json.RecordJson;
import io.jobledger.model.JobRecord;
import java.time.Instant;
import java.util.List;

/** A job as the API shows it: its record, and what follows from it now. */
public final class JobJson {
    static final List<String> COLUMNS = List.of(
            "host",
            "play",
            "job_name",
            "status",
            "overdue",
            "started_at",
            "finished_at",
            "deadline",
            "rc",
            "message",
            "ansible_job_id",
            "execution_host",
            "playbook",
            "playbook_path",
            "task",
            "label",
            "action",
            "run_id",
            "async",
            "poll",
            "changed",
            "check_mode",
            "no_log",
            "attempt",
            "remote_user",
            "become_user",
            "connection",
            "results_file",
            "async_dir",
            "reason",
            "generation",
            "adopted",
            "ended_by",
            "save_time",
            "cleaned_at",
            "metadata");

    private JobJson() {}

    public static ObjectNode of(JobRecord record, Instant now) {
        ObjectNode json = RecordJson.write(record);
        json.put("overdue", record.overdue(now));
        json.put("async_dir", record.asyncDir());
        return json;
    }
}
