package io.jobledger.ledger.retention;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.key;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.saved;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.TestClock;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Retention;
import io.jobledger.ledger.Retention.Keep;
import io.jobledger.ledger.Retention.Order;
import io.jobledger.ledger.Retention.Policy;
import io.jobledger.ledger.Retention.Removed;
import io.jobledger.ledger.Verifier;
import io.jobledger.ledger.h2.EmbeddedLedger;
import io.jobledger.ledger.h2.EmbeddedLedgerTest;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.model.JobStatus;
import io.jobledger.model.RunId;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes and what stays, and that what went is accounted for. */
class RetentionTest {
    private static final Order ORDER = new Order("tester", "the test wants it so");
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final int DAY = 86_400;

    @TempDir
    Path directory;

    private final TestClock clock = new TestClock(T0.plus(Duration.ofDays(100)));
    private EmbeddedLedger ledger;

    @BeforeEach
    void open() {
        // These tests change the closed file, which its mark would tell.
        directory.resolve("ledger.mark").toFile().delete();
        ledger = EmbeddedLedger.open(EmbeddedLedgerTest.options(directory.resolve("ledger")), List.of(), clock);
    }

    @AfterEach
    void close() {
        ledger.close();
    }

    private static Policy keep(Object... pairs) {
        Map<JobStatus, Keep> keep = new java.util.EnumMap<>(JobStatus.class);
        for (int i = 0; i < pairs.length; i += 2) {
            keep.put(
                    (JobStatus) pairs[i],
                    pairs[i + 1] instanceof Duration age
                            ? new Keep(age, null)
                            : new Keep(null, ((Integer) pairs[i + 1]).longValue()));
        }
        return new Policy(keep);
    }

    private Retention retention() {
        return ledger.upkeep().retention(Duration.ofHours(1));
    }

    private Removed prune(Policy policy) {
        Removed looked = retention().prune(policy, ORDER, true, PATIENCE);
        Removed done = retention().prune(policy, ORDER, false, PATIENCE);
        assertThat(looked).as("what was announced").isEqualTo(done);
        assertThat(done.complete()).isTrue();
        assertIntact();
        return done;
    }

    private Verifier.Verdict assertIntact() {
        List<Verifier.Fault> faults = new ArrayList<>();
        Verifier.Verdict verdict = ledger.upkeep().verifier().verify(null, new Verifier.Listener() {
            @Override
            public void progress(long chains, long of, long events) {}

            @Override
            public void fault(Verifier.Fault fault) {
                faults.add(fault);
            }

            @Override
            public void stub(Verifier.Stub stub) {
                stubs.add(stub);
            }
        });
        assertThat(faults).isEmpty();
        return verdict;
    }

    private final List<Verifier.Stub> stubs = new ArrayList<>();

    /** A finished run with one job, which began {@code day} days after T0. */
    private void finished(int run, int day, String job, String status) {
        LedgerContract.append(ledger, events(run, day, job, status).toArray(ObjectNode[]::new));
    }

    private static List<ObjectNode> events(int run, int day, String job, String status) {
        long at = (long) day * DAY;
        List<ObjectNode> events = new ArrayList<>(List.of(
                json("run_started", run(run), 1, at, "playbook", "site.yml"),
                json("play_started", run(run), 2, at, "play", "p"),
                started(run(run), 3, at + 1, "h", "p", job, "id" + run)));
        if (status != null) {
            events.add(json(
                    "job_ended", run(run), 4, at + 60, "host", "h", "ansible_job_id", "id" + run, "status", status));
        }
        events.add(json("run_finished", run(run), 5, at + 61));
        return events;
    }

    private boolean there(int run) {
        return ledger.audit().run(run(run)).isPresent();
    }

    private String newest(String job) {
        return ledger.jobs()
                .newest(key("h", "p", job), Narrowing.NONE)
                .map(record -> record.jobId().value())
                .orElse(null);
    }

    @Test
    void age_takesTheOldOnes_withEverythingOfTheirs() throws SQLException {
        finished(1, 1, "a", "succeeded");
        finished(2, 50, "b", "succeeded");
        finished(3, 1, "c", "failed");
        clock.advance(Duration.ofDays(1));
        Removed removed = prune(keep(JobStatus.SUCCEEDED, Duration.ofDays(60)));
        assertThat(removed.chains()).isEqualTo(1);
        assertThat(removed.events()).isEqualTo(5);
        assertThat(removed.jobs()).isEqualTo(Map.of(JobStatus.SUCCEEDED, 1L));
        assertThat(removed.oldest()).isEqualTo(T0.plus(Duration.ofDays(1))).isEqualTo(removed.newest());
        assertThat(removed.examples())
                .containsExactly(new Retention.Example(run(1), null, "site.yml", T0.plus(Duration.ofDays(1)), 5, 1));
        assertThat(there(1)).isFalse();
        assertThat(there(2)).isTrue();
        assertThat(there(3)).isTrue();
        assertThat(newest("a")).isNull();
        assertThat(ledger.audit().countJobs(JobFilter.ALL))
                .isEqualTo(ledger.audit().hosts(PageRequest.first(10)).items().stream()
                        .mapToLong(host -> host.counts().jobs())
                        .sum());
        ledger.close();
        try (Connection connection =
                        DriverManager.getConnection("jdbc:h2:file:" + directory.resolve("ledger"), "jobledger", "");
                Statement sql = connection.createStatement()) {
            for (String left : List.of(
                    "events WHERE run_id = '" + run(1) + "'",
                    "plays WHERE run_id = '" + run(1) + "'",
                    "chains WHERE run_id = '" + run(1) + "'",
                    "jobs WHERE ansible_job_id = 'id1'",
                    "job_keys k WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.entry = k.entry)")) {
                try (ResultSet rows = sql.executeQuery("SELECT COUNT(*) FROM " + left)) {
                    rows.next();
                    assertThat(rows.getLong(1)).as(left).isZero();
                }
            }
        }
        open();
    }

    @Test
    void stub_saysWhatWentWhenByWhomAndWhy() {
        finished(1, 1, "a", "succeeded");
        clock.advance(Duration.ofDays(1));
        prune(keep(JobStatus.SUCCEEDED, Duration.ofDays(60)));
        assertThat(stubs).singleElement().satisfies(stub -> {
            assertThat(stub.run()).isEqualTo(run(1));
            assertThat(stub.chain()).isEqualTo(1);
            assertThat(stub.events()).isEqualTo(5);
            assertThat(stub.jobs()).isEqualTo(1);
            assertThat(stub.removedBy()).isEqualTo("tester");
            assertThat(stub.reason()).isEqualTo("the test wants it so");
            assertThat(stub.removedAt()).isEqualTo(clock.instant());
        });
    }

    @Test
    void count_keepsTheNewestOfEachStatus() {
        for (int i = 1; i <= 6; i++) {
            finished(i, i, "j" + i, i == 1 ? "failed" : "succeeded");
        }
        clock.advance(Duration.ofDays(1));
        assertThat(prune(keep(JobStatus.SUCCEEDED, 2, JobStatus.FAILED, 1)).jobs())
                .isEqualTo(Map.of(JobStatus.SUCCEEDED, 3L));
        assertThat(List.of(there(1), there(2), there(4), there(5), there(6)))
                .containsExactly(true, false, false, true, true);
        assertThat(prune(keep(JobStatus.SUCCEEDED, 0)).jobs()).isEqualTo(Map.of(JobStatus.SUCCEEDED, 2L));
    }

    @Test
    void openJobs_andRunsThatRun_stay() {
        finished(1, 1, "a", null);
        LedgerContract.append(
                ledger,
                started(run(2), 1, DAY, "h", "p", "b", "b1"),
                json("job_ended", run(2), 2, DAY, "host", "h", "ansible_job_id", "b1", "status", "failed"));
        Policy nothing = keep(
                JobStatus.SUCCEEDED,
                Duration.ofSeconds(1),
                JobStatus.FAILED,
                Duration.ofSeconds(1),
                JobStatus.LOST,
                Duration.ofSeconds(1),
                JobStatus.TIMED_OUT,
                Duration.ofSeconds(1));
        assertThat(prune(nothing).chains()).as("run 2 was heard of just now").isZero();
        clock.advance(Duration.ofHours(2));
        assertThat(prune(nothing).chains()).isEqualTo(1);
        assertThat(there(1)).isTrue();
        assertThat(there(2)).isFalse();
        assertThat(newest("a")).isEqualTo("id1");
    }

    @Test
    void runThatTellsOfAJobThatStays_stays() {
        finished(1, 1, "a", null);
        LedgerContract.append(
                ledger,
                json("job_polled", run(2), 1, 2 * DAY, "host", "h", "ansible_job_id", "id1"),
                json("run_finished", run(2), 2, 2 * DAY));
        Policy policy = keep(JobStatus.SUCCEEDED, Duration.ofDays(1));
        assertThat(prune(policy).chains()).isZero();
        LedgerContract.append(
                ledger,
                json("job_ended", run(2), 3, 3 * DAY, "host", "h", "ansible_job_id", "id1", "status", "succeeded"),
                json("run_finished", run(2), 4, 3 * DAY));
        assertThat(prune(policy).chains())
                .as("the job, its run, and the run that saw its end")
                .isEqualTo(2);
    }

    @Test
    void newestOfAName_doesNotGoBeforeAnOlderOne() {
        finished(1, 1, "a", "failed");
        finished(2, 2, "a", "succeeded");
        finished(3, 3, "a", "succeeded");
        Policy policy = keep(JobStatus.SUCCEEDED, Duration.ofDays(1));
        assertThat(prune(policy).chains()).as("the one in the middle").isEqualTo(1);
        assertThat(newest("a")).isEqualTo("id3");
        assertThat(prune(keep(JobStatus.SUCCEEDED, Duration.ofDays(1), JobStatus.FAILED, Duration.ofDays(1)))
                        .chains())
                .isEqualTo(2);
        assertThat(newest("a")).isNull();
    }

    @Test
    void saves_goWithTheirJob() {
        finished(1, 1, "a", "succeeded");
        LedgerContract.append(
                ledger,
                saved(run(8), DAY, "h", "nightly", "up", "id1"),
                saved(run(9), DAY, "h", "p", "alone", "z"),
                saved(run(10), DAY, "h", "p", "ended", "y"));
        LedgerContract.append(
                ledger,
                json("job_ended", run(4), 1, DAY, "host", "h", "ansible_job_id", "y", "status", "succeeded"),
                json("run_finished", run(4), 2, DAY));
        Removed removed = prune(keep(JobStatus.SUCCEEDED, Duration.ofDays(10)));
        assertThat(removed.jobs()).isEqualTo(Map.of(JobStatus.SUCCEEDED, 2L));
        assertThat(newest("alone")).isEqualTo("z");
        assertThat(newest("ended")).isNull();
    }

    @Test
    void numbers_areNeverGivenTwice() {
        finished(1, 1, "a", "succeeded");
        prune(keep(JobStatus.SUCCEEDED, Duration.ofDays(1)));
        finished(1, 1, "a", "succeeded");
        Verifier.Verdict verdict = assertIntact();
        assertThat(verdict.chains())
                .as("what comes again later is stored again")
                .isEqualTo(1);
        assertThat(verdict.anchor().moment()).isEqualTo(new Verifier.Moment(10, 1));
        assertThat(verdict.anchor().chains()).isEqualTo(2);
    }

    @Test
    void largeRun_goesInSteps() {
        List<ObjectNode> events = new ArrayList<>();
        for (int seq = 1; seq <= 3 * ChainRemover.STEP + 7; seq++) {
            events.add(json("run_alive", run(1), seq, seq));
        }
        for (int from = 0; from < events.size(); from += 1000) {
            LedgerContract.append(
                    ledger,
                    events.subList(from, Math.min(events.size(), from + 1000)).toArray(ObjectNode[]::new));
        }
        clock.advance(Duration.ofDays(1));
        assertThat(prune(keep(JobStatus.SUCCEEDED, Duration.ofDays(1))).events())
                .isEqualTo(events.size());
        assertThat(ledger.audit().events(run(1), 0, 10)).isEmpty();
    }

    @Test
    void whatACrashLeftBetweenTheSteps_isNoFault_andIsSweptLater() throws SQLException {
        finished(1, 1, "a", "succeeded");
        finished(2, 2, "b", "succeeded");
        prune(keep(JobStatus.SUCCEEDED, Duration.ofDays(1)));
        ledger.close();
        try (Connection connection =
                        DriverManager.getConnection("jdbc:h2:file:" + directory.resolve("ledger"), "jobledger", "");
                Statement sql = connection.createStatement()) {
            // As it is after the first step of a large run.
            sql.execute("UPDATE stubs SET swept = FALSE WHERE removal = 1");
            sql.execute(
                    "INSERT INTO events (run_id, seq, entry, type, observed_at, received_at, job, body, link) VALUES ('"
                            + run(1) + "', 4, 4, 'run_alive', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 1, '{}', X'00')");
        }
        open();
        assertIntact();
        LedgerContract.append(ledger, json("run_alive", run(1), 9, 5));
        assertIntact();
        retention().sweep();
        assertIntact();
        assertThat(ledger.audit().events(run(1), 0, 10))
                .singleElement()
                .asString()
                .contains("\"seq\":9");
        assertThat(faultsAfter("UPDATE events SET entry = 3 WHERE entry = 11"))
                .as("once swept, nothing older may be there")
                .contains("event-forged");
    }

    @Test
    void anchor_survivesAPrune() {
        finished(1, 1, "a", "succeeded");
        finished(2, 50, "b", "succeeded");
        Verifier.Anchor anchor = assertIntact().anchor();
        prune(keep(JobStatus.SUCCEEDED, Duration.ofDays(60)));
        Verifier.Anchor now = ledger.upkeep()
                .verifier()
                .verify(anchor.moment(), new Verifier.Listener() {
                    @Override
                    public void progress(long chains, long of, long events) {}

                    @Override
                    public void fault(Verifier.Fault fault) {
                        throw new AssertionError(fault);
                    }

                    @Override
                    public void stub(Verifier.Stub stub) {}
                })
                .anchor();
        assertThat(now).isEqualTo(anchor);
    }

    @Test
    void delete_refusesOpenJobs_unlessForced() {
        finished(1, 1, "a", null);
        finished(2, 2, "b", "failed");
        RunId running = run(3);
        LedgerContract.append(ledger, json("run_alive", running, 1, 5));
        assertThatThrownBy(() -> retention().delete(run(1), false, ORDER))
                .isInstanceOfSatisfying(
                        LedgerException.class, e -> assertThat(e.kind()).isEqualTo(LedgerException.Kind.CONFLICT))
                .hasMessageContaining("1 open jobs");
        assertThatThrownBy(() -> retention().delete(running, false, ORDER))
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("still running");
        assertThat(retention().delete(run(2), false, ORDER).orElseThrow().events())
                .isEqualTo(5);
        assertThat(retention().delete(run(1), true, ORDER).orElseThrow().jobs())
                .isEqualTo(Map.of(JobStatus.RUNNING, 1L));
        assertThat(retention().delete(run(1), true, ORDER)).isEmpty();
        assertThat(newest("a")).isNull();
        assertIntact();
        assertThat(stubs).extracting(Verifier.Stub::run).containsExactly(run(2), run(1));
    }

    @Test
    void stubThatWasChangedOrTakenOut_isNamed() throws SQLException {
        finished(1, 1, "a", "succeeded");
        finished(2, 2, "b", "succeeded");
        prune(keep(JobStatus.SUCCEEDED, Duration.ofDays(1)));
        assertThat(faultsAfter("UPDATE stubs SET removed_by = 'somebody else' WHERE removal = 1"))
                .containsExactly("stub-changed");
        assertThat(faultsAfter("DELETE FROM stubs WHERE removal = 2"))
                .contains("stub-missing", "chain-missing", "ledger-head-changed");
    }

    private List<String> faultsAfter(String statement) throws SQLException {
        ledger.close();
        try (Connection connection =
                        DriverManager.getConnection("jdbc:h2:file:" + directory.resolve("ledger"), "jobledger", "");
                Statement sql = connection.createStatement()) {
            assertThat(sql.executeUpdate(statement)).isPositive();
        }
        open();
        List<String> faults = new ArrayList<>();
        ledger.upkeep().verifier().verify(null, new Verifier.Listener() {
            @Override
            public void progress(long chains, long of, long events) {}

            @Override
            public void fault(Verifier.Fault fault) {
                faults.add(fault.what());
            }

            @Override
            public void stub(Verifier.Stub stub) {}
        });
        return faults;
    }
}
