package io.jobledger.ledger.read;

import io.jobledger.ledger.project.JobRows;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.NameSummary;
import io.jobledger.ledger.query.Page;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.Sort;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.ledger.rows.Reader;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Clock;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;

/** Lists of jobs by SQL. */
final class JdbcJobQueries {
    /** Names in the order of a person's list: by play, then by job. */
    private record Name(String play, String job) implements Comparable<Name> {
        @Override
        public int compareTo(Name other) {
            return play.equals(other.play) ? job.compareTo(other.job) : play.compareTo(other.play);
        }
    }

    private final Reader reader;
    private final Clock clock;
    private final Keyset keyset = new Keyset(JobCriteria.JOBS);
    private final Keyset histories = new Keyset(
            new Keyset.Table("job_keys", "job_keys.started_at", "job_keys.started_at", "job_keys.entry", "TRUE"));

    JdbcJobQueries(Reader reader, Clock clock) {
        this.reader = reader;
        this.clock = clock;
    }

    Page<JobRecord> jobs(JobFilter filter, PageRequest page) {
        Criteria criteria = JobCriteria.of(filter, clock.instant());
        return reader.audit(
                query -> keyset.page(query, criteria, page, Long::valueOf, entries -> load(query.handle(), entries)));
    }

    long countJobs(JobFilter filter) {
        Criteria criteria = JobCriteria.of(filter, clock.instant());
        return reader.audit(query -> keyset.count(query, criteria));
    }

    Page<JobRecord> history(JobKey key, PageRequest page) {
        Sort sort = page.sortOr(Sort.NEWEST);
        if (sort.key() != Sort.Key.STARTED_AT) {
            throw new IllegalArgumentException("a history is sorted by started_at");
        }
        // Two stretches of the primary key: open and closed jobs.
        AccessPath driver = new AccessPath(
                List.of(true, false).stream()
                        .map(open -> new AccessPath.Branch(
                                "job_keys",
                                Condition.of("key_id = ? AND open = ?", key.digest(), open),
                                "key_id" + (sort.descending() ? " DESC" : "") + ", open",
                                "started_at",
                                "entry"))
                        .toList(),
                Condition.of("TRUE"),
                true);
        Criteria criteria = new Criteria(List.of(driver), List.of(), io.jobledger.ledger.query.TimeRange.ALWAYS);
        return reader.audit(query -> histories.page(
                query,
                criteria,
                page,
                Long::valueOf,
                entries -> load(query.handle(), entries, doc -> JobDocs.job(doc).record(key))));
    }

    long countHistory(JobKey key) {
        return reader.audit(
                query -> query.query("SELECT COUNT(*) FROM job_keys WHERE key_id = ?", List.of(key.digest()))
                        .mapTo(Long.class)
                        .one());
    }

    List<NameSummary> names(String host, int looked) {
        Map<Name, NameSummary> names = new TreeMap<>();
        for (JobRecord job : jobs(JobFilter.builder().host(host).build(), PageRequest.first(looked))
                .items()) {
            // Newest first: what was seen before is newer.
            names.merge(
                    new Name(job.key().play(), job.key().job()),
                    new NameSummary(job.key().play(), job.key().job(), 1, job),
                    (before, now) -> new NameSummary(before.play(), before.job(), before.jobs() + 1, before.newest()));
        }
        return List.copyOf(names.values());
    }

    /** The records of these entries under their main names, as far as they are there. */
    static Map<Object, JobRecord> load(Handle handle, Collection<Object> entries) {
        return load(handle, entries, doc -> JobRows.record(JobDocs.job(doc)));
    }

    private static Map<Object, JobRecord> load(
            Handle handle, Collection<Object> entries, Function<String, JobRecord> record) {
        Map<Object, JobRecord> jobs = new HashMap<>();
        try {
            handle.createQuery("SELECT entry, doc FROM job_docs WHERE entry = ANY(?)")
                    .bindBySqlType(0, Sql.array(handle, "BIGINT", entries), Types.ARRAY)
                    .map((rows, c) -> Map.entry(rows.getLong(1), record.apply(rows.getString(2))))
                    .forEach(row -> jobs.put(row.getKey(), row.getValue()));
        } catch (SQLException e) {
            throw Failures.of("the ledger could not be read", e);
        }
        return jobs;
    }
}
