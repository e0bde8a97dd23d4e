package io.jobledger.event;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.json.Json;
import io.jobledger.json.RecordJson;
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
import java.time.Instant;
import java.util.TreeMap;

/** Job records that are saved by name become events too, so that one history holds all that ever changed a record. */
public final class SavedJobs {
    private SavedJobs() {}

    /**
     * The event of saving a record.
     *
     * @param run the event's identity: a new one for a save, a repeatable one where the same record may be saved again
     */
    public static Event event(JobRecord record, RunId run, Instant at) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("type", "job_saved");
        body.put("run_id", run.toString());
        body.put("seq", 1);
        body.put("at", Json.time(at));
        body.set("record", RecordJson.write(record));
        EventHead head = new EventHead(run, 1, "job_saved", at, Json.text(body));
        return new Event.JobSaved(head, job(head, record));
    }

    /** The knowledge that a saved record brings. */
    static Job job(EventHead head, JobRecord r) {
        Evidence evidence = head.evidence();
        Long async = r.asyncSeconds();
        if (async == null && r.deadline() != null && r.startedAt() != null) {
            long seconds = r.deadline().getEpochSecond() - r.startedAt().getEpochSecond();
            // No more than a record may say, or the mirrored record could not be read again.
            async = Math.max(0, Math.min(seconds, Integer.MAX_VALUE));
        }
        JobDescription description = new JobDescription(
                evidence,
                r.key(),
                r.task(),
                r.label(),
                r.playbook(),
                r.playbookPath(),
                r.action(),
                r.startedAt(),
                async,
                r.pollSeconds(),
                r.resultsFile(),
                r.checkMode() ? true : null,
                r.noLog(),
                r.attempt(),
                r.remoteUser(),
                r.becomeUser(),
                r.connection(),
                r.status() == JobStatus.LOST ? null : r.reason(),
                r.run(),
                r.metadata(),
                r.extra().isEmpty() ? null : r.extra(),
                r.details().isEmpty() ? null : r.details(),
                r.acting().generation(),
                r.acting().adopted() ? true : null);
        TreeMap<JobKey, JobDescription> saved = new TreeMap<>();
        saved.put(r.key(), description);
        Evidence ended = r.finishedAt() == null ? evidence : new Evidence(r.finishedAt(), head.run(), head.seq());
        JobEnds ends = ends(r, ended);
        return new Job(r.executionHost(), r.jobId(), null, saved, null, ends, evidence.at(), r.cleanedAt());
    }

    private static JobEnds ends(JobRecord r, Evidence ended) {
        if (r.status().open()) {
            return JobEnds.NONE;
        }
        JobEnd end = new JobEnd(
                ended,
                r.status(),
                r.status() == JobStatus.LOST ? r.reason() : null,
                r.acting().endedBy(),
                r.rc(),
                r.message(),
                r.changed(),
                null);
        if (r.verdict() == null || r.verdict() != r.status()) {
            return JobEnds.of(end, r.resultsFile());
        }
        JobStatus module = r.moduleStatus();
        JobEnd own = module == null || module.open()
                ? null
                : new JobEnd(
                        ended, module, r.rc(), module == JobStatus.SUCCEEDED ? null : r.message(), r.changed(), null);
        return JobEnds.ofVerdict(end, own);
    }
}
