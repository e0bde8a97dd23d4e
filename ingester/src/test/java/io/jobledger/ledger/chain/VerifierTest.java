package io.jobledger.ledger.chain;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.saved;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.TestClock;
import io.jobledger.Wire;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.Verifier;
import io.jobledger.ledger.Verifier.Fault;
import io.jobledger.ledger.Verifier.Moment;
import io.jobledger.ledger.Verifier.Verdict;
import io.jobledger.ledger.h2.H2Ledger;
import io.jobledger.ledger.h2.H2LedgerTest;
import io.jobledger.model.RunId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is changed behind the ledger's back is found, and the place is named. */
class VerifierTest {
    @TempDir
    Path directory;

    private final TestClock clock = new TestClock(T0.plus(Duration.ofDays(1)).plusNanos(123_456_789));
    private final List<Fault> faults = new ArrayList<>();
    private final List<Verifier.Stub> stubs = new ArrayList<>();
    private H2Ledger ledger;

    @BeforeEach
    void fill() {
        // These tests change the closed file, which its mark would tell.
        directory.resolve("ledger.mark").toFile().delete();
        ledger = H2Ledger.open(H2LedgerTest.options(directory.resolve("ledger")), List.of(), clock);
        LedgerContract.append(
                ledger,
                json("run_started", run(1), 1, 0, "playbook", "site.yml"),
                started(run(1), 2, 1, "h", "p", "j", "a", "async", 60),
                json("play_started", run(2), 2, 3, "play", "p"));
        clock.advance(Duration.ofSeconds(1));
        // A late event, a job that another run sees the end of, and saves.
        LedgerContract.append(
                ledger,
                started(run(2), 3, 4, "h", "p", "k", "b"),
                json("run_started", run(2), 1, 2),
                saved(run(9), 6, "h", "nightly", "up", "a", "metadata", Map.of("n", 1.50)));
        LedgerContract.append(
                ledger,
                json("job_ended", run(2), 4, 70, "host", "h", "ansible_job_id", "a", "status", "succeeded"),
                json("job_polled", run(1), 3, 8, "host", "h", "ansible_job_id", "a"),
                json("run_finished", run(2), 5, 71));
        LedgerContract.append(ledger, started(run(3), 1, 90, "h2", "p", "j", "c"));
    }

    @AfterEach
    void close() {
        ledger.close();
    }

    private Verdict verify(Moment moment) {
        faults.clear();
        stubs.clear();
        return ledger.upkeep().verifier().verify(moment, new Verifier.Listener() {
            @Override
            public void progress(long chains, long of, long events) {
                assertThat(chains).isLessThanOrEqualTo(of);
            }

            @Override
            public void fault(Fault fault) {
                faults.add(fault);
            }

            @Override
            public void stub(Verifier.Stub stub) {
                stubs.add(stub);
            }
        });
    }

    /**
     * Does what somebody with the database's file can do, and returns what the verification then finds, as "what run
     * seq entry".
     */
    private List<String> after(String... statements) throws SQLException {
        ledger.close();
        try (Connection connection =
                        DriverManager.getConnection("jdbc:h2:file:" + directory.resolve("ledger"), "jobledger", "");
                Statement sql = connection.createStatement()) {
            for (String statement : statements) {
                assertThat(sql.executeUpdate(statement)).as(statement).isPositive();
            }
        }
        // These tests change the closed file, which its mark would tell.
        directory.resolve("ledger.mark").toFile().delete();
        ledger = H2Ledger.open(H2LedgerTest.options(directory.resolve("ledger")), List.of(), clock);
        Verdict verdict = verify(null);
        assertThat(verdict.faults()).isEqualTo(faults.size());
        assertThat(verdict.intact()).isEqualTo(faults.isEmpty());
        return faults.stream().map(VerifierTest::place).toList();
    }

    private static String place(Fault fault) {
        return fault.what() + " " + name(fault.run()) + " " + fault.seq() + " " + fault.entry();
    }

    private static String name(RunId run) {
        return run == null ? "-" : "run" + (run.value().getLeastSignificantBits() & 0xff);
    }

    private static String of(int run) {
        return "run_id = '" + run(run) + "'";
    }

    @Test
    void untouched_isIntact() {
        Verdict verdict = verify(null);
        assertThat(faults).isEmpty();
        assertThat(verdict.chains()).isEqualTo(4);
        assertThat(verdict.events()).isEqualTo(10);
        assertThat(verdict.jobs()).isEqualTo(3);
        assertThat(verdict.anchor().moment()).isEqualTo(new Moment(10, 0));
    }

    @Test
    void changedBody_namesTheEvent() throws SQLException {
        assertThat(after("UPDATE events SET body = REPLACE(body, 'site.yml', 'evil.yml') WHERE entry = 1"))
                .contains("event-changed run1 1 1")
                .hasSize(1);
    }

    @Test
    void eachStoredFact_isChained() throws SQLException {
        for (String change : List.of(
                "type = 'job_polled'",
                "observed_at = DATEADD(MICROSECOND, 1, observed_at)",
                "received_at = DATEADD(MICROSECOND, -1, received_at)",
                "job = 77",
                "job = NULL",
                "seq = 22")) {
            close();
            try (Connection connection = DriverManager.getConnection(
                            "jdbc:h2:file:" + directory.resolve("ledger"), "jobledger", "");
                    Statement sql = connection.createStatement()) {
                sql.execute("DROP ALL OBJECTS");
            }
            fill();
            assertThat(after("UPDATE events SET " + change + " WHERE entry = 2"))
                    .as(change)
                    .anyMatch(found -> found.matches("event-changed run1 22? 2"));
        }
    }

    @Test
    void swappedEvents_nameBoth() throws SQLException {
        assertThat(after(
                        "UPDATE events SET entry = -2 WHERE entry = 2",
                        "UPDATE events SET entry = 2 WHERE entry = 8",
                        "UPDATE events SET entry = 8 WHERE entry = -2"))
                .startsWith("event-changed run1 3 2", "event-changed run1 2 8");
    }

    @Test
    void removedEvent_namesTheOneAfterIt_andHowManyAreMissing() throws SQLException {
        assertThat(after("DELETE FROM events WHERE entry = 2"))
                .startsWith("event-changed run1 3 8", "events-missing run1 null null");
        assertThat(faults.get(0).detail()).contains("seq 1, entry 1");
    }

    @Test
    void removedLastEvent_isMissed() throws SQLException {
        assertThat(after("DELETE FROM events WHERE entry = 9")).startsWith("events-missing run2 null null");
        assertThat(faults.get(0).detail())
                .contains("1 of the 5", "the last that is there is seq 4, entry 7", "entry 9");
    }

    @Test
    void removedRun_isMissed_alsoTheLastOne() throws SQLException {
        assertThat(after(
                        "DELETE FROM events WHERE " + of(2),
                        "DELETE FROM runs WHERE " + of(2),
                        "DELETE FROM chains WHERE " + of(2)))
                .contains("chain-missing - null null");
        assertThat(faults.get(0).detail()).contains("chain 2 ");
        assertThat(after(
                        "DELETE FROM events WHERE " + of(3),
                        "DELETE FROM runs WHERE " + of(3),
                        "DELETE FROM chains WHERE " + of(3),
                        "DELETE FROM jobs WHERE ansible_job_id = 'c'"))
                .filteredOn("chain-missing - null null"::equals)
                .hasSize(2);
    }

    @Test
    void removedRun_thatTheHeadWasMendedFor_isMissed() throws SQLException {
        assertThat(after(
                        "DELETE FROM events WHERE " + of(3),
                        "DELETE FROM runs WHERE " + of(3),
                        "DELETE FROM chains WHERE " + of(3),
                        "DELETE FROM jobs WHERE ansible_job_id = 'c'",
                        "UPDATE ledger_head SET chains = chains - 1"))
                .containsExactly("ledger-head-changed - null null");
    }

    @Test
    void removedSave_isMissed() throws SQLException {
        assertThat(after("DELETE FROM events WHERE " + of(9), "DELETE FROM chains WHERE " + of(9)))
                .startsWith("chain-missing - null null");
    }

    @Test
    void forgedEvent_isNamed_whereverItStands() throws SQLException {
        String copy =
                "INSERT INTO events (run_id, seq, entry, type, observed_at, received_at, job, body, link) SELECT ";
        assertThat(after(copy
                        + "run_id, 99, 99, type, observed_at, received_at, job, body, link FROM events"
                        + " WHERE entry = 9"))
                .containsExactly("event-forged run2 99 99");
        assertThat(after(
                        "DELETE FROM events WHERE entry = 99",
                        copy + "'" + run(77)
                                + "', 1, 100, type, observed_at, received_at, NULL, body, link FROM events"
                                + " WHERE entry = 9"))
                .containsExactly("event-forged run77 1 100");
        assertThat(after(
                        "DELETE FROM events WHERE entry = 100",
                        "UPDATE events SET entry = 11 WHERE entry = 9",
                        copy
                                + "run_id, 6, 9, type, observed_at, received_at, job, body, link FROM events"
                                + " WHERE entry = 7"))
                .contains("event-changed run2 6 9", "event-forged run2 5 11");
    }

    @Test
    void forgedChain_isNamed() throws SQLException {
        assertThat(after("INSERT INTO chains (number, run_id, first_entry, last_entry, events, opening, head) SELECT"
                        + " 50, '"
                        + run(77) + "', 1, 1, 1, opening, head FROM chains WHERE number = 1"))
                .containsExactly("chain-forged run77 null null");
    }

    @Test
    void changedHeads_areNamed() throws SQLException {
        assertThat(after("UPDATE chains SET head = opening WHERE " + of(1))).containsExactly("head-changed run1 3 8");
        assertThat(after("UPDATE chains SET head = (SELECT link FROM events WHERE entry = 8), opening = (SELECT link"
                        + " FROM events WHERE entry = 8) WHERE "
                        + of(1)))
                .startsWith("head-changed run1 1 1");
    }

    @Test
    void changedLink_isNamed() throws SQLException {
        assertThat(after("UPDATE events SET link = (SELECT link FROM events WHERE entry = 1) WHERE entry = 2"))
                .startsWith("event-changed run1 2 2");
    }

    @Test
    void changedRecords_thatPeopleRead_areNamed() throws SQLException {
        assertThat(after("UPDATE jobs SET status = 'failed' WHERE ansible_job_id = 'a'"))
                .containsExactly("job-changed - null 1");
        assertThat(after("UPDATE jobs SET status = 'succeeded', doc = REPLACE(doc, 'succeeded', 'failed') WHERE"
                        + " ansible_job_id = 'a'"))
                .containsExactly("job-changed - null 1");
        assertThat(after("DELETE FROM jobs WHERE ansible_job_id = 'a'")).containsExactly("job-missing run1 2 1");
        assertThat(after("UPDATE runs SET finished_seq = NULL WHERE " + of(2)))
                .containsExactly("job-missing run1 2 1", "run-changed run2 null null");
    }

    @Test
    void anchor_staysTheSameWhileTheLedgerGrows_andDoesNotWhenHistoryIsRewritten() throws SQLException {
        Verifier.Anchor anchor = verify(null).anchor();
        LedgerContract.append(ledger, json("run_alive", run(1), 4, 100), json("run_alive", run(5), 1, 100));
        assertThat(verify(null).anchor()).isNotEqualTo(anchor);
        assertThat(verify(anchor.moment()).anchor()).isEqualTo(anchor);
        after("UPDATE events SET link = RAWTOHEX('x') WHERE entry = 2");
        assertThat(verify(anchor.moment()).anchor())
                .as("the last link stands for those before it")
                .isEqualTo(anchor);
        after("UPDATE events SET link = RAWTOHEX('x') WHERE entry = 8");
        assertThat(verify(anchor.moment()).anchor().digests()).isNotEqualTo(anchor.digests());
    }

    @Test
    void link_isThatOfTheReferencePage() throws IOException {
        String page = Files.readString(Wire.checkout().resolve("docs/reference/chain.md"));
        List<String> cells = page.lines()
                .filter(line -> line.startsWith("| "))
                .map(line -> line.substring(line.indexOf(" | `") + 4, line.length() - 3))
                .toList();
        assertThat(cells.get(1)).isEqualTo("jobledger event 1");
        byte[] link = ChainLink.of(
                HexFormat.of().parseHex(cells.get(2)),
                new ChainLink.StoredEvent(
                        UUID.fromString(cells.get(3)),
                        Long.parseLong(cells.get(4)),
                        Long.parseLong(cells.get(5)),
                        cells.get(6),
                        micros(cells.get(7)),
                        micros(cells.get(8)),
                        null,
                        cells.get(10)));
        assertThat(page)
                .contains("The link of the example is `" + HexFormat.of().formatHex(link) + "`");
    }

    private static Instant micros(String text) {
        return Instant.EPOCH.plus(Long.parseLong(text), ChronoUnit.MICROS);
    }
}
