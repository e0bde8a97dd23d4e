package io.jobledger.ledger.project;

import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.log.EventLog.Logged;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.Event;
import io.jobledger.model.Evidence;
import io.jobledger.model.Job;
import io.jobledger.model.JobRecord;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
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
import org.jdbi.v3.core.statement.StatementContext;

/**
 * Merges what events say of jobs into their rows and names, and tells which names changed. Used by the writer's thread,
 * inside its transaction.
 */
final class JobWriter {
    private final Handle handle;
    private final WriteTransaction writing;
    private final Map<UUID, News> news = new LinkedHashMap<>();
    /** Names that changed, with the entries that changed them. */
    private final Map<UUID, Changed> changed = new LinkedHashMap<>();

    JobWriter(Handle handle, WriteTransaction writing) {
        this.handle = handle;
        this.writing = writing;
    }

    /** A job as the rows have it. */
    record Stored(Job job, long entry, boolean runKnown) {}

    /**
     * What one event says of a job.
     *
     * @param job null when it only mentions the job
     */
    private record Said(Job job, long entry, UUID run) {}

    /** What a group of events says of one job, in their order. */
    private record News(AnsibleJobId id, List<Said> said) {
        News(AnsibleJobId id) {
            this(id, new ArrayList<>());
        }

        /** Null while the events only mention the job. */
        Said first() {
            return said.stream().filter(one -> one.job != null).findFirst().orElse(null);
        }

        long last() {
            return said.get(said.size() - 1).entry;
        }
    }

    /** Stores what the events say of jobs. */
    void merge(List<Logged> events) throws SQLException {
        events.forEach(this::gather);
        if (news.isEmpty()) {
            return;
        }
        WriterMemory memory = writing.memory();
        Map<UUID, Stored> old = WriterMemory.rows(memory.jobs(), news.keySet(), this::read);
        news.entrySet().removeIf(one -> one.getValue().first() == null && !old.containsKey(one.getKey()));
        JobRows rows = new JobRows(handle, new RunFacts(handle, memory, runs(old), events));
        NameCounts names = new NameCounts();
        KeyRows keys = new KeyRows(handle);
        news.forEach((uid, said) -> merge(uid, said, old.get(uid), rows, names, keys));
        rows.execute();
        names.execute(handle);
        keys.execute();
        writing.changed(changed);
    }

    private void gather(Logged logged) {
        Job job = logged.event().job();
        UUID run = logged.event().head().run().value();
        if (job != null) {
            news.computeIfAbsent(job.uid(), uid -> new News(job.jobId())).said.add(new Said(job, logged.entry(), run));
        } else if (logged.event() instanceof Event.JobNoted noted) {
            news.computeIfAbsent(Job.uid(noted.executionHost(), noted.jobId()), uid -> new News(noted.jobId()))
                    .said
                    .add(new Said(null, logged.entry(), run));
        }
    }

    private void merge(UUID uid, News all, Stored before, JobRows rows, NameCounts names, KeyRows keys) {
        long number = before == null ? all.first().entry : before.entry;
        Job job = steps(all, before == null ? null : before.job, number, rows, names);
        String doc = JobRows.doc(job);
        if (before != null && before.runKnown && !job.tellsMoreThan(before.job)) {
            rows.addSeen(job, doc, number, all.last());
            writing.memory().remember(uid, new Stored(job, number, true), doc);
            return;
        }
        JobRecord record = JobRows.record(job);
        rows.add(before == null ? null : JobRows.record(before.job), before != null && before.runKnown, record, number);
        rows.addDoc(before == null, job, doc, number, all.last());
        writing.memory().remember(uid, new Stored(job, number, rows.runKnown(record)), doc);
        keys.add(before == null ? null : before.job, job, number);
    }

    /**
     * Merges event by event, so that what is counted and told on the way does not depend on how events were grouped;
     * returns the job after the last.
     */
    private Job steps(News all, Job before, long number, JobRows rows, NameCounts names) {
        Job job = before;
        for (Said said : all.said) {
            Job next = said.job == null ? job : job == null ? said.job : job.merge(said.job);
            if (next == null) {
                continue;
            }
            rows.addRuns(job, next, number, said.run);
            if (job == null || next.tellsMoreThan(job)) {
                names.changed(job == null ? null : JobRows.record(job), JobRows.record(next));
                // What a dry run would have done is no record of a job: no mirror hears of it.
                if (!next.checkMode() || job != null && !job.checkMode()) {
                    tell(next, said.entry);
                    tell(job, said.entry);
                }
            }
            job = next;
        }
        return job;
    }

    private void tell(Job job, long entry) {
        if (job != null) {
            job.keys().forEach(key -> changed.put(key.digest(), new Changed(key, entry)));
        }
    }

    private Map<UUID, Stored> read(List<UUID> asked) throws SQLException {
        Map<UUID, Stored> known = new HashMap<>();
        List<News> unknown = asked.stream().map(news::get).toList();
        searchByRun(unknown, known);
        List<String> ids = unknown.stream()
                .filter(one -> one.id != null)
                .map(one -> one.id.value())
                .toList();
        handle.createQuery("SELECT j.entry, d.doc, j.run_known FROM jobs j JOIN job_docs d ON d.entry = j.entry WHERE"
                        + " j.ansible_job_id = ANY(?)")
                .bindBySqlType(0, Sql.array(handle, "VARCHAR", ids), Types.ARRAY)
                .map(JobWriter::stored)
                .forEach(stored -> known.put(stored.job.uid(), stored));
        return known;
    }

    static Stored stored(ResultSet rows, StatementContext context) throws SQLException {
        return new Stored(JobDocs.job(rows.getString(2)), rows.getLong(1), rows.getBoolean(3));
    }

    /**
     * Jobs without an id are known by the event that told of them. Where nothing came after that event, nobody can have
     * spoken of the job.
     */
    private void searchByRun(List<News> unknown, Map<UUID, Stored> known) throws SQLException {
        Set<UUID> runs = new HashSet<>();
        for (News one : unknown) {
            Job job = one.first() == null ? null : one.first().job;
            if (job != null
                    && one.id == null
                    && !runs.contains(job.run().value())
                    && (job.launch() == null || laterThan(job.launch().evidence()))) {
                runs.add(job.run().value());
            }
        }
        if (!runs.isEmpty()) {
            handle.createQuery("SELECT j.entry, d.doc, j.run_known FROM jobs j JOIN job_docs d ON d.entry = j.entry"
                            + " WHERE j.run_id = ANY(?) AND j.ansible_job_id IS NULL")
                    .bindBySqlType(0, Sql.array(handle, "UUID", runs), Types.ARRAY)
                    .map(JobWriter::stored)
                    .forEach(stored -> known.put(stored.job.uid(), stored));
        }
    }

    private boolean laterThan(Evidence told) {
        return handle.createQuery("SELECT 1 FROM runs WHERE run_id = ? AND max_seq > ?")
                .bind(0, told.run().value())
                .bind(1, told.seq())
                .mapTo(Integer.class)
                .findOne()
                .isPresent();
    }

    private Set<UUID> runs(Map<UUID, Stored> old) {
        Set<UUID> runs = new HashSet<>();
        Stream.concat(
                        news.values().stream()
                                .flatMap(one -> one.said.stream())
                                .map(Said::job)
                                .filter(Objects::nonNull),
                        old.values().stream().map(Stored::job))
                .map(Job::run)
                .filter(Objects::nonNull)
                .forEach(run -> runs.add(run.value()));
        return runs;
    }
}
