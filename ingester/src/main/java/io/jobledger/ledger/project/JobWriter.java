package io.jobledger.ledger.project;

import io.jobledger.ledger.chain.LedgerHead;
import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.ledger.rows.RowBatch;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.Event;
import io.jobledger.model.Evidence;
import io.jobledger.model.Job;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import java.sql.SQLException;
import java.sql.Types;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/**
 * Merges what events say of jobs into their rows, their names and the outbox. Used by the writer's thread, inside its
 * transaction.
 */
final class JobWriter {
    private final Handle handle;
    private final WriteTransaction writing;
    private final OffsetDateTime now;
    private final LedgerHead head;

    JobWriter(Handle handle, WriteTransaction writing, OffsetDateTime now, LedgerHead head) {
        this.handle = handle;
        this.writing = writing;
        this.now = now;
        this.head = head;
    }

    /** A job as the ledger has it. */
    record Stored(Job job, long entry, boolean runKnown) {}

    /**
     * Stores what the events say of jobs; returns the entries of these jobs, and of those that the events only mention,
     * by their identity.
     */
    Map<UUID, Long> merge(List<Event> events) throws SQLException {
        Map<UUID, Job> news = new LinkedHashMap<>();
        Map<UUID, AnsibleJobId> mentioned = new LinkedHashMap<>();
        for (Event event : events) {
            Job job = event.job();
            if (job != null) {
                news.merge(job.uid(), job, Job::merge);
                mentioned.put(job.uid(), job.jobId());
            } else if (event instanceof Event.JobNoted noted) {
                mentioned.put(Job.uid(noted.executionHost(), noted.jobId()), noted.jobId());
            }
        }
        Map<UUID, Long> entries = new HashMap<>();
        if (mentioned.isEmpty()) {
            return entries;
        }
        WriterMemory memory = writing.memory();
        Map<UUID, Stored> old = WriterMemory.rows(
                memory.jobs(),
                mentioned.keySet(),
                unknown -> read(
                        unknown.stream().map(news::get).filter(Objects::nonNull).toList(),
                        unknown.stream()
                                .map(mentioned::get)
                                .filter(Objects::nonNull)
                                .map(AnsibleJobId::value)
                                .toList()));
        old.forEach((uid, stored) -> entries.put(uid, stored.entry));
        if (news.isEmpty()) {
            return entries;
        }
        JobRows rows = new JobRows(handle, writing, new RunFacts(handle, memory, runs(news, old), events));
        NameCounts names = new NameCounts();
        RowBatch newKeys =
                new RowBatch(handle, "INSERT INTO job_keys (key_id, open, started_at, entry) VALUES (?, ?, ?, ?)");
        RowBatch goneKeys = new RowBatch(
                handle, "DELETE FROM job_keys WHERE key_id = ? AND open = ? AND started_at = ? AND entry = ?");
        Map<UUID, JobKey> toMirror = new LinkedHashMap<>();
        for (Map.Entry<UUID, Job> fresh : news.entrySet()) {
            Stored before = old.get(fresh.getKey());
            Job job = before == null ? fresh.getValue() : before.job.merge(fresh.getValue());
            long number = before == null ? head.nextJob() : before.entry;
            entries.put(fresh.getKey(), number);
            String doc = JobRows.doc(job);
            if (before != null && before.runKnown && !job.tellsMoreThan(before.job)) {
                rows.addSeen(job, doc, number);
                memory.remember(fresh.getKey(), new Stored(job, number, true), doc);
                continue;
            }
            JobRecord record = JobRows.record(job);
            JobRecord recordBefore = before == null ? null : JobRows.record(before.job);
            rows.add(recordBefore, before != null && before.runKnown, job, record, doc, number);
            memory.remember(fresh.getKey(), new Stored(job, number, rows.runKnown(record)), doc);
            if (before != null) {
                names.removed(recordBefore);
            }
            names.added(record);
            // What a dry run would have done is no record of a job: no mirror hears of it.
            boolean mirrored = !job.checkMode() || before != null && !before.job.checkMode();
            Set<JobKey> keys = job.keys();
            Set<JobKey> keysBefore = before == null ? Set.of() : before.job.keys();
            boolean moved = before != null
                    && (!before.job.startedAt().equals(job.startedAt())
                            || before.job.status().open() != job.status().open());
            for (JobKey key : keysBefore) {
                if (moved || !keys.contains(key)) {
                    goneKeys.add(key.digest(), before.job.status().open(), Sql.utc(before.job.startedAt()), number);
                    if (mirrored) {
                        toMirror.put(key.digest(), key);
                    }
                }
            }
            for (JobKey key : keys) {
                if (moved || !keysBefore.contains(key)) {
                    newKeys.add(key.digest(), job.status().open(), Sql.utc(job.startedAt()), number);
                }
            }
            if (mirrored && (before == null || job.tellsMoreThan(before.job))) {
                keys.forEach(key -> toMirror.put(key.digest(), key));
            }
        }
        rows.execute();
        names.execute(handle);
        Sql.execute(goneKeys, newKeys);
        Outboxes.enqueue(handle, writing.mirrors(), toMirror, now);
        return entries;
    }

    /** @param ids of these jobs, and of others that are only mentioned */
    private Map<UUID, Stored> read(List<Job> jobs, List<String> ids) throws SQLException {
        Map<UUID, Stored> known = new HashMap<>();
        searchByRun(jobs, known);
        handle.createQuery("SELECT entry, doc, run_known FROM jobs WHERE ansible_job_id = ANY(?)")
                .bindBySqlType(0, Sql.array(handle, "VARCHAR", ids), Types.ARRAY)
                .map((rows, context) -> new Stored(JobDocs.job(rows.getString(2)), rows.getLong(1), rows.getBoolean(3)))
                .forEach(stored -> known.put(stored.job.uid(), stored));
        return known;
    }

    /**
     * Jobs without an id are known by the event that told of them. Where nothing came after that event, nobody can have
     * spoken of the job.
     */
    private void searchByRun(List<Job> jobs, Map<UUID, Stored> known) throws SQLException {
        Set<UUID> runs = new HashSet<>();
        for (Job job : jobs) {
            if (job.jobId() == null
                    && !runs.contains(job.run().value())
                    && (job.launch() == null || laterThan(job.launch().evidence()))) {
                runs.add(job.run().value());
            }
        }
        if (!runs.isEmpty()) {
            handle.createQuery(
                            "SELECT entry, doc, run_known FROM jobs WHERE run_id = ANY(?) AND ansible_job_id IS NULL")
                    .bindBySqlType(0, Sql.array(handle, "UUID", runs), Types.ARRAY)
                    .map((rows, context) ->
                            new Stored(JobDocs.job(rows.getString(2)), rows.getLong(1), rows.getBoolean(3)))
                    .forEach(stored -> known.put(stored.job.uid(), stored));
        }
    }

    private boolean laterThan(Evidence told) {
        return handle.createQuery("SELECT 1 FROM events WHERE run_id = ? AND seq > ? FETCH FIRST 1 ROWS ONLY")
                .bind(0, told.run().value())
                .bind(1, told.seq())
                .mapTo(Integer.class)
                .findOne()
                .isPresent();
    }

    private static Set<UUID> runs(Map<UUID, Job> news, Map<UUID, Stored> old) {
        Set<UUID> runs = new HashSet<>();
        Stream.concat(news.values().stream(), old.values().stream().map(Stored::job))
                .map(Job::run)
                .forEach(run -> {
                    if (run != null) {
                        runs.add(run.value());
                    }
                });
        return runs;
    }
}
