package io.jobledger.ledger.retention;

import io.jobledger.ledger.Retention;
import io.jobledger.ledger.query.NamePatterns;
import io.jobledger.ledger.retention.Removal.OwnedJob;
import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobStatus;
import io.jobledger.model.Run;
import io.jobledger.model.RunState;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/** Decides what may go. Reads only. Not thread-safe. */
final class RetentionRules {
    private final Handle handle;
    private final Map<JobStatus, Instant> cutoffs;
    private final NamePatterns names;
    private final Instant now;
    private final Duration silence;
    private final RetentionTally tally;

    /**
     * @param cutoffs what began before goes; see {@link #cutoffs}
     * @param names whose jobs go; runs without jobs go only where all do
     * @param silence after which a run that said no goodbye is taken for interrupted
     * @param tally knows what goes already
     */
    RetentionRules(
            Handle handle,
            Map<JobStatus, Instant> cutoffs,
            NamePatterns names,
            Instant now,
            Duration silence,
            RetentionTally tally) {
        this.handle = handle;
        this.cutoffs = cutoffs;
        this.names = names;
        this.now = now;
        this.silence = silence;
        this.tally = tally;
    }

    /** For each status that a policy names, the start before which jobs go. */
    static Map<JobStatus, Instant> cutoffs(Handle handle, Retention.Policy policy, Instant now) {
        Map<JobStatus, Instant> cutoffs = new EnumMap<>(JobStatus.class);
        policy.keep().forEach((status, keep) -> {
            if (keep.age() != null) {
                // Before the epoch there is nothing, and databases know no such years.
                cutoffs.put(
                        status,
                        keep.age().compareTo(Duration.between(Instant.EPOCH, now)) > 0
                                ? Instant.EPOCH
                                : now.minus(keep.age()));
            }
            if (keep.count() != null) {
                handle.createQuery("SELECT started_at FROM jobs WHERE status = ? ORDER BY status DESC, started_at DESC,"
                                + " entry DESC OFFSET ? ROWS FETCH FIRST 1 ROW ONLY")
                        .bind(0, status.wire())
                        .bind(1, Math.max(0, keep.count() - 1))
                        .map((rows, context) -> Rows.instant(rows, "started_at"))
                        .findOne()
                        .map(last -> keep.count() == 0 ? last.plusNanos(1000) : last)
                        .ifPresent(last -> cutoffs.merge(status, last, (a, b) -> a.isAfter(b) ? a : b));
            }
        });
        return cutoffs;
    }

    /** What goes with a run, if it may go. */
    Optional<Removal> run(Run run) {
        if (run.state(now, silence) == RunState.RUNNING) {
            return Optional.empty();
        }
        List<OwnedJob> jobs = jobs(handle, run);
        Instant bare = cutoffs.get(JobStatus.SUCCEEDED);
        boolean old = jobs.isEmpty()
                ? names.all() && bare != null && run.lastAt().isBefore(bare)
                : jobs.stream().allMatch(this::old);
        return old && !tellsOfOthers(run) && !leavesOlder(jobs)
                ? Optional.of(new Removal(run, jobs))
                : Optional.empty();
    }

    /** What goes with a job that belongs to no run, if it may go. */
    Optional<Removal> saved(OwnedJob job) {
        return old(job) && !leavesOlder(List.of(job)) ? Optional.of(new Removal(null, List.of(job))) : Optional.empty();
    }

    static List<OwnedJob> jobs(Handle handle, Run run) {
        return handle.createQuery(Removal.JOBS + "j.run_id = ?")
                .bind(0, run.id().value())
                .map((rows, context) -> OwnedJob.of(rows))
                .list();
    }

    private boolean old(OwnedJob job) {
        Instant cutoff = cutoffs.get(job.status());
        return !job.status().open()
                && cutoff != null
                && job.startedAt().isBefore(cutoff)
                && (names.all() || job.job().keys().stream().allMatch(names::fits));
    }

    /** A job's history stays whole as long as the job stays. */
    private boolean tellsOfOthers(Run run) {
        return handle
                .createQuery("SELECT j.entry FROM job_runs r JOIN jobs j ON j.entry = r.job WHERE r.run_id = :run AND"
                        + " (j.run_id IS NULL OR j.run_id <> :run)")
                .bind("run", run.id().value())
                .mapTo(Long.class)
                .stream()
                .anyMatch(job -> !tally.gone(job));
    }

    /** Whether an older job would become the newest of a name. */
    private boolean leavesOlder(List<OwnedJob> jobs) {
        Set<Long> own = new HashSet<>();
        Set<JobKey> keys = new HashSet<>();
        jobs.forEach(job -> {
            own.add(job.entry());
            keys.addAll(job.job().keys());
        });
        return keys.stream().anyMatch(key -> newest(key).filter(own::contains).isPresent() && others(key, own));
    }

    /** The entry with the latest start that a resume by this name can find: a dry run is none. */
    private Optional<Long> newest(JobKey key) {
        record Position(Instant startedAt, long entry) {}
        return Stream.of(true, false)
                .flatMap(open -> {
                    try (var rows = handle
                            .createQuery(
                                    "SELECT k.started_at, k.entry, j.doc FROM job_keys k JOIN job_docs j ON j.entry"
                                            + " = k.entry WHERE k.key_id = ? AND k.open = ? ORDER BY k.key_id DESC, k.open"
                                            + " DESC, k.started_at DESC, k.entry DESC")
                            .bind(0, key.digest())
                            .bind(1, open)
                            .map((row, context) ->
                                    JobDocs.job(row.getString("doc")).checkMode()
                                            ? null
                                            : new Position(Rows.instant(row, "started_at"), row.getLong("entry")))
                            .stream()) {
                        return rows.filter(Objects::nonNull).findFirst().stream();
                    }
                })
                .max(Comparator.comparing(Position::startedAt).thenComparing(Position::entry))
                .map(Position::entry);
    }

    private boolean others(JobKey key, Set<Long> own) {
        try (var entries = handle
                .createQuery("SELECT entry FROM job_keys WHERE key_id = ?")
                .bind(0, key.digest())
                .mapTo(Long.class)
                .stream()) {
            return entries.anyMatch(entry -> !own.contains(entry) && !tally.gone(entry));
        }
    }
}
