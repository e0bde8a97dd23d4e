package io.jobledger.ledger.retention;

import io.jobledger.ledger.retention.Removal.OwnedJob;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.log.EventLog;
import io.jobledger.log.LogFact.Forgotten;
import io.jobledger.log.LogFact.GoneJob;
import io.jobledger.model.Run;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.LongPredicate;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/** Says what goes with a removal: which runs, how many of their events, and what stays of them. Reads only. */
final class Forgetting {
    private final Handle handle;
    private final EventLog log;
    private final LongPredicate gone;

    /** @param gone which jobs are removed already, by their numbers */
    Forgetting(Handle handle, EventLog log, LongPredicate gone) {
        this.handle = handle;
        this.log = log;
        this.gone = gone;
    }

    /** The run itself, and those who acted on its jobs by name, as far as these jobs are all that they speak of. */
    List<Forgotten> runs(Removal removal) throws SQLException {
        Set<Long> own = removal.jobs().stream().map(OwnedJob::entry).collect(Collectors.toSet());
        Map<Long, Set<UUID>> told = told(own);
        Set<UUID> asked = told.values().stream().flatMap(Set::stream).collect(Collectors.toSet());
        asked.removeAll(known(asked));
        Map<UUID, Set<Long>> jobs = jobs(asked);
        List<UUID> runs = new ArrayList<>();
        if (removal.run() != null) {
            runs.add(removal.run().id().value());
        }
        jobs.forEach((run, spoken) -> {
            if (spoken.stream().allMatch(job -> own.contains(job) || gone.test(job))) {
                runs.add(run);
            }
        });
        List<GoneJob> elsewhere = removal.jobs().stream()
                .filter(job -> job.job().jobId() != null
                        && (isOfNoRun(job, runs) || !runs.containsAll(told.getOrDefault(job.entry(), Set.of()))))
                .map(job -> new GoneJob(job.job().uid(), job.job().jobId().value()))
                .toList();
        List<Forgotten> forgotten = new ArrayList<>();
        for (UUID run : runs) {
            boolean first = forgotten.isEmpty();
            forgotten.add(new Forgotten(
                    run,
                    events(run, first ? removal.run() : null),
                    first ? own.size() : 0,
                    first ? elsewhere : List.of()));
        }
        return forgotten;
    }

    /** A job that only saves tell of is found by its id: no run that is forgotten started it. */
    private static boolean isOfNoRun(OwnedJob job, List<UUID> runs) {
        return job.job().run() == null || !runs.contains(job.job().run().value());
    }

    private Map<Long, Set<UUID>> told(Collection<Long> jobs) throws SQLException {
        Map<Long, Set<UUID>> told = new HashMap<>();
        handle.createQuery("SELECT job, run_id FROM job_runs WHERE job = ANY(?)")
                .bindBySqlType(0, Sql.array(handle, "BIGINT", jobs), Types.ARRAY)
                .map((rows, context) -> Map.entry(rows.getLong(1), rows.getObject(2, UUID.class)))
                .forEach(row -> told.computeIfAbsent(row.getKey(), job -> new HashSet<>())
                        .add(row.getValue()));
        return told;
    }

    /** Those that are runs, and not the identity of an act. */
    private Set<UUID> known(Collection<UUID> runs) throws SQLException {
        return Set.copyOf(handle.createQuery("SELECT run_id FROM runs WHERE run_id = ANY(?)")
                .bindBySqlType(0, Sql.array(handle, "UUID", runs), Types.ARRAY)
                .mapTo(UUID.class)
                .list());
    }

    private Map<UUID, Set<Long>> jobs(Collection<UUID> runs) throws SQLException {
        Map<UUID, Set<Long>> jobs = new HashMap<>();
        handle.createQuery("SELECT run_id, job FROM job_runs WHERE run_id = ANY(?)")
                .bindBySqlType(0, Sql.array(handle, "UUID", runs), Types.ARRAY)
                .map((rows, context) -> Map.entry(rows.getObject(1, UUID.class), rows.getLong(2)))
                .forEach(row -> jobs.computeIfAbsent(row.getKey(), run -> new HashSet<>())
                        .add(row.getValue()));
        return jobs;
    }

    /** How many events of a run are in the log; the numbers that it ever had may be more. */
    private long events(UUID id, Run run) {
        if (run != null && !isReplaced(id) && log.ranges(id).count() == run.events()) {
            return run.events();
        }
        long[] count = new long[1];
        log.ofRun(id, 1, Long.MAX_VALUE, entry -> ++count[0] > 0);
        return count[0];
    }

    private boolean isReplaced(UUID run) {
        return handle.createQuery("SELECT COUNT(*) FROM replaced WHERE run_id = ?")
                        .bind(0, run)
                        .mapTo(Long.class)
                        .one()
                > 0;
    }
}
