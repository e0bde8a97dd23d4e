package io.jobledger.ledger.move;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.key;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.saved;
import static io.jobledger.ledger.LedgerContract.append;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.TestClock;
import io.jobledger.auth.Scope;
import io.jobledger.auth.Token;
import io.jobledger.config.LedgerLocation;
import io.jobledger.ledger.EventSink;
import io.jobledger.ledger.Everything;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Retention;
import io.jobledger.ledger.h2.EmbeddedLedger;
import io.jobledger.ledger.h2.EmbeddedLedgerTest;
import io.jobledger.ledger.h2.LedgerArchive;
import io.jobledger.ledger.postgres.PostgresAccess;
import io.jobledger.ledger.postgres.PostgresLedger;
import io.jobledger.ledger.postgres.PostgresLedgerTest;
import io.jobledger.ledger.postgres.PostgresServer;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.RunFilter;
import io.jobledger.ledger.read.QueryPlanTest;
import io.jobledger.model.JobRecord;
import io.jobledger.model.Run;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An embedded ledger becomes a PostgreSQL one. */
class LedgerMoveTest {
    private static final LedgerMove.Progress SILENT = new LedgerMove.Progress() {
        @Override
        public void begin(String what, long total) {}

        @Override
        public void step(long done) {}
    };

    private static final Token TOKEN = new Token(
            "0badcafe", "ci", EnumSet.of(Scope.READ), "0".repeat(64), T0, "user ann", T0.plusSeconds(60), null);
    private static final LedgerMove.Access ACCESS = new LedgerMove.Access(List.of(TOKEN), "user bob");

    @TempDir
    Path directory;

    private final LedgerLocation.Postgres database = PostgresServer.shared().newDatabase();
    private final TestClock clock = new TestClock(T0);
    private Path base;
    private List<JobRecord> jobs;
    private List<Run> runs;

    @BeforeEach
    void fillALedger() {
        base = directory.resolve("ledger");
        try (EmbeddedLedger ledger =
                EmbeddedLedger.open(EmbeddedLedgerTest.options(base), List.of("file:///mirror"), clock)) {
            for (int batch = 0; batch < 6; batch++) {
                QueryPlanTest.work(ledger, batch);
                clock.advance(Duration.ofDays(11));
            }
            append(
                    ledger,
                    saved(
                            run(77_000),
                            5,
                            "h",
                            "nightly",
                            "upgrade",
                            "id1",
                            "metadata",
                            Map.of("ticket", "CHG-7 \u65e5\u672c")),
                    json("run_alive", run(1), 9, 7));
            LedgerContract.awaitRecords(ledger);
            jobs = jobs(ledger);
            runs = runs(ledger);
        }
    }

    private static List<JobRecord> jobs(Ledger ledger) {
        return Everything.jobs(ledger.audit(), JobFilter.ALL, null);
    }

    private static List<Run> runs(Ledger ledger) {
        return Everything.runs(ledger.audit(), RunFilter.ALL, null);
    }

    private String head() {
        try (LedgerArchive archive = LedgerArchive.open(base, false)) {
            return archive.log().head().text();
        }
    }

    private String value(String query) throws SQLException {
        try (Connection connection = PostgresServer.connect(database);
                Statement sql = connection.createStatement();
                var rows = sql.executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }

    private List<LedgerMove.Moved> move() {
        return new LedgerMove(base, database, ACCESS, SILENT).run();
    }

    private PostgresLedger open() {
        return PostgresLedger.open(PostgresLedgerTest.options(database), List.of("file:///mirror"), clock);
    }

    private void assertMoved() {
        try (PostgresAccess access = new PostgresAccess(database, clock)) {
            assertThat(access.tokens().read().orElseThrow())
                    .as("who could come in, can")
                    .containsExactly(TOKEN);
            List<String> trail = new ArrayList<>();
            access.trail().each(trail::add);
            assertThat(trail)
                    .isNotEmpty()
                    .allMatch(line ->
                            line.contains("token.move") && line.contains("user bob") && line.contains(TOKEN.id()));
        }
        try (PostgresLedger ledger = open()) {
            assertThat(jobs(ledger)).isEqualTo(jobs);
            assertThat(runs(ledger)).as("with their times").isEqualTo(runs);
            assertThat(ledger.jobs()
                            .newest(key("h", "nightly", "upgrade"), Narrowing.NONE)
                            .orElseThrow()
                            .metadata())
                    .isEqualTo(Map.of("ticket", "CHG-7 \u65e5\u672c"));
            assertThat(append(ledger, json("run_alive", run(1), 9, 7), json("run_alive", run(1), 10, 8)))
                    .as("what was there before is known")
                    .isEqualTo(new EventSink.Appended(1, 1));
            assertThat(ledger.outbox().backlog(ledger.mirrors().get(0)).pending())
                    .as("the mirror is filled anew")
                    .isPositive();
        }
    }

    @Test
    void everyRecord_isMovedAsItIs() throws SQLException {
        String head = head();
        List<LedgerMove.Moved> moved = move();
        assertThat(moved)
                .extracting(LedgerMove.Moved::part)
                .contains("log", "jobs", "runs", "plays", "job_keys")
                .doesNotContain("outbox", "mirrors");
        assertThat(moved)
                .filteredOn(part -> part.part().equals("jobs"))
                .singleElement()
                .extracting(LedgerMove.Moved::rows)
                .isEqualTo((long) jobs.size());
        assertThat(value("SELECT epoch || '-' || entry || '-' || encode(hash, 'hex') FROM log_head"))
                .as("epoch, entry and hash")
                .isEqualTo(head);
        assertThat(value("SELECT epoch || '-' || entry || '-' || encode(hash, 'hex') FROM projected"))
                .isEqualTo(head);
        assertMoved();
        assertThat(Integer.parseInt(value("SELECT COUNT(DISTINCT tableoid) FROM events")))
                .as("each run in the partition of its day")
                .isGreaterThan(4);
        assertThatThrownBy(() -> new LedgerMove(
                                base,
                                database,
                                new LedgerMove.Access(
                                        List.of(
                                                TOKEN,
                                                new Token(
                                                        "1",
                                                        "x",
                                                        EnumSet.of(Scope.ADMIN),
                                                        "1".repeat(64),
                                                        T0,
                                                        null,
                                                        null,
                                                        null)),
                                        "x"),
                                SILENT)
                        .run())
                .isInstanceOf(LedgerException.class)
                .hasMessageContainingAll("not empty", "another database");
        try (PostgresAccess access = new PostgresAccess(database, clock)) {
            assertThat(access.tokens().read().orElseThrow())
                    .as("a refused move lets nobody in")
                    .containsExactly(TOKEN);
        }
    }

    /** Stands for a process that dies after some pages. */
    private static final class Interrupted extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private void interruptAfter(String table, long rows) {
        assertThatThrownBy(() -> new LedgerMove(base, database, ACCESS, new LedgerMove.Progress() {
                            private String now;

                            @Override
                            public void begin(String what, long total) {
                                now = what;
                            }

                            @Override
                            public void step(long done) {
                                if (now.equals(table) && done >= rows) {
                                    throw new Interrupted();
                                }
                            }
                        })
                        .run())
                .isInstanceOf(Interrupted.class);
    }

    private long copied() throws SQLException {
        return Long.parseLong(value("SELECT entry FROM log_head"));
    }

    @Test
    void interruptedMove_goesOn_andUntilThenTheLedgerIsNotServed() throws SQLException {
        interruptAfter("log", 1);
        long first = copied();
        assertThat(first).isBetween(2_000L, 3_000L);
        assertThat(value("SELECT entry FROM projected")).isEqualTo(Long.toString(first));
        try (PostgresAccess access = new PostgresAccess(database, clock)) {
            assertThat(access.tokens().read()).as("the tokens go first").isPresent();
        }
        assertThatThrownBy(() -> open().close())
                .isInstanceOf(LedgerException.class)
                .hasMessageContainingAll("not whole", "migrate-ledger");
        interruptAfter("log", first + 1);
        assertThat(copied()).as("went on, and did not begin anew").isGreaterThan(first);
        interruptAfter("check of jobs", 1);
        assertThatThrownBy(() -> open().close()).hasMessageContaining("not whole");
        move();
        assertMoved();
    }

    @Test
    void sourceThatGrewSinceTheInterruption_isMovedToItsEnd() {
        interruptAfter("log", 1);
        try (EmbeddedLedger ledger = EmbeddedLedger.open(EmbeddedLedgerTest.options(base), List.of(), clock)) {
            append(ledger, json("run_alive", run(2), 9, 7));
            LedgerContract.awaitRecords(ledger);
            runs = runs(ledger);
        }
        move();
        assertMoved();
    }

    @Test
    void otherSource_isRefused_andWhatIsThereStays() throws SQLException {
        interruptAfter("log", 1);
        long before = copied();
        base = directory.resolve("other");
        try (EmbeddedLedger ledger = EmbeddedLedger.open(EmbeddedLedgerTest.options(base), List.of(), clock)) {
            append(ledger, json("run_alive", run(2), 9, 7));
        }
        assertThatThrownBy(this::move)
                .isInstanceOf(LedgerException.class)
                .hasMessageContainingAll("another ledger", "Drop that database");
        assertThat(copied()).isEqualTo(before);
    }

    @Test
    void rowThatWasChangedUnderway_isFoundOut() throws SQLException {
        interruptAfter("log", 4_000);
        try (Connection connection = PostgresServer.connect(database);
                Statement sql = connection.createStatement()) {
            assertThat(sql.executeUpdate("UPDATE events SET body = body || ' ' WHERE entry = 17"))
                    .isEqualTo(1);
        }
        assertThatThrownBy(this::move)
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("log differs after the move");
        assertThatThrownBy(() -> open().close()).hasMessageContaining("not whole");
    }

    @Test
    void whatWasForgotten_isForgottenThere_andStaysKnown() {
        try (EmbeddedLedger ledger = EmbeddedLedger.open(EmbeddedLedgerTest.options(base), List.of(), clock)) {
            LedgerContract.awaitRecords(ledger);
            for (int number = 1; number <= 300; number++) {
                ledger.upkeep().retention(Duration.ZERO).delete(run(number), true, new Retention.Order("ops", "test"));
            }
            jobs = jobs(ledger);
            runs = runs(ledger);
        }
        move();
        try (PostgresLedger ledger = open()) {
            assertThat(jobs(ledger)).isEqualTo(jobs);
            assertThat(runs(ledger)).isEqualTo(runs);
            assertThat(append(ledger, json("run_alive", run(7), 1, 7))).isEqualTo(new EventSink.Appended(0, 1));
        }
    }

    @Test
    void ingesterThatIsThereAlready_storesNothingMeanwhile() {
        try (PostgresLedger early = open()) {
            interruptAfter("log", 1);
            assertThatThrownBy(() -> append(early, json("run_alive", run(5), 1, 1)))
                    .isInstanceOfSatisfying(
                            LedgerException.class, e -> assertThat(e.kind()).isEqualTo(LedgerException.Kind.AWAY))
                    .hasMessageContaining("being moved");
            move();
            assertThat(append(early, json("run_alive", run(1), 9, 7)).duplicates())
                    .isEqualTo(1);
        }
    }

    @Test
    void noLedger_isSaid() {
        assertThatThrownBy(() -> new LedgerMove(directory.resolve("none"), database, ACCESS, SILENT).run())
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("there is no ledger at " + directory.resolve("none"));
    }
}
