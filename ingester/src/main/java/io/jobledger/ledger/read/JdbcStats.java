package io.jobledger.ledger.read;

import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.JobStats;
import io.jobledger.ledger.rows.Reader;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.model.JobStatus;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.jdbi.v3.core.statement.StatementContext;

/**
 * Jobs in numbers, summed up by the database: what comes back is a row a day and status, and a row a size of duration.
 */
final class JdbcStats {
    /** Durations are told apart by this factor: 2 %, so that the middle of a step is at most 1 % off. */
    private static final double STEP = 1.02;

    private final Reader reader;
    private final Clock clock;
    private final Keyset keyset = new Keyset(JobCriteria.JOBS);

    JdbcStats(Reader reader, Clock clock) {
        this.reader = reader;
        this.clock = clock;
    }

    private record Step(int step, long jobs, long longest) {}

    JobStats stats(JobFilter filter) {
        Instant now = clock.instant();
        Criteria criteria = JobCriteria.of(filter, now);
        return reader.audit(query -> {
            Condition jobs = keyset.rows(query, criteria, "status, jobs.started_at AS at_, duration_ms, deadline");
            Tally all = new Tally();
            TreeMap<LocalDate, Tally> days = new TreeMap<>(Comparator.reverseOrder());
            Instant[] oldest = new Instant[1];
            List<Object> values = new ArrayList<>(List.of(Sql.utc(now)));
            values.addAll(jobs.values());
            query.query(
                            "SELECT d.status AS status, d.day_ AS day_, COUNT(*) AS jobs, SUM(d.late) AS late,"
                                    + " MIN(d.at_) AS oldest FROM (SELECT status, at_, FLOOR(EXTRACT(EPOCH FROM at_) /"
                                    + " 86400) AS day_, CASE WHEN status = 'running' AND deadline < ? THEN"
                                    + " 1 ELSE 0 END AS"
                                    + " late FROM ("
                                    + jobs.sql() + ") j) d GROUP BY d.status, d.day_",
                            values)
                    .map((rows, c) -> {
                        JobStatus status = JobStatus.parse(rows.getString("status"));
                        all.add(status, rows.getLong("jobs"), rows.getLong("late"));
                        days.computeIfAbsent(LocalDate.ofEpochDay(rows.getLong("day_")), day -> new Tally())
                                .add(status, rows.getLong("jobs"), rows.getLong("late"));
                        Instant first = Rows.instant(rows, "oldest");
                        if (status.open() && (oldest[0] == null || first.isBefore(oldest[0]))) {
                            oldest[0] = first;
                        }
                        return status;
                    })
                    .forEach(status -> {});
            List<Step> steps = query.query(
                            "SELECT d.step_ AS step_, COUNT(*) AS jobs, MAX(d.duration_ms) AS longest FROM ("
                                    + "SELECT duration_ms, FLOOR(LN(duration_ms + 1) / " + Math.log(STEP)
                                    + ") AS step_ FROM (" + jobs.sql() + ") j WHERE duration_ms IS NOT NULL) d"
                                    + " GROUP BY d.step_ ORDER BY 1",
                            jobs.values())
                    .map(JdbcStats::step)
                    .list();
            long ended = steps.stream().mapToLong(Step::jobs).sum();
            return new JobStats(
                    all.counts(),
                    days.entrySet().stream()
                            .map(day -> new JobStats.Day(
                                    day.getKey(), day.getValue().counts()))
                            .toList(),
                    ended,
                    quantile(steps, ended, 0.5),
                    quantile(steps, ended, 0.95),
                    steps.isEmpty() ? null : Duration.ofMillis(steps.get(steps.size() - 1).longest),
                    oldest[0]);
        });
    }

    private static Step step(java.sql.ResultSet rows, StatementContext context) throws java.sql.SQLException {
        return new Step(rows.getInt("step_"), rows.getLong("jobs"), rows.getLong("longest"));
    }

    private static Duration quantile(List<Step> steps, long jobs, double part) {
        long seen = 0;
        for (Step step : steps) {
            seen += step.jobs;
            if (seen >= jobs * part) {
                long middle = Math.round(Math.pow(STEP, step.step + 0.5) - 1);
                return Duration.ofMillis(Math.min(middle, step.longest));
            }
        }
        return null;
    }
}
