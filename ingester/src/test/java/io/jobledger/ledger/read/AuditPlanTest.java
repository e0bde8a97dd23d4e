package io.jobledger.ledger.read;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.TestClock;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.h2.EmbeddedLedger;
import io.jobledger.ledger.h2.EmbeddedLedgerTest;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.Label;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.RunFilter;
import io.jobledger.ledger.query.Sort;
import io.jobledger.ledger.query.TimeRange;
import io.jobledger.model.JobStatus;
import io.jobledger.model.RunState;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every filter's first page and every later one is a walk along its own index, in the index's order: what was really
 * executed is explained.
 */
class AuditPlanTest {
    private static final int JOBS = 4000;

    @TempDir
    Path directory;

    private EmbeddedLedger ledger;
    private Connection connection;

    private void fill() {
        for (int batch = 0; batch < JOBS / 400; batch++) {
            List<ObjectNode> events = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                int n = batch * 400 + i;
                if (i % 20 == 0) {
                    events.add(json(
                            "run_started",
                            run(n / 20),
                            1,
                            n,
                            "kind",
                            "playbook",
                            "run_name",
                            "n" + n / 20 % 90,
                            "playbook",
                            "b" + n / 20 % 7 + ".yml",
                            "user",
                            "u" + n / 20 % 9,
                            "controller",
                            "c" + n / 20 % 5,
                            "labels",
                            Map.of("team", "t" + n / 20 % 4)));
                }
                events.add(started(
                        run(n / 20),
                        2 + i % 20 * 2,
                        n,
                        "h" + n % 50,
                        "p" + n % 8,
                        "j" + n % 30,
                        "id" + n,
                        "playbook",
                        "b" + n / 20 % 7 + ".yml",
                        "action",
                        "a" + n % 6,
                        "execution_host",
                        n % 5 == 0 ? "e" + n % 3 : "h" + n % 50));
                events.add(json(
                        "job_ended",
                        run(n / 20),
                        3 + i % 20 * 2,
                        n + n % 700,
                        "host",
                        "h" + n % 50,
                        "execution_host",
                        n % 5 == 0 ? "e" + n % 3 : "h" + n % 50,
                        "ansible_job_id",
                        "id" + n,
                        "status",
                        n % 50 == 0 ? "lost" : "succeeded"));
            }
            LedgerContract.append(ledger, events.toArray(ObjectNode[]::new));
        }
    }

    /** The plans of the statements that page through a table, while {@code work} runs. */
    private List<String> plans(String table, Runnable work) throws SQLException {
        try (Statement sql = connection.createStatement()) {
            sql.execute("SET QUERY_STATISTICS FALSE");
            sql.execute("SET QUERY_STATISTICS TRUE");
            work.run();
            List<String> statements = new ArrayList<>();
            try (ResultSet rows = sql.executeQuery("SELECT SQL_STATEMENT FROM INFORMATION_SCHEMA.QUERY_STATISTICS")) {
                while (rows.next()) {
                    String statement = rows.getString(1);
                    if (statement.contains("AS tie_ FROM " + table)) {
                        statements.add(statement);
                    }
                }
            }
            List<String> plans = new ArrayList<>();
            for (String statement : statements) {
                try (var explain = connection.prepareStatement("EXPLAIN " + statement);
                        ResultSet rows = explain.executeQuery()) {
                    rows.next();
                    plans.add(rows.getString(1).replace("\"", "").replaceAll("\\s+", " "));
                }
            }
            return plans;
        }
    }

    @Test
    void everyFilter_walksAlongItsIndex() throws SQLException {
        Path base = directory.resolve("ledger");
        try (EmbeddedLedger open = EmbeddedLedger.open(
                        EmbeddedLedgerTest.options(base), List.of(), new TestClock(T0.plusSeconds(100_000)));
                Connection own =
                        DriverManager.getConnection("jdbc:h2:file:" + base.resolve("projections"), "jobledger", "");
                Statement sql = own.createStatement()) {
            ledger = open;
            connection = own;
            fill();
            sql.execute("ANALYZE");
            sql.execute("SET QUERY_STATISTICS_MAX_ENTRIES 500");
            Map<String, JobFilter> jobs = new LinkedHashMap<>();
            jobs.put("JOBS_BY_START", JobFilter.ALL);
            jobs.put("JOBS_BY_HOST: HOST_ID =", JobFilter.builder().host("h1").build());
            jobs.put(
                    "JOBS_BY_EXECUTION_HOST: EXECUTION_ID =",
                    JobFilter.builder().executionHost("e1").build());
            jobs.put("JOBS_BY_PLAY: PLAY_ID =", JobFilter.builder().play("p1").build());
            jobs.put("JOBS_BY_NAME: NAME_ID =", JobFilter.builder().job("j1").build());
            jobs.put("JOBS_BY_TASK: TASK_ID =", JobFilter.builder().task("j2").build());
            jobs.put(
                    "JOBS_BY_ACTION: ACTION_ID =",
                    JobFilter.builder().action("a1").build());
            jobs.put(
                    "JOBS_BY_PLAYBOOK: PLAYBOOK_ID =",
                    JobFilter.builder().playbook("b1.yml").build());
            jobs.put("JOBS_BY_USER: USER_ID =", JobFilter.builder().user("u1").build());
            jobs.put(
                    "JOBS_BY_CONTROLLER: CONTROLLER_ID =",
                    JobFilter.builder().controller("c1").build());
            jobs.put(
                    "JOBS_BY_RUN_NAME: RUN_NAME_ID =",
                    JobFilter.builder().runName("n1").build());
            jobs.put("JOBS_BY_RUN: RUN_ID =", JobFilter.builder().run(run(3)).build());
            jobs.put(
                    "JOBS_BY_STATUS: STATUS =",
                    JobFilter.builder().status(JobStatus.LOST).build());
            jobs.put(
                    "JOBS_BY_DURATION: DURATION_CLASS =",
                    JobFilter.builder().minDuration(Duration.ofSeconds(600)).build());
            for (Map.Entry<String, JobFilter> question : jobs.entrySet()) {
                List<String> plans = plans("jobs", () -> {
                    PageRequest request = PageRequest.first(10);
                    ledger.audit()
                            .jobs(
                                    question.getValue(),
                                    request.from(ledger.audit()
                                            .jobs(question.getValue(), request)
                                            .next()));
                });
                assertThat(plans)
                        .as(question.getKey())
                        .isNotEmpty()
                        .allSatisfy(plan -> assertThat(plan)
                                .containsPattern(question.getKey().replace(": ", ":[^*]*"))
                                .contains("index sorted")
                                .doesNotContain("tableScan"));
            }
            assertThat(plans(
                            "job_labels",
                            () -> ledger.audit()
                                    .jobs(
                                            JobFilter.builder()
                                                    .labels(List.of(new Label("team", "t1")))
                                                    .build(),
                                            PageRequest.first(10))))
                    .singleElement()
                    .asString()
                    .contains("LABEL_ID =")
                    .contains("index sorted");
            assertThat(plans(
                            "jobs",
                            () -> ledger.audit()
                                    .jobs(
                                            JobFilter.ALL,
                                            PageRequest.first(10).by(new Sort(Sort.Key.FINISHED_AT, true)))))
                    .singleElement()
                    .asString()
                    .contains("JOBS_BY_FINISH")
                    .contains("index sorted");
            assertThat(plans(
                            "jobs",
                            () -> ledger.audit()
                                    .jobs(
                                            JobFilter.builder()
                                                    .finished(TimeRange.since(T0.plusSeconds(4500)))
                                                    .build(),
                                            PageRequest.first(10))))
                    .singleElement()
                    .asString()
                    .contains("JOBS_BY_FINISH: FINISHED_AT >=");
            assertThat(plans(
                            "jobs",
                            () -> ledger.audit()
                                    .jobs(
                                            JobFilter.builder()
                                                    .started(TimeRange.since(T0.plusSeconds(3990)))
                                                    .build(),
                                            PageRequest.first(10))))
                    .singleElement()
                    .asString()
                    .contains("JOBS_BY_START: STARTED_AT >=");
            assertThat(plans(
                            "jobs",
                            () -> ledger.audit()
                                    .jobs(
                                            JobFilter.builder()
                                                    .play("p0")
                                                    .host("h8")
                                                    .action("a2")
                                                    .build(),
                                            PageRequest.first(10))))
                    .as("the one that leaves the fewest")
                    .singleElement()
                    .asString()
                    .contains("JOBS_BY_HOST: HOST_ID =");
            runs();
        }
    }

    private void runs() throws SQLException {
        Map<String, RunFilter> runs = new LinkedHashMap<>();
        runs.put("RUNS_BY_START", RunFilter.ALL);
        runs.put(
                "RUNS_BY_NAME: RUN_NAME_ID =", RunFilter.builder().runName("n1").build());
        runs.put(
                "RUNS_BY_PLAYBOOK: PLAYBOOK_ID =",
                RunFilter.builder().playbook("b1.yml").build());
        runs.put("RUNS_BY_USER: USER_ID =", RunFilter.builder().user("u1").build());
        runs.put(
                "RUNS_BY_CONTROLLER: CONTROLLER_ID =",
                RunFilter.builder().controller("c1").build());
        runs.put(
                "RUNS_BY_END: ENDED =",
                RunFilter.builder()
                        .state(RunState.RUNNING)
                        .silence(Duration.ofDays(9))
                        .build());
        runs.put("RUNS_BY_KIND: KIND =", RunFilter.builder().kind("playbook").build());
        runs.put(
                "RUNS_BY_CHECK_MODE: CHECK_MODE =",
                RunFilter.builder().checkMode(true).build());
        runs.put("RUNS_BY_GAPS: GAPS =", RunFilter.builder().incomplete(true).build());
        for (Map.Entry<String, RunFilter> question : runs.entrySet()) {
            assertThat(plans("runs", () -> ledger.audit().runs(question.getValue(), PageRequest.first(2))))
                    .as(question.getKey())
                    .singleElement()
                    .asString()
                    .containsPattern(question.getKey().replace(": ", ":[^*]*"))
                    .contains("index sorted");
        }
    }
}
