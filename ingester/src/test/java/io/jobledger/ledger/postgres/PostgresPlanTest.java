package io.jobledger.ledger.postgres;

import static io.jobledger.Wire.T0;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.TestClock;
import io.jobledger.config.LedgerLocation;
import io.jobledger.ledger.read.JdbcLookup;
import io.jobledger.ledger.read.QueryPlanTest;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListSet;
import org.jdbi.v3.core.statement.SqlLogger;
import org.jdbi.v3.core.statement.StatementContext;
import org.junit.jupiter.api.Test;

/**
 * No statement of daily work has to read a whole table of PostgreSQL: what was really executed is explained, with
 * events in several partitions.
 */
class PostgresPlanTest {
    private static final String TABLES =
            "events|runs|plays|jobs|job_keys|run_days|outbox|log_records|facts|forgotten_numbers";

    @Test
    void everyStatement_hasAnIndex() throws SQLException {
        LedgerLocation.Postgres database = PostgresServer.shared().newDatabase();
        TestClock clock = new TestClock(T0);
        Set<String> statements = new ConcurrentSkipListSet<>();
        try (PostgresLedger ledger =
                PostgresLedger.open(PostgresLedgerTest.options(database), List.of("file:///mirror"), clock)) {
            for (int batch = 0; batch < 6; batch++) {
                QueryPlanTest.work(ledger, batch);
                clock.advance(Duration.ofDays(8));
            }
            ledger.jdbi().setSqlLogger(new SqlLogger() {
                @Override
                public void logAfterExecution(StatementContext context) {
                    statements.add(context.getParsedSql().getSql());
                }
            });
            QueryPlanTest.work(ledger, 6);
            QueryPlanTest.work(ledger, 6);
            QueryPlanTest.read(ledger);
        }
        // Asked by plain JDBC, so that Jdbi does not hear of them.
        statements.addAll(JdbcLookup.STATEMENTS);
        statements.removeIf(
                statement -> !statement.matches("(?s)(SELECT|UPDATE|DELETE|WITH) .*\\b(" + TABLES + ")\\b.*"));
        assertThat(statements)
                .anyMatch(s -> s.contains("ansible_job_id = ANY"))
                .anyMatch(s -> s.contains("e.seq = asked.seq"))
                .anyMatch(s -> s.contains("SKIP LOCKED"))
                .anyMatch(s -> s.startsWith("DELETE FROM outbox"))
                .anyMatch(s -> s.contains("FROM run_days"));
        Map<String, String> plans = plans(database, statements);
        Map<String, String> scans = new TreeMap<>(plans);
        scans.values().removeIf(plan -> !plan.matches("(?s).*Seq Scan on (events\\w*|" + TABLES + ")\\b.*"));
        // Named one by one: lists that a person asks for without an index of their own, which stop at their limit, and
        // what is read once at a start.
        scans.keySet()
                .removeIf(statement -> statement.contains("FROM runs WHERE run_name = ?")
                        || statement.contains("NOT IN (SELECT mirror_id FROM mirror_users)"));
        assertThat(scans).isEmpty();
        assertThat(plan(plans, "e.seq = asked.seq"))
                .as("looks for an event's identity in its partition")
                .containsPattern("Index Scan using events_\\d+_pkey")
                .contains("Index Scan using log_records_pkey");
        assertThat(plan(plans, "SKIP LOCKED")).contains("Index Scan using outbox_due");
        assertThat(plan(plans, "WHERE j.ansible_job_id = ANY")).contains("jobs_by_ansible_id");
        for (String lookup : JdbcLookup.STATEMENTS) {
            assertThat(plans.get(lookup))
                    .contains("Index Only Scan Backward using job_keys_pkey", "Index Scan using job_docs_pkey")
                    .doesNotContain("Sort");
        }
    }

    private static String plan(Map<String, String> plans, String text) {
        return plans.entrySet().stream()
                .filter(entry -> entry.getKey().contains(text))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no statement has " + text + " among " + plans.keySet()));
    }

    private static Map<String, String> plans(LedgerLocation.Postgres database, Set<String> statements)
            throws SQLException {
        Map<String, String> plans = new TreeMap<>();
        // Numbered parameters without values are only for a plain query.
        LedgerLocation.Postgres simple =
                new LedgerLocation.Postgres(database.url() + "?preferQueryMode=simple", database.user(), null, 1);
        try (Connection connection = PostgresServer.connect(simple);
                Statement sql = connection.createStatement()) {
            sql.execute("ANALYZE");
            // The tables are small here: without this the planner is right to read them whole.
            sql.execute("SET enable_seqscan = off");
            for (String statement : statements) {
                String numbered = statement;
                for (int i = 1; numbered.contains("?"); i++) {
                    numbered = numbered.replaceFirst("\\?", "\\$" + i);
                }
                StringBuilder plan = new StringBuilder();
                try (ResultSet rows = sql.executeQuery("EXPLAIN (GENERIC_PLAN) " + numbered)) {
                    while (rows.next()) {
                        plan.append(rows.getString(1)).append('\n');
                    }
                }
                plans.put(statement, plan.toString());
            }
        }
        return plans;
    }
}
