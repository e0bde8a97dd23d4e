package io.jobledger.ledger.postgres;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.key;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.saved;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.TestClock;
import io.jobledger.config.LedgerLocation;
import io.jobledger.ledger.Findings;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.Retention;
import io.jobledger.ledger.Verifier;
import io.jobledger.ledger.query.HostSummary;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.model.JobStatus;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The log, its verification and retention on PostgreSQL, where events also go by the week. */
class PostgresUpkeepTest {
    private final TestClock clock = new TestClock(T0);
    private Findings found;
    private LedgerLocation.Postgres database;
    private PostgresLedger ledger;

    @BeforeEach
    void open() {
        database = PostgresServer.shared().newDatabase();
        ledger = PostgresLedger.open(PostgresLedgerTest.options(database), List.of(), clock);
    }

    @AfterEach
    void close() {
        // It is null where no server can be started, and the test is skipped.
        if (ledger != null) {
            ledger.close();
        }
    }

    private void finished(int run, String host, String id) {
        ObjectNode start = json("run_started", run(run), 1, 1, "kind", "playbook", "labels", Map.of("team", "db"));
        LedgerContract.append(
                ledger,
                start,
                started(run(run), 2, 2, host, "p", "j", id),
                json("job_ended", run(run), 3, 3, "host", host, "ansible_job_id", id, "status", "succeeded"),
                json("run_finished", run(run), 4, 4));
    }

    private Verifier.Verdict verify() {
        found = Findings.deep(ledger);
        return found.verdict;
    }

    private void execute(String statement) throws SQLException {
        try (Connection connection = PostgresServer.connect(database);
                Statement sql = connection.createStatement()) {
            assertThat(sql.executeUpdate(statement)).isPositive();
        }
    }

    @Test
    void whatIsChangedBehindTheLedger_isNamed() throws SQLException {
        finished(1, "h1", "a");
        finished(2, "h2", "b");
        LedgerContract.append(ledger, saved(run(3), 6, "h1", "nightly", "up", "a"));
        assertThat(verify().intact()).isTrue();
        assertThat(verify().events()).isEqualTo(9);
        execute("UPDATE events SET body = REPLACE(body, 'succeeded', 'failed') WHERE entry = 3");
        assertThat(verify().intact()).isFalse();
        assertThat(found.faults).extracting(Verifier.Fault::what).contains("changed");
    }

    @Test
    void prunedRun_leavesItsStub_andNothingElse() {
        finished(1, "h1", "a");
        clock.advance(Duration.ofDays(40));
        finished(2, "h2", "b");
        LedgerContract.append(ledger, started(run(4), 1, 1, "h4", "p", "open", "d"));
        Retention.Removed removed = ledger.upkeep()
                .retention(Duration.ofHours(1))
                .delete(run(1), false, new Retention.Order("test", "why"))
                .orElseThrow();
        assertThat(removed.jobs()).containsEntry(JobStatus.SUCCEEDED, 1L);
        assertThat(verify().intact()).as(found.faults.toString()).isTrue();
        assertThat(found.removals).extracting(Verifier.Removal::run).containsExactly(run(1));
        assertThat(ledger.audit().jobs(JobFilter.ALL, PageRequest.first(10)).items())
                .extracting(job -> job.key().host())
                .containsExactlyInAnyOrder("h2", "h4");
        assertThat(ledger.audit().hosts(PageRequest.first(10)).items().stream()
                        .filter(host -> host.counts().jobs() > 0))
                .extracting(HostSummary::host)
                .containsExactlyInAnyOrder("h2", "h4");
    }

    @Test
    void droppedWeek_leavesStubs_andItsJobs() throws SQLException {
        finished(1, "h1", "a");
        finished(2, "h2", "b");
        clock.advance(Duration.ofDays(40));
        finished(5, "h5", "e");
        LocalDate today = clock.instant().atOffset(ZoneOffset.UTC).toLocalDate();
        assertThat(ledger.drop(today.minusDays(30))).isNotEmpty();
        Verifier.Verdict verdict = verify();
        assertThat(verdict.intact()).as(found.faults.toString()).isTrue();
        assertThat(found.removals).extracting(Verifier.Removal::run).containsExactlyInAnyOrder(run(1), run(2));
        assertThat(ledger.jobs()
                        .newest(key("h1", "p", "j"), Narrowing.NONE)
                        .orElseThrow()
                        .status())
                .isEqualTo(JobStatus.SUCCEEDED);
        assertThat(LedgerContract.append(ledger, json("run_finished", run(1), 4, 4))
                        .duplicates())
                .as("its numbers stay known")
                .isEqualTo(1);
        // The run speaks again: a chain of its own, with its own day.
        LedgerContract.append(ledger, json("run_alive", run(1), 9, 9));
        assertThat(verify().events()).isEqualTo(5);
        assertThat(found.faults).isEmpty();
    }
}
