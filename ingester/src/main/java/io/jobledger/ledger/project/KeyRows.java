package io.jobledger.ledger.project;

import io.jobledger.ledger.rows.RowBatch;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.model.Job;
import io.jobledger.model.JobKey;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/** Writes rows of {@code job_keys}: the names that a job can be resumed by. Used by the writer's thread. */
final class KeyRows {
    private final RowBatch fresh;
    private final RowBatch gone;

    KeyRows(Handle handle) {
        this.fresh = new RowBatch(handle, "INSERT INTO job_keys (key_id, open, started_at, entry) VALUES (?, ?, ?, ?)");
        this.gone = new RowBatch(
                handle, "DELETE FROM job_keys WHERE key_id = ? AND open = ? AND started_at = ? AND entry = ?");
    }

    /**
     * @param before the job as the rows have it, null when it is new
     * @param job null when it is removed
     */
    void add(Job before, Job job, long number) {
        Set<JobKey> keys = job == null ? Set.of() : job.keys();
        Set<JobKey> keysBefore = before == null ? Set.of() : before.keys();
        boolean moved = before != null
                && job != null
                && (!before.startedAt().equals(job.startedAt())
                        || before.status().open() != job.status().open());
        for (JobKey key : keysBefore) {
            if (moved || !keys.contains(key)) {
                gone.add(key.digest(), before.status().open(), Sql.utc(before.startedAt()), number);
            }
        }
        for (JobKey key : keys) {
            if (moved || !keysBefore.contains(key)) {
                fresh.add(key.digest(), job.status().open(), Sql.utc(job.startedAt()), number);
            }
        }
    }

    void execute() {
        Sql.execute(gone, fresh);
    }
}
