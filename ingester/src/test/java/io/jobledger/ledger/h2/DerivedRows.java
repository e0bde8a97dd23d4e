package io.jobledger.ledger.h2;

import io.jobledger.ledger.Verifier;
import io.jobledger.ledger.query.Label;
import io.jobledger.ledger.rows.Facets;
import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.model.Job;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * Works out again, from a ledger's events, every row that was derived from them. For ledgers from which nothing was
 * removed and whose mirrors got nothing yet.
 */
final class DerivedRows {
    private final Handle handle;
    private final List<String> faults = new ArrayList<>();

    private DerivedRows(Handle handle) {
        this.handle = handle;
    }

    /** What does not follow from the events; empty when all does. */
    static List<String> faults(H2Ledger ledger) {
        List<String> faults = new ArrayList<>();
        ledger.upkeep().verifier().verify(null, new Verifier.Listener() {
            @Override
            public void progress(long chains, long of, long events) {}

            @Override
            public void fault(Verifier.Fault fault) {
                faults.add(fault.toString());
            }

            @Override
            public void stub(Verifier.Stub stub) {}
        });
        ledger.jdbi().useHandle(handle -> faults.addAll(new DerivedRows(handle).all()));
        return faults;
    }

    private List<String> all() {
        head();
        jobs();
        same(
                "names",
                "SELECT kind, name, running, succeeded, failed, timed_out, lost FROM names",
                "SELECT 'host', host, " + counts() + " FROM jobs GROUP BY host UNION ALL SELECT 'play', play, "
                        + counts() + " FROM jobs GROUP BY play, playbook");
        same("plays", "SELECT run_id, seq FROM plays", "SELECT run_id, seq FROM events WHERE type = 'play_started'");
        same(
                "outbox",
                "SELECT DISTINCT key_id FROM outbox",
                "SELECT DISTINCT key_id FROM job_keys WHERE EXISTS (SELECT 1 FROM mirrors)");
        indexes();
        return faults;
    }

    private static String counts() {
        List<String> sums = new ArrayList<>();
        for (JobStatus status : List.of(
                JobStatus.RUNNING, JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.TIMED_OUT, JobStatus.LOST)) {
            sums.add("SUM(CASE WHEN status = '" + status.wire() + "' THEN 1 ELSE 0 END)");
        }
        return String.join(", ", sums);
    }

    private void head() {
        long head = number("SELECT entry FROM ledger_head");
        equal("head", head, number("SELECT COUNT(*) FROM events"));
        equal("numbers of events", head, number("SELECT COALESCE(MAX(entry), 0) FROM events"));
        equal(
                "numbers of jobs",
                number("SELECT job FROM ledger_head"),
                number("SELECT COALESCE(MAX(entry), 0) FROM jobs"));
        equal("number of jobs", number("SELECT job FROM ledger_head"), number("SELECT COUNT(*) FROM jobs"));
        equal("chains", number("SELECT chains FROM ledger_head"), number("SELECT COUNT(*) FROM chains"));
    }

    private void jobs() {
        TreeSet<String> keys = new TreeSet<>();
        TreeSet<String> labels = new TreeSet<>();
        handle.createQuery("SELECT entry, doc, run_id FROM jobs")
                .map((rows, context) -> {
                    Job job = JobDocs.job(rows.getString(2));
                    for (JobKey key : job.keys()) {
                        keys.add(key.digest() + " " + job.status().open() + " " + job.startedAt() + " "
                                + rows.getLong(1));
                    }
                    return 1;
                })
                .list();
        TreeSet<String> found = new TreeSet<>(handle.createQuery("SELECT key_id, open, started_at, entry FROM job_keys")
                .map((rows, context) -> rows.getObject(1, UUID.class) + " " + rows.getBoolean(2) + " "
                        + instant(rows.getObject(3, java.time.OffsetDateTime.class)) + " " + rows.getLong(4))
                .list());
        equal("job_keys", keys, found);
        handle.createQuery("SELECT run_id, first_at, info FROM runs WHERE info IS NOT NULL")
                .map(Rows2::of)
                .forEach(row -> row.labels()
                        .forEach((key, value) -> labels.add(Facets.label(new Label(key, value)) + " " + row.run())));
        equal(
                "run_labels",
                labels,
                new TreeSet<>(handle.createQuery("SELECT label_id, run_id FROM run_labels")
                        .map((rows, context) -> rows.getLong(1) + " " + rows.getObject(2, UUID.class))
                        .list()));
    }

    private record Rows2(UUID run, Map<String, String> labels) {
        static Rows2 of(java.sql.ResultSet rows, org.jdbi.v3.core.statement.StatementContext context)
                throws java.sql.SQLException {
            return new Rows2(
                    rows.getObject(1, UUID.class),
                    JobDocs.info(rows.getString(3)).labels());
        }
    }

    private static Instant instant(java.time.OffsetDateTime time) {
        return time.toInstant();
    }

    /** Each index has as many rows as its table. */
    private void indexes() {
        record Index(String table, String name, String column) {}
        List<Index> indexes = handle.createQuery(
                        "SELECT i.table_name, i.index_name, MIN(c.column_name) FROM information_schema.indexes i JOIN"
                                + " information_schema.index_columns c ON c.index_name = i.index_name AND c.table_name ="
                                + " i.table_name AND c.ordinal_position = 1 WHERE i.table_schema = 'PUBLIC' AND"
                                + " i.index_type_name <> 'PRIMARY KEY' AND i.table_name NOT LIKE 'flyway%' GROUP BY"
                                + " i.table_name, i.index_name")
                .map((rows, context) -> new Index(rows.getString(1), rows.getString(2), rows.getString(3)))
                .list();
        if (indexes.size() < 20) {
            faults.add("only " + indexes.size() + " indexes were found");
        }
        for (Index index : indexes) {
            equal(
                    index.name,
                    number("SELECT COUNT(*) FROM " + index.table),
                    handle.createQuery("SELECT " + index.column + " FROM " + index.table + " USE INDEX (" + index.name
                                    + ") ORDER BY " + index.column)
                            .mapTo(String.class)
                            .list()
                            .size());
        }
    }

    private long number(String sql) {
        return handle.createQuery(sql).mapTo(Long.class).one();
    }

    private void same(String what, String stored, String derived) {
        equal(what, rows(derived), rows(stored));
    }

    private TreeSet<String> rows(String sql) {
        return new TreeSet<>(handle.createQuery(sql)
                .mapToMap()
                .map(row -> new ArrayList<>(row.values()).toString())
                .list());
    }

    private void equal(String what, Object derived, Object stored) {
        if (!derived.toString().equals(stored.toString())) {
            faults.add(what + ": stored " + stored + ", derived " + derived);
        }
    }
}
