package io.jobledger.ledger.read;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.id;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.key;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.TestClock;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.Outbox;
import io.jobledger.ledger.Projected;
import io.jobledger.ledger.h2.EmbeddedLedger;
import io.jobledger.ledger.h2.EmbeddedLedgerTest;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.RunFilter;
import io.jobledger.model.JobStatus;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No statement of daily work reads a whole table: what was really executed is explained. */
public class QueryPlanTest {
    private static final String READ_BY_ENTRY = "JOB_DOCS D /\\* PUBLIC.PRIMARY_KEY\\w*: ENTRY = K.ENTRY \\*/";

    @TempDir
    Path directory;

    @Test
    void everyLookup_usesItsIndex() throws SQLException {
        Path base = directory.resolve("ledger");
        try (EmbeddedLedger ledger = EmbeddedLedger.open(
                        EmbeddedLedgerTest.options(base), List.of("file:///mirror"), new TestClock(T0));
                // In one process H2 hands out the same open database.
                Connection records = connect(base, "projections");
                Connection delivery = connect(base, "delivery")) {
            for (int batch = 0; batch < 6; batch++) {
                work(ledger, batch);
            }
            watch(records);
            watch(delivery);
            work(ledger, 6);
            read(ledger);
            Map<String, String> plans = new TreeMap<>(plans(records));
            plans.putAll(plans(delivery));
            assertThat(plans.keySet())
                    .as("the statements were seen")
                    .anyMatch(s -> s.contains("ansible_job_id = ANY"))
                    .anyMatch(s -> s.contains("key_id = ?"))
                    .anyMatch(s -> s.contains("run_id = ANY"))
                    .anyMatch(s -> s.startsWith("DELETE FROM outbox"));
            Map<String, String> scans = new TreeMap<>(plans);
            scans.values().removeIf(plan -> !plan.contains("tableScan"));
            // Named one by one: lists that a person asks for without an index of their own, which stop at their limit.
            scans.keySet().removeIf(statement -> statement.contains("FROM runs WHERE run_name = ?"));
            assertThat(scans).isEmpty();
            assertThat(plan(plans, "WHERE j.ansible_job_id = ANY")).contains("JOBS_BY_ANSIBLE_ID: ANSIBLE_JOB_ID IN");
            assertThat(plan(plans, "FROM runs WHERE run_id = ANY")).contains("RUN_ID IN");
            assertThat(plan(plans, "WHERE k.key_id = ? ORDER BY"))
                    .containsPattern("JOB_KEYS K /\\* PUBLIC.PRIMARY_KEY\\w*: KEY_ID = \\?1 \\*/")
                    .containsPattern(READ_BY_ENTRY)
                    .contains("index sorted");
            assertThat(plan(plans, "WHERE k.key_id = ? AND k.open = ? ORDER BY"))
                    .containsPattern("JOB_KEYS K /\\* PUBLIC.PRIMARY_KEY\\w*: KEY_ID = \\?1 AND OPEN = \\?2 \\*/")
                    .containsPattern(READ_BY_ENTRY)
                    .contains("index sorted");
            assertThat(plan(plans, "FROM outbox WHERE mirror_id = ? AND blocked"))
                    .contains("OUTBOX_DUE: ");
        }
    }

    private static Connection connect(Path ledger, String file) throws SQLException {
        return DriverManager.getConnection("jdbc:h2:file:" + ledger.resolve(file), "jobledger", "");
    }

    private static void watch(Connection connection) throws SQLException {
        try (Statement sql = connection.createStatement()) {
            sql.execute("ANALYZE");
            sql.execute("SET QUERY_STATISTICS_MAX_ENTRIES 500");
            sql.execute("SET QUERY_STATISTICS TRUE");
        }
    }

    /** The plan of the one statement with that text; H2 names the index first, then the conditions that it answers. */
    private static String plan(Map<String, String> plans, String text) {
        return plans.entrySet().stream()
                .filter(entry -> entry.getKey().contains(text))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no statement has " + text + " among " + plans.keySet()))
                .replace("\"", "")
                .replaceAll("\\s+", " ");
    }

    public static void work(Ledger ledger, int batch) {
        List<ObjectNode> events = new ArrayList<>();
        for (int i = 1; i <= 300; i++) {
            int number = batch * 300 + i;
            events.add(started(
                    run(number),
                    1,
                    number,
                    "h" + number % 50,
                    "p",
                    "j" + number % 200,
                    "id" + number,
                    "playbook",
                    "site.yml"));
            events.add(json(
                    "run_started", run(10_000 + number), 1, number, "kind", "adhoc", "run_name", "n" + number % 3));
            events.add(json("play_started", run(10_000 + number), 2, number, "play", "p"));
        }
        LedgerContract.append(ledger, events.toArray(ObjectNode[]::new));
        LedgerContract.append(
                ledger,
                json(
                        "job_ended",
                        run(batch * 300 + 1),
                        2,
                        9999,
                        "host",
                        "h" + (batch * 300 + 1) % 50,
                        "ansible_job_id",
                        "id" + (batch * 300 + 1),
                        "status",
                        "failed"));
        Projected.all(ledger);
        int mirror = ledger.outbox().feed(List.of("file:///mirror")).get(0);
        List<Outbox.Entry> due = ledger.outbox().due(mirror, 50);
        ledger.outbox().done(due.subList(0, 10));
        ledger.outbox().failed(due.get(11), "why", java.time.Duration.ofSeconds(1));
        ledger.outbox().block(due.get(12), "why");
    }

    public static void read(Ledger ledger) {
        ledger.jobs().newest(key("h1", "p", "j1"), Narrowing.NONE);
        ledger.jobs().newest(key("h1", "p", "j1"), new Narrowing("site.yml", run(1)));
        ledger.jobs().known(key("h1", "p", "j1"), Narrowing.NONE);
        ledger.jobs().known(key("h1", "p", "j1"), new Narrowing("site.yml", run(1)));
        ledger.jobs().nth(key("h1", "p", "j1"), Narrowing.NONE, 2);
        ledger.jobs().known(key("h1", "p", "j1"), new Narrowing(null, null, false, id("id1")));
        ledger.jobs().job("h1", id("id1"));
        ledger.audit().run(run(1));
        ledger.audit().plays(run(10_001));
        ledger.audit().outcomes(List.of(run(1), run(2)));
        ledger.audit().lines(run(1), 100);
        ledger.audit().unseenIntents(run(1));
        ledger.audit().firstGap(run(1));
        ledger.audit().events(run(1), 0, 10);
        ledger.audit().runs(RunFilter.ALL, PageRequest.first(50)).items();
        ledger.audit()
                .runs(RunFilter.builder().runName("n1").build(), PageRequest.first(50))
                .items();
        ledger.audit().jobs(JobFilter.ALL, PageRequest.first(100)).items();
        ledger.audit()
                .jobs(JobFilter.builder().status(JobStatus.FAILED).build(), PageRequest.first(100))
                .items();
        ledger.audit()
                .jobs(JobFilter.builder().run(run(1)).build(), PageRequest.first(100))
                .items();
        ledger.audit()
                .jobs(JobFilter.builder().ansibleJobId("id1").build(), PageRequest.first(100))
                .items();
        ledger.audit()
                .jobs(JobFilter.builder().host("h1").play("p").job("j1").build(), PageRequest.first(100))
                .items();
    }

    private static Map<String, String> plans(Connection connection) throws SQLException {
        List<String> statements = new ArrayList<>();
        try (Statement sql = connection.createStatement();
                ResultSet rows = sql.executeQuery("SELECT SQL_STATEMENT FROM INFORMATION_SCHEMA.QUERY_STATISTICS")) {
            while (rows.next()) {
                String statement = rows.getString(1);
                boolean own = statement.matches(
                                "(?s)(SELECT|UPDATE|DELETE) .*\\b(runs|plays|jobs|job_docs|job_keys|outbox)\\b.*")
                        && !statement.contains("INFORMATION_SCHEMA");
                if (own) {
                    statements.add(statement);
                }
            }
        }
        Map<String, String> plans = new TreeMap<>();
        for (String statement : statements) {
            try (var explain = connection.prepareStatement("EXPLAIN " + statement);
                    ResultSet rows = explain.executeQuery()) {
                rows.next();
                plans.put(statement, rows.getString(1));
            }
        }
        return plans;
    }
}
