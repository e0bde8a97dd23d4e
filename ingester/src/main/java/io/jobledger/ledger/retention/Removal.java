package io.jobledger.ledger.retention;

import io.jobledger.ledger.Retention;
import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.model.Job;
import io.jobledger.model.JobStatus;
import io.jobledger.model.Run;
import io.jobledger.model.RunId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * What is removed together.
 *
 * @param run with its jobs; null for a job that was only saved
 * @param jobs those that the run owns, or the one that was saved
 */
record Removal(Run run, List<OwnedJob> jobs) {
    static final String JOB_COLUMNS = "entry, status, started_at, doc";

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

    /** The run that names it: for a save, that of the event that saved it. */
    UUID chain() {
        return run != null
                ? run.id().value()
                : jobs.get(0).job().saved().isEmpty()
                        ? new UUID(0, 0)
                        : jobs.get(0)
                                .job()
                                .saved()
                                .values()
                                .iterator()
                                .next()
                                .evidence()
                                .run()
                                .value();
    }

    Retention.Example example(long events) {
        boolean named = run != null && run.info() != null;
        return new Retention.Example(
                new RunId(chain()),
                named ? run.info().runName() : null,
                named ? run.info().playbook() : null,
                startedAt(),
                events,
                jobs.size());
    }
}
