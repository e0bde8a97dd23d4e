package io.jobledger.ledger.read;

import io.jobledger.ledger.EventQueries;
import io.jobledger.ledger.query.Change;
import io.jobledger.ledger.query.Cursor;
import io.jobledger.ledger.query.Page;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.StoredEvent;
import io.jobledger.ledger.rows.EventText;
import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.ledger.rows.Reader;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.JobRecord;
import io.jobledger.model.Run;
import io.jobledger.model.RunId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.statement.StatementContext;

/** {@link EventQueries} by SQL. */
final class JdbcEventQueries implements EventQueries {
    private static final String ORDER = "events seq";
    private static final String COLUMNS = EventText.COLUMNS + ", entry";

    private final Reader reader;

    JdbcEventQueries(Reader reader) {
        this.reader = reader;
    }

    private static StoredEvent event(ResultSet rows, StatementContext context) throws SQLException {
        return new StoredEvent(
                rows.getLong("entry"),
                new RunId(rows.getObject("run_id", UUID.class)),
                rows.getLong("seq"),
                rows.getString("type"),
                EventText.read(rows));
    }

    @Override
    public Page<StoredEvent> events(RunId id, PageRequest page) {
        long after = page.after() == null ? 0 : seq(page.after().of(ORDER));
        List<StoredEvent> found = reader.audit(query -> query.query(
                        "SELECT " + COLUMNS + " FROM events WHERE run_id = ? AND seq > ? ORDER BY seq LIMIT "
                                + (page.limit() + 1),
                        List.of(id.value(), after))
                .map(JdbcEventQueries::event)
                .list());
        boolean more = found.size() > page.limit();
        List<StoredEvent> items = more ? found.subList(0, page.limit()) : found;
        return new Page<>(
                items,
                more
                        ? new Cursor(
                                ORDER,
                                "",
                                Long.toString(items.get(items.size() - 1).seq()))
                        : null);
    }

    private static long seq(Cursor cursor) {
        try {
            return Long.parseLong(cursor.tie());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("must be the 'next' of an earlier answer, unchanged");
        }
    }

    @Override
    public List<String> events(RunId id, long afterSeq, int limit) {
        return reader.lookup(handle -> handle.createQuery("SELECT " + EventText.COLUMNS
                        + " FROM events WHERE run_id = ? AND seq > ? ORDER BY seq LIMIT ?")
                .bind(0, id.value())
                .bind(1, afterSeq)
                .bind(2, limit)
                .map((rows, c) -> EventText.read(rows))
                .list());
    }

    @Override
    public List<StoredEvent> eventsOf(String executionHost, AnsibleJobId jobId, int limit) {
        return reader.lookup(handle -> {
            Long entry = handle
                    .createQuery("SELECT entry, doc FROM jobs WHERE ansible_job_id = ?")
                    .bind(0, jobId.value())
                    .map((rows, c) ->
                            JobDocs.job(rows.getString("doc")).executionHost().equals(executionHost)
                                    ? rows.getLong("entry")
                                    : null)
                    .stream()
                    .filter(java.util.Objects::nonNull)
                    .findFirst()
                    .orElse(null);
            return entry == null
                    ? List.<StoredEvent>of()
                    : handle.createQuery("SELECT * FROM (SELECT " + COLUMNS
                                    + " FROM events WHERE job = ? ORDER BY job, entry LIMIT ?) came ORDER BY"
                                    + " observed_at, entry")
                            .bind(0, entry)
                            .bind(1, limit)
                            .map(JdbcEventQueries::event)
                            .list();
        });
    }

    @Override
    public List<Ending> endings(long afterEntry, long upTo, int limit) {
        return reader.lookup(handle -> handle.createQuery(
                        "SELECT e.entry, j.ansible_job_id FROM events e JOIN jobs j ON j.entry = e.job WHERE e.entry >"
                                + " ? AND e.entry <= ? AND e.type IN ('job_ended', 'job_saved', 'job_closed') ORDER BY"
                                + " e.entry LIMIT ?")
                .bind(0, afterEntry)
                .bind(1, upTo)
                .bind(2, limit)
                .map((rows, c) -> new Ending(rows.getLong(1), rows.getString(2)))
                .list());
    }

    @Override
    public List<Change> changes(long afterEntry, int limit) {
        record Row(StoredEvent event, Long job) {}
        return reader.audit(query -> {
            List<Row> rows = query.query(
                            "SELECT " + COLUMNS + ", job FROM events WHERE entry > ? ORDER BY entry LIMIT " + limit,
                            List.of(afterEntry))
                    .map((row, c) -> new Row(event(row, c), row.getObject("job", Long.class)))
                    .list();
            Set<Object> entries = new LinkedHashSet<>();
            Set<UUID> ids = new LinkedHashSet<>();
            for (Row row : rows) {
                ids.add(row.event.run().value());
                if (row.job != null) {
                    entries.add(row.job);
                }
            }
            Map<Object, JobRecord> jobs = JdbcJobQueries.load(query.handle(), entries);
            Map<Object, Run> runs = JdbcRunQueries.load(query.handle(), ids);
            return rows.stream()
                    .map(row -> new Change(
                            row.event, runs.get(row.event.run().value()), row.job == null ? null : jobs.get(row.job)))
                    .toList();
        });
    }
}
