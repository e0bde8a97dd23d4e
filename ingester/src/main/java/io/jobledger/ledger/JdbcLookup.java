package io.jobledger.ledger;

import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.Job;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/** Lookups for a resume. */
final class JdbcLookup implements JobLookup {
    private static final String BY_KEY = "SELECT j.doc AS doc FROM job_keys k JOIN jobs j ON j.entry = k.entry WHERE k.key_id = :key";
    private static final String NEWEST_FIRST = " ORDER BY k.started_at DESC, k.entry DESC";

    /** One step into the index: a key that has been used every night for years costs no more than a new one. */
    private static final String NEWEST = "SELECT started_at, entry FROM job_keys WHERE key_id = ? AND open = ?"
            + " ORDER BY key_id DESC, open DESC, started_at DESC, entry DESC LIMIT 1";

    private final Reader reader;

    JdbcLookup(Reader reader) {
        this.reader = reader;
    }

    @Override
    public Optional<JobRecord> newest(JobKey key, Narrowing narrowing) {
        if (narrowing.equals(Narrowing.NONE)) {
            return reader.lookup(handle -> newest(handle, key));
        }
        Where where = narrowed(key, narrowing);
        return reader.lookup(handle -> where.bind(handle.createQuery(BY_KEY + where.sql + NEWEST_FIRST + " LIMIT 1"))
                .map((rows, c) -> JobDocs.job(rows.getString("doc")).record(key))
                .findOne());
    }

    private record Position(Instant startedAt, long entry) {}

    /** Open jobs are looked at first: a job that ends between the two steps is then seen twice and not never. */
    private static Optional<JobRecord> newest(Handle handle, JobKey key) {
        return Stream.of(true, false)
                .flatMap(open -> handle.createQuery(NEWEST)
                        .bind(0, key.digest())
                        .bind(1, open)
                        .map((rows, c) -> new Position(Rows.instant(rows, "started_at"), rows.getLong("entry")))
                        .findOne().stream())
                .max(Comparator.comparing(Position::startedAt).thenComparing(Position::entry))
                .map(position -> handle.createQuery("SELECT doc FROM jobs WHERE entry = ?")
                        .bind(0, position.entry)
                        .map((rows, c) -> JobDocs.job(rows.getString("doc")).record(key))
                        .one());
    }

    @Override
    public List<JobRecord> openByPlaybook(JobKey key, Narrowing narrowing) {
        Where where = narrowed(key, narrowing).and("k.open = :open", "open", true);
        Map<String, JobRecord> newest = new LinkedHashMap<>();
        reader.lookup(handle -> {
            try (var records = where.bind(handle.createQuery(BY_KEY + where.sql + NEWEST_FIRST))
                    .map((rows, c) -> JobDocs.job(rows.getString("doc")))
                    .stream()) {
                records.filter(job -> job.jobId() != null).map(job -> job.record(key)).forEach(record -> newest.putIfAbsent(record.playbookIdentity(), record));
            }
            return newest;
        });
        return List.copyOf(newest.values());
    }

    @Override
    public Optional<Job> job(String executionHost, AnsibleJobId jobId) {
        return reader.lookup(handle -> handle.createQuery("SELECT doc FROM jobs WHERE ansible_job_id = ?")
                .bind(0, jobId.value())
                .map((rows, c) -> JobDocs.job(rows.getString(1)))
                .filter(job -> job.executionHost().equals(executionHost))
                .findFirst());
    }

    private static Where narrowed(JobKey key, Narrowing narrowing) {
        return new Where()
                .and(null, "key", key.digest())
                .and("(j.playbook = :playbook OR j.playbook_path = :playbook)", "playbook", narrowing.playbook())
                .and("j.run_id = :run", "run", narrowing.run() == null ? null : narrowing.run().value());
    }

    /** Conditions that hold together, with the values of their parameters. */
    private static final class Where {
        private final List<Map.Entry<String, Object>> values = new ArrayList<>();
        private String sql = "";

        /** Adds a condition, unless its value is null: then there is nothing to narrow by. */
        Where and(String condition, String name, Object value) {
            if (value != null) {
                values.add(Map.entry(name, value));
                sql += condition == null ? "" : " AND " + condition;
            }
            return this;
        }

        Query bind(Query query) {
            values.forEach(value -> query.bind(value.getKey(), value.getValue()));
            return query;
        }
    }
}
