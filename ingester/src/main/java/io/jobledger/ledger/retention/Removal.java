package io.jobledger.ledger.retention;

import io.jobledger.ledger.Retention;
import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.log.LogFact;
import io.jobledger.model.Job;
import io.jobledger.model.JobStatus;
import io.jobledger.model.Run;
import io.jobledger.model.RunId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

/**
 * What is removed together.
 *
 * @param run with its jobs; null for a job that was only saved
 * @param jobs those that the run owns, or the one that was saved
 */
record Removal(Run run, List<OwnedJob> jobs) {
    static final String JOBS = "SELECT j.entry, j.status, j.started_at, d.doc FROM jobs j JOIN job_docs d ON d.entry ="
            + " j.entry WHERE ";

    /** A job's row; its names are in the document. */
    record OwnedJob(long entry, JobStatus status, Instant startedAt, Job job) {
        static OwnedJob of(ResultSet rows) throws SQLException {
            return new OwnedJob(
                    rows.getLong("entry"),
                    JobStatus.parse(rows.getString("status")),
                    Rows.instant(rows, "started_at"),
                    JobDocs.job(rows.getString("doc")));
        }
    }

    Instant startedAt() {
        return run != null ? run.firstAt() : jobs.get(0).startedAt();
    }

    /** @param forgotten what goes, the one that names it first */
    Retention.Example example(List<LogFact.Forgotten> forgotten) {
        boolean named = run != null && run.info() != null;
        return new Retention.Example(
                new RunId(forgotten.get(0).run()),
                named ? run.info().runName() : null,
                named ? run.info().playbook() : null,
                startedAt(),
                forgotten.stream().mapToLong(LogFact.Forgotten::events).sum(),
                jobs.size());
    }
}
