package io.jobledger.ledger.read;

import io.jobledger.ledger.query.Cursor;
import io.jobledger.ledger.query.HostSummary;
import io.jobledger.ledger.query.JobCounts;
import io.jobledger.ledger.query.Page;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.PlaySummary;
import io.jobledger.ledger.query.Sort;
import io.jobledger.ledger.rows.Facets;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.ledger.rows.Reader;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.ledger.rows.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jdbi.v3.core.statement.StatementContext;

/** Lists of hosts and plays by SQL. */
final class JdbcNames {
    /** A job that is there is counted under its names; a name whose last job is gone is not listed. */
    private static final String JOBS = "(running + succeeded + failed + timed_out + cancelled + lost + closed)";

    private final Reader reader;
    private final Clock clock;

    JdbcNames(Reader reader, Clock clock) {
        this.reader = reader;
        this.clock = clock;
    }

    private record Row(long id, String name, String playbook, String sortName, JobCounts counts, Instant last) {
        Row overdue(long overdue) {
            JobCounts c = counts;
            return new Row(
                    id,
                    name,
                    playbook,
                    sortName,
                    new JobCounts(
                            c.jobs(),
                            c.running(),
                            overdue,
                            c.succeeded(),
                            c.failed(),
                            c.timedOut(),
                            c.cancelled(),
                            c.lost(),
                            c.closed()),
                    last);
        }
    }

    Page<HostSummary> hosts(PageRequest page) {
        return page("host", page).map(row -> new HostSummary(row.name, row.counts, row.last));
    }

    Page<PlaySummary> plays(PageRequest page) {
        return page("play", page).map(row -> new PlaySummary(row.name, row.playbook, row.counts, row.last));
    }

    Optional<HostSummary> host(String host) {
        return reader.audit(query -> {
            List<Row> rows = query.query(
                            "SELECT * FROM names WHERE id = ? AND " + JOBS + " > 0", List.of(Facets.host(host)))
                    .map(JdbcNames::row)
                    .list();
            return overdue(query, "host", rows).stream()
                    .findFirst()
                    .map(row -> new HostSummary(row.name, row.counts, row.last));
        });
    }

    long count(String kind) {
        return reader.audit(
                query -> query.query("SELECT COUNT(*) FROM names WHERE kind = ? AND " + JOBS + " > 0", List.of(kind))
                        .mapTo(Long.class)
                        .one());
    }

    private Page<Row> page(String kind, PageRequest page) {
        Sort sort = page.sortOr(Sort.BY_NAME);
        if (sort.key() != Sort.Key.NAME) {
            throw new IllegalArgumentException("hosts and plays are sorted by name");
        }
        String order = kind + " " + sort.wire();
        String way = sort.descending() ? " DESC" : "";
        String more = sort.descending() ? "<" : ">";
        List<Object> values = new ArrayList<>(List.of(kind));
        String after = "";
        if (page.after() != null) {
            Cursor cursor = page.after().of(order);
            after = " AND sort_name " + more + "= ? AND (sort_name " + more + " ? OR id " + more + " ?)";
            values.addAll(List.of(cursor.at(), cursor.at(), id(cursor)));
        }
        String sql = "SELECT * FROM names WHERE kind = ? AND " + JOBS + " > 0" + after + " ORDER BY kind" + way
                + ", sort_name" + way + ", id" + way + " LIMIT " + (page.limit() + 1);
        return reader.audit(query -> {
            List<Row> found = query.query(sql, values).map(JdbcNames::row).list();
            boolean goesOn = found.size() > page.limit();
            List<Row> rows = goesOn ? found.subList(0, page.limit()) : found;
            Row last = goesOn ? rows.get(rows.size() - 1) : null;
            return new Page<>(
                    overdue(query, kind, rows),
                    last == null ? null : new Cursor(order, last.sortName, Long.toString(last.id)));
        });
    }

    private static long id(Cursor cursor) {
        try {
            return Long.parseLong(cursor.tie());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("must be the 'next' of an earlier answer, unchanged");
        }
    }

    /**
     * Being overdue comes with time and not with an event, so it is counted when asked: among the open jobs, which are
     * few.
     */
    private List<Row> overdue(Reader.Query query, String kind, List<Row> rows) {
        List<Long> ids = rows.stream()
                .filter(row -> row.counts.running() > 0)
                .map(row -> Facets.id(row.name))
                .toList();
        if (ids.isEmpty()) {
            return rows;
        }
        boolean plays = kind.equals("play");
        Map<List<String>, Long> overdue = new HashMap<>();
        try {
            query.query(
                            "SELECT " + (plays ? "play AS name, playbook" : "host AS name, NULL AS playbook")
                                    + ", COUNT(*) AS jobs FROM jobs WHERE status = 'running' AND deadline < ? AND "
                                    + Condition.blind(plays ? "play_id" : "host_id") + " = ANY(?) GROUP BY "
                                    + (plays ? "play, playbook" : "host"),
                            List.of())
                    .bind(0, Sql.utc(clock.instant()))
                    .bindBySqlType(1, Sql.array(query.handle(), "BIGINT", ids), Types.ARRAY)
                    .map((row, c) -> overdue.put(
                            java.util.Arrays.asList(row.getString("name"), row.getString("playbook")),
                            row.getLong("jobs")))
                    .forEach(before -> {});
        } catch (SQLException e) {
            throw Failures.of("the ledger could not be read", e);
        }
        return rows.stream()
                .map(row -> row.overdue(Objects.requireNonNullElse(
                        overdue.get(java.util.Arrays.asList(row.name, plays ? row.playbook : null)), 0L)))
                .toList();
    }

    private static Row row(ResultSet rows, StatementContext context) throws SQLException {
        long running = rows.getLong("running");
        long succeeded = rows.getLong("succeeded");
        long failed = rows.getLong("failed");
        long timedOut = rows.getLong("timed_out");
        long cancelled = rows.getLong("cancelled");
        long lost = rows.getLong("lost");
        long closed = rows.getLong("closed");
        return new Row(
                rows.getLong("id"),
                rows.getString("name"),
                rows.getString("playbook"),
                rows.getString("sort_name"),
                new JobCounts(
                        running + succeeded + failed + timedOut + cancelled + lost + closed,
                        running,
                        0,
                        succeeded,
                        failed,
                        timedOut,
                        cancelled,
                        lost,
                        closed),
                Rows.instant(rows, "last_started_at"));
    }
}
