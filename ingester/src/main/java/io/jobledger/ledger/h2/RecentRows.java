package io.jobledger.ledger.h2;

import io.jobledger.ledger.h2.LogSteps.Group;
import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.log.EventLog;
import io.jobledger.log.LogHead;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.Event;
import io.jobledger.model.Job;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * Compares what was projected last with the log, after a kill: should H2 have kept a part of a transaction and not all
 * of it, that shows in the rows that were written last. Pure but for reading.
 */
final class RecentRows {
    /** Entries that are compared. */
    private static final long LOOKED = 10_000;
    /** Rows of one statement. */
    private static final int PAGE = 500;

    private RecentRows() {}

    /** A job's row and what hangs on it. */
    private record Row(long lastEntry, Job job, String status) {}

    /** Whether the rows of the jobs and runs that the latest projected entries speak of are whole. */
    static boolean agree(EventLog log, Projections projections) {
        LogHead applied = projections.applied();
        LogHead from = new LogHead(1, Math.max(0, applied.entry() - LOOKED), applied.hash());
        Map<UUID, Long> jobs = new HashMap<>();
        Map<UUID, Long> runs = new HashMap<>();
        Map<UUID, AnsibleJobId> ids = new HashMap<>();
        while (from.entry() < applied.entry()) {
            Group group = LogSteps.after(log, from, PAGE);
            group.steps().stream()
                    .filter(step -> step.entry() <= applied.entry() && step.event() != null)
                    .forEach(step -> {
                        Event event = step.event().event();
                        Job job = event.job();
                        if (job != null && job.jobId() != null) {
                            jobs.put(job.uid(), step.entry());
                            ids.put(job.uid(), job.jobId());
                        }
                        if (event.ofRun()) {
                            runs.put(step.run(), step.entry());
                        }
                    });
            from = group.head();
        }
        try (Handle handle = projections.jdbi().open()) {
            return sameCounts(handle) && wholeRuns(handle, runs) && wholeJobs(handle, jobs, ids);
        } catch (SQLException | RuntimeException e) {
            Projector.LOG.warn("The projections cannot be read: {}", e.toString());
            return false;
        }
    }

    private static boolean sameCounts(Handle handle) {
        return handle.createQuery("SELECT (SELECT COUNT(*) FROM jobs) = (SELECT COUNT(*) FROM job_docs)")
                .mapTo(Boolean.class)
                .one();
    }

    private static boolean wholeRuns(Handle handle, Map<UUID, Long> runs) throws SQLException {
        for (List<UUID> page : pages(new ArrayList<>(runs.keySet()))) {
            Map<UUID, Long> found = new HashMap<>();
            handle.createQuery("SELECT run_id, last_entry FROM runs WHERE run_id = ANY(?)")
                    .bindBySqlType(0, Sql.array(handle, "UUID", page), Types.ARRAY)
                    .map((rows, c) -> Map.entry(rows.getObject(1, UUID.class), rows.getLong(2)))
                    .forEach(row -> found.put(row.getKey(), row.getValue()));
            if (page.stream().anyMatch(run -> found.getOrDefault(run, 0L) < runs.get(run))) {
                return handle.createQuery("SELECT COUNT(*) FROM set_aside")
                                .mapTo(Long.class)
                                .one()
                        > 0;
            }
        }
        return true;
    }

    private static boolean wholeJobs(Handle handle, Map<UUID, Long> jobs, Map<UUID, AnsibleJobId> ids)
            throws SQLException {
        for (List<UUID> page : pages(new ArrayList<>(jobs.keySet()))) {
            List<String> asked = page.stream().map(uid -> ids.get(uid).value()).toList();
            Map<UUID, Row> found = new HashMap<>();
            handle.createQuery("SELECT d.last_entry, d.doc, j.status FROM jobs j JOIN job_docs d ON d.entry = j.entry"
                            + " WHERE j.ansible_job_id = ANY(?)")
                    .bindBySqlType(0, Sql.array(handle, "VARCHAR", asked), Types.ARRAY)
                    .map((rows, c) -> new Row(rows.getLong(1), JobDocs.job(rows.getString(2)), rows.getString(3)))
                    .forEach(row -> found.put(row.job.uid(), row));
            for (UUID uid : page) {
                Row row = found.get(uid);
                if (row == null
                        || row.lastEntry < jobs.get(uid)
                        || !row.status.equals(row.job.status().wire())
                        || !hasKeys(handle, row.job)) {
                    return handle.createQuery("SELECT COUNT(*) FROM set_aside")
                                    .mapTo(Long.class)
                                    .one()
                            > 0;
                }
            }
        }
        return true;
    }

    private static boolean hasKeys(Handle handle, Job job) {
        return job.keys().stream()
                .allMatch(key -> handle.createQuery("SELECT COUNT(*) FROM job_keys WHERE key_id = ? AND open = ? AND"
                                        + " started_at = ?")
                                .bind(0, key.digest())
                                .bind(1, job.status().open())
                                .bind(2, Sql.utc(job.startedAt()))
                                .mapTo(Long.class)
                                .one()
                        > 0);
    }

    private static <T> List<List<T>> pages(List<T> all) {
        List<List<T>> pages = new ArrayList<>();
        for (int from = 0; from < all.size(); from += PAGE) {
            pages.add(all.subList(from, Math.min(all.size(), from + PAGE)));
        }
        return pages;
    }
}
