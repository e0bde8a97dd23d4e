package io.jobledger.ledger.jdbc;

import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.log.LogFact;
import io.jobledger.model.Job;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/** Finds the open jobs that are overdue and of which that was not told yet. Immutable. */
final class OverdueFacts {
    private static final int MOST = 200;

    private final Set<Duration> after;
    private final Instant since;
    private final Instant now;

    OverdueFacts(Set<Duration> after, Instant since, Instant now) {
        this.after = Set.copyOf(after);
        this.since = since;
        this.now = now;
    }

    /** The earliest first, some hundreds of each kind. */
    List<LogFact> find(Handle handle) {
        List<LogFact> facts = new ArrayList<>();
        for (Duration time : after.stream().sorted().toList()) {
            facts.addAll(find(handle, time));
        }
        return facts;
    }

    private List<LogFact> find(Handle handle, Duration time) {
        record Found(long entry, Instant deadline, Job job) {}
        // A time that cannot be written is before all others.
        Instant earliest = since.isBefore(Instant.EPOCH.plus(time)) ? Instant.EPOCH : since.minus(time);
        return handle
                .createQuery("SELECT j.entry, j.deadline, d.doc FROM jobs j JOIN job_docs d ON d.entry = j.entry WHERE"
                        + " j.status = 'running' AND j.deadline < ? AND j.deadline >= ? AND NOT EXISTS (SELECT 1 FROM"
                        + " told t WHERE t.job = j.entry AND t.after_seconds = ?) ORDER BY j.deadline, j.entry")
                .bind(0, Sql.utc(now.minus(time)))
                .bind(1, Sql.utc(earliest))
                .bind(2, time.toSeconds())
                .setFetchSize(MOST)
                .map((rows, c) -> new Found(
                        rows.getLong(1),
                        rows.getObject(2, OffsetDateTime.class).toInstant(),
                        JobDocs.job(rows.getString(3))))
                .stream()
                .filter(found -> !found.job.checkMode())
                .limit(MOST)
                .<LogFact>map(found -> new LogFact.JobOverdue(found.entry, time.toSeconds(), found.deadline))
                .toList();
    }
}
