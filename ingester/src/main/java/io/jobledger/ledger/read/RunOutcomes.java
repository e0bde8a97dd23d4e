package io.jobledger.ledger.read;

import io.jobledger.ledger.query.JobLine;
import io.jobledger.ledger.query.RunOutcome;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.ledger.rows.Reader;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobStatus;
import io.jobledger.model.RunId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Clock;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.statement.StatementContext;

/** How runs went, counted by an index from their jobs; and those jobs, a line each. Thread-safe. */
final class RunOutcomes {
    private static final String LINES =
            "SELECT host, play, job, ansible_job_id, task, status, started_at, deadline, finished_at, message FROM jobs"
                    + " WHERE run_id = ? ORDER BY run_id, started_at, entry LIMIT ";

    private final Reader reader;
    private final Clock clock;

    RunOutcomes(Reader reader, Clock clock) {
        this.reader = reader;
        this.clock = clock;
    }

    Map<RunId, RunOutcome> of(Collection<RunId> ids) {
        Map<RunId, RunOutcome> outcomes = new LinkedHashMap<>();
        ids.forEach(id -> outcomes.put(id, RunOutcome.NONE));
        if (ids.isEmpty()) {
            return outcomes;
        }
        List<UUID> runs = ids.stream().map(RunId::value).toList();
        return reader.audit(query -> {
            Map<RunId, Tally> tallies = tallies(query, runs);
            hosts(query, runs)
                    .forEach((id, hosts) -> outcomes.put(
                            id,
                            new RunOutcome(tallies.getOrDefault(id, new Tally()).counts(), hosts)));
            return outcomes;
        });
    }

    private Map<RunId, Tally> tallies(Reader.Query query, List<UUID> runs) {
        Map<RunId, Tally> tallies = new HashMap<>();
        try {
            query.query(
                            "SELECT run_id, status, COUNT(*) AS jobs, SUM(CASE WHEN status = 'running' AND deadline < ?"
                                    + " THEN 1 ELSE 0 END) AS late FROM jobs WHERE run_id = ANY(?) GROUP BY run_id,"
                                    + " status",
                            List.of())
                    .bind(0, Sql.utc(clock.instant()))
                    .bindBySqlType(1, Sql.array(query.handle(), "UUID", runs), Types.ARRAY)
                    .map((rows, c) -> {
                        Tally tally = tallies.computeIfAbsent(run(rows), id -> new Tally());
                        tally.add(JobStatus.parse(rows.getString(2)), rows.getLong(3), rows.getLong(4));
                        return tally;
                    })
                    .forEach(tally -> {});
        } catch (SQLException e) {
            throw Failures.of("the ledger could not be read", e);
        }
        return tallies;
    }

    private static Map<RunId, Long> hosts(Reader.Query query, List<UUID> runs) {
        Map<RunId, Long> hosts = new HashMap<>();
        try {
            query.query(
                            "SELECT run_id, COUNT(DISTINCT host_id) FROM jobs WHERE run_id = ANY(?) GROUP BY run_id",
                            List.of())
                    .bindBySqlType(0, Sql.array(query.handle(), "UUID", runs), Types.ARRAY)
                    .map((rows, c) -> hosts.put(run(rows), rows.getLong(2)))
                    .forEach(before -> {});
        } catch (SQLException e) {
            throw Failures.of("the ledger could not be read", e);
        }
        return hosts;
    }

    private static RunId run(ResultSet rows) throws SQLException {
        return new RunId(rows.getObject(1, UUID.class));
    }

    List<JobLine> lines(RunId id, int limit) {
        return reader.audit(query -> query.query(LINES + limit, List.of(id.value()))
                .map(RunOutcomes::line)
                .list());
    }

    private static JobLine line(ResultSet rows, StatementContext context) throws SQLException {
        return new JobLine(
                new JobKey(rows.getString(1), rows.getString(2), rows.getString(3)),
                rows.getString(4),
                rows.getString(5),
                JobStatus.parse(rows.getString(6)),
                Rows.instant(rows, 7),
                Rows.instant(rows, 8),
                Rows.instant(rows, 9),
                rows.getString(10));
    }
}
