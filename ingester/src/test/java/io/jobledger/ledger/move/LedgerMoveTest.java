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
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.h2.H2Ledger;
import io.jobledger.ledger.h2.H2LedgerTest;
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
        try (H2Ledger ledger = H2Ledger.open(H2LedgerTest.options(base), List.of("file:///mirror"), clock)) {
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
    void everyRow_isMovedAsItIs() throws SQLException {
        List<LedgerMove.Moved> moved = move();
        assertThat(moved)
                .extracting(LedgerMove.Moved::table)
                .contains("events", "jobs", "runs", "plays", "job_keys")
                .doesNotContain("outbox", "mirrors");
        assertThat(moved)
                .filteredOn(part -> part.table().equals("jobs"))
                .singleElement()
                .extracting(LedgerMove.Moved::rows)
                .isEqualTo((long) jobs.size());
        assertMoved();
        try (Connection connection = PostgresServer.connect(database);
                Statement sql = connection.createStatement();
                var rows = sql.executeQuery("SELECT COUNT(DISTINCT tableoid), MAX(entry) - COUNT(*) FROM events")) {
            rows.next();
            assertThat(rows.getInt(1))
                    .as("each run in the partition of its day")
                    .isGreaterThan(4);
            assertThat(rows.getInt(2)).as("numbers go on").isZero();
        }
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

    private long events() throws SQLException {
        try (Connection connection = PostgresServer.connect(database);
                Statement sql = connection.createStatement();
                var rows = sql.executeQuery("SELECT COUNT(*) FROM events")) {
            rows.next();
            return rows.getLong(1);
        }
    }

    @Test
    void interruptedMove_goesOn_andUntilThenTheLedgerIsNotServed() throws SQLException {
        interruptAfter("events", 2_000);
        assertThat(events()).isEqualTo(2_000);
        try (PostgresAccess access = new PostgresAccess(database, clock)) {
            assertThat(access.tokens().read()).as("the tokens go first").isPresent();
        }
        assertThatThrownBy(() -> open().close())
                .isInstanceOf(LedgerException.class)
                .hasMessageContainingAll("not whole", "migrate-ledger");
        interruptAfter("events", 3_999);
        assertThat(events())
                .as("went on, with the last row again, and did not begin anew")
                .isEqualTo(3_999);
        interruptAfter("check of jobs", 1);
        assertThatThrownBy(() -> open().close()).hasMessageContaining("not whole");
        move();
        assertMoved();
    }

    @Test
    void sourceThatChangedSinceTheInterruption_isMovedFromTheBeginning() {
        interruptAfter("events", 2_000);
        try (H2Ledger ledger = H2Ledger.open(H2LedgerTest.options(base), List.of(), clock)) {
            append(ledger, json("run_alive", run(2), 9, 7));
            runs = runs(ledger);
        }
        move();
        assertMoved();
    }

    @Test
    void rowThatWasChangedUnderway_isFoundOut() throws SQLException {
        interruptAfter("events", 3_999);
        try (Connection connection = PostgresServer.connect(database);
                Statement sql = connection.createStatement()) {
            assertThat(sql.executeUpdate("UPDATE events SET body = body || ' ' WHERE entry = 17"))
                    .isEqualTo(1);
        }
        assertThatThrownBy(this::move)
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("events differs after the move");
        assertThatThrownBy(() -> open().close()).hasMessageContaining("not whole");
    }

    @Test
    void ingesterThatIsThereAlready_storesNothingMeanwhile() {
        try (PostgresLedger early = open()) {
            interruptAfter("events", 2_000);
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
                .hasMessageContaining("there is no ledger at " + directory.resolve("none.mv.db"));
    }
}
