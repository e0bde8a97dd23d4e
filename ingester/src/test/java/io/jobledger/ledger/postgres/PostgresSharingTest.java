package io.jobledger.ledger.postgres;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.id;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.key;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.saved;
import static io.jobledger.Wire.started;
import static io.jobledger.ledger.LedgerContract.append;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.TestClock;
import io.jobledger.Wire;
import io.jobledger.config.LedgerLocation;
import io.jobledger.ledger.JobLookup;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Outbox;
import io.jobledger.ledger.Precondition;
import io.jobledger.log.LogChain;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogRecord;
import io.jobledger.log.SeqRanges;
import io.jobledger.log.postgres.HeadRow;
import io.jobledger.log.postgres.PostgresLog;
import io.jobledger.model.JobStatus;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Several ingesters on one PostgreSQL database. */
class PostgresSharingTest {
    private static final String MIRROR = "file:///mirror/one";
    private static final String OTHER_MIRROR = "file:///mirror/two";

    private final LedgerLocation.Postgres database = PostgresServer.shared().newDatabase();
    private final TestClock clock = new TestClock(T0.plus(Duration.ofDays(1)));
    private final List<PostgresLedger> open = Collections.synchronizedList(new ArrayList<>());
    private final ExecutorService threads = Executors.newCachedThreadPool();

    private PostgresLedger open(String... mirrors) {
        PostgresLedger ledger = PostgresLedger.open(PostgresLedgerTest.options(database), List.of(mirrors), clock);
        open.add(ledger);
        return ledger;
    }

    @AfterEach
    void closeAll() {
        threads.shutdownNow();
        open.forEach(Ledger::close);
    }

    private List<String> column(String sql) throws SQLException {
        try (Connection connection = PostgresServer.connect(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> values = new ArrayList<>();
            while (rows.next()) {
                values.add(rows.getString(1));
            }
            return values;
        }
    }

    private static void finish(List<Future<?>> work) throws Exception {
        for (Future<?> future : work) {
            future.get(120, TimeUnit.SECONDS);
        }
    }

    @Test
    void manyThatStartAtOnce_migrateOnce() throws Exception {
        List<Future<?>> starts = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            starts.add(threads.submit(() -> open(MIRROR)));
        }
        finish(starts);
        assertThat(column("SELECT version FROM flyway_schema_history ORDER BY installed_rank"))
                .doesNotHaveDuplicates()
                .startsWith("1", "2", "4");
        assertThat(open).extracting(ledger -> ledger.mirrors().get(0)).containsOnly(1);
    }

    /** Three ingesters are told of the same jobs and runs, in other orders, each piece by two of them. */
    @Test
    void ingestersThatMergeTheSameJobsAndRuns_loseNothing_andNumberInTheOrderOfCommits() throws Exception {
        List<PostgresLedger> ledgers = List.of(open(MIRROR), open(MIRROR), open(MIRROR));
        int runs = 8;
        int jobs = 12;
        List<ObjectNode> history = new ArrayList<>();
        for (int r = 0; r < runs; r++) {
            for (int j = 0; j < jobs; j++) {
                history.add(started(run(r), 2 * j + 1, j, "h" + j, "p", "j", "id" + j));
                history.add(json(
                        "job_ended",
                        run(r),
                        2 * j + 2,
                        50 + r,
                        "host",
                        "h" + j,
                        "ansible_job_id",
                        "id" + j,
                        "status",
                        r == 0 ? "succeeded" : "lost"));
            }
        }
        AtomicBoolean writing = new AtomicBoolean(true);
        AtomicInteger looks = new AtomicInteger();
        Future<?> reader = threads.submit(() -> {
            do {
                List<String> gaps = column("SELECT MAX(entry) - COUNT(*) FROM events HAVING MAX(entry) <> COUNT(*)");
                assertThat(gaps)
                        .as("who resumes after the highest entry misses none")
                        .isEmpty();
                looks.incrementAndGet();
            } while (writing.get());
            return null;
        });
        AtomicInteger stored = new AtomicInteger();
        List<Future<?>> writers = new ArrayList<>();
        for (int w = 0; w < 6; w++) {
            PostgresLedger ledger = ledgers.get(w % 3);
            List<ObjectNode> part = new ArrayList<>(history);
            Collections.shuffle(part, new Random(w));
            writers.add(threads.submit(() -> {
                for (int from = 0; from < part.size(); from += 7) {
                    stored.addAndGet(append(
                                    ledger,
                                    part.subList(from, Math.min(part.size(), from + 7))
                                            .toArray(ObjectNode[]::new))
                            .stored());
                }
            }));
        }
        finish(writers);
        writing.set(false);
        reader.get(60, TimeUnit.SECONDS);
        assertThat(looks.get()).isPositive();
        assertThat(stored.get()).as("each event was new to exactly one").isEqualTo(history.size());
        assertThat(column("SELECT COUNT(*) FROM jobs")).containsExactly(Integer.toString(jobs));
        for (int r = 0; r < runs; r++) {
            assertThat(ledgers.get(0).audit().run(run(r)).orElseThrow().complete())
                    .isTrue();
        }
        for (int j = 0; j < jobs; j++) {
            assertThat(ledgers.get(1)
                            .jobs()
                            .newest(key("h" + j, "p", "j"), Narrowing.NONE)
                            .orElseThrow()
                            .status())
                    .isEqualTo(JobStatus.SUCCEEDED);
        }
        assertThat(column("SELECT MAX(entry) FROM events")).isEqualTo(column("SELECT entry FROM log_head"));
        assertThat(column("SELECT 1 FROM job_keys GROUP BY key_id HAVING COUNT(*) > 1"))
                .as("a job has one place under its name")
                .isEmpty();
    }

    @Test
    void outboxEntry_isOneIngestersAlone_untilItsTimeIsOver() {
        PostgresLedger a = open(MIRROR);
        PostgresLedger b = open(MIRROR);
        int mirror = a.mirrors().get(0);
        append(a, started(run(1), 1, 1, "h", "p", "j", "a"), started(run(1), 2, 1, "h2", "p", "j", "b"));
        List<Outbox.Entry> first = a.outbox().due(mirror, 1);
        List<Outbox.Entry> second = b.outbox().due(mirror, 10);
        assertThat(first).hasSize(1);
        assertThat(second).hasSize(1).doesNotContainAnyElementsOf(first);
        assertThat(b.outbox().due(mirror, 10)).isEmpty();
        b.outbox().leave(second);
        assertThat(b.outbox().due(mirror, 10))
                .as("what was given back is due again")
                .extracting(Outbox.Entry::key)
                .containsExactly(second.get(0).key());

        assertThat(a.outbox().mine(first.get(0))).isTrue();
        clock.advance(Duration.ofMinutes(3));
        assertThat(a.outbox().mine(first.get(0)))
                .as("a put that begins now might not end in time")
                .isFalse();
        assertThat(b.outbox().due(mirror, 10))
                .as("but one that began before may still be under way")
                .isEmpty();
        clock.advance(Duration.ofMinutes(2));
        assertThat(b.outbox().due(mirror, 10))
                .as("what a dead ingester had comes back")
                .hasSize(2);
    }

    @Test
    void putThatOutlivedItsClaim_isRepeated_soThatTheMirrorEndsWithTheNewest() {
        PostgresLedger slow = open(MIRROR);
        PostgresLedger quick = open(MIRROR);
        int mirror = slow.mirrors().get(0);
        append(slow, started(run(1), 1, 1, "h", "p", "j", "a"));
        List<Outbox.Entry> old = slow.outbox().due(mirror, 10);
        clock.advance(Duration.ofMinutes(5));
        append(quick, json("job_ended", run(1), 2, 5, "host", "h", "ansible_job_id", "a", "status", "succeeded"));
        quick.outbox().done(quick.outbox().due(mirror, 10));
        assertThat(quick.outbox().backlog(mirror).pending()).isZero();
        slow.outbox().done(old);
        assertThat(quick.outbox().due(mirror, 10))
                .as("the slow one may just have put the older record")
                .extracting(Outbox.Entry::key)
                .containsExactly(key("h", "p", "j"));
    }

    @Test
    void putThatOutlivedItsClaim_doesNotEndThatOfAnother() {
        PostgresLedger slow = open(MIRROR);
        PostgresLedger quick = open(MIRROR);
        int mirror = slow.mirrors().get(0);
        append(slow, started(run(1), 1, 1, "h", "p", "j", "a"));
        List<Outbox.Entry> old = slow.outbox().due(mirror, 10);
        clock.advance(Duration.ofMinutes(5));
        List<Outbox.Entry> taken = quick.outbox().due(mirror, 10);
        slow.outbox().failed(old.get(0), "late", Duration.ZERO);
        slow.outbox().done(old);
        assertThat(slow.outbox().release(mirror)).isZero();
        assertThat(slow.outbox().due(mirror, 10))
                .as("the other is still putting it")
                .isEmpty();
        quick.outbox().done(taken);
        assertThat(quick.outbox().due(mirror, 10)).as("once more after both").hasSize(1);
    }

    @Test
    void mirrorsOfAllIngesters_areFedByEach_andForgottenWhenNobodyNamesThem() {
        PostgresLedger a = open(MIRROR);
        PostgresLedger b = open(OTHER_MIRROR);
        append(a, started(run(1), 1, 1, "h", "p", "j", "a"));
        assertThat(b.outbox().due(b.mirrors().get(0), 10))
                .as("a told b's mirror")
                .hasSize(1);
        assertThat(a.outbox().backlog(a.mirrors().get(0)).pending())
                .as("b's start left a's mirror alone")
                .isEqualTo(1);
        b.close();
        open(MIRROR);
        assertThat(a.outbox().backlog(b.mirrors().get(0)).pending())
                .as("nobody names it any more")
                .isZero();
        assertThat(a.outbox().backlog(a.mirrors().get(0)).pending()).isEqualTo(1);
    }

    @Test
    void listenersOfEveryIngester_hearOfEveryCommit() throws SQLException {
        PostgresLedger a = open();
        PostgresLedger b = open();
        append(a, json("run_alive", run(1), 1, 1));
        List<Long> heard = Collections.synchronizedList(new ArrayList<>());
        await().atMost(Duration.ofSeconds(60)).until(() -> b.feed().committed() == 1);
        b.feed().subscribe(heard::add);
        append(a, json("run_alive", run(1), 2, 1), json("run_alive", run(1), 3, 1));
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(heard).containsExactly(3L));
        assertThat(b.feed().committed()).isEqualTo(3);
        assertThat(column("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
                        + " current_database() AND query LIKE 'SELECT epoch, entry, hash FROM log_head%'"))
                .contains("t");
        append(a, json("run_alive", run(1), 4, 1));
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(heard).as("also across a break").containsExactly(3L, 4L));
    }

    @Test
    void commit_isFlushed_alsoWhereTheDatabaseIsToldToBeQuick() throws SQLException {
        try (Connection connection = PostgresServer.connect(database);
                Statement sql = connection.createStatement()) {
            sql.execute("ALTER DATABASE " + connection.getCatalog() + " SET synchronous_commit = off");
        }
        PostgresLedger ledger = open();
        String inside = ledger.jdbi().inTransaction(handle -> {
            assertThat(handle.createQuery("SHOW synchronous_commit")
                            .mapTo(String.class)
                            .one())
                    .isEqualTo("off");
            HeadRow.lock(handle);
            return handle.createQuery("SHOW synchronous_commit")
                    .mapTo(String.class)
                    .one();
        });
        assertThat(inside).isEqualTo("on");
    }

    @Test
    void writerThatHoldsTheLockForTooLong_makesOthersBusy_notStuck() throws Exception {
        PostgresLedger ledger = open();
        append(ledger, json("run_alive", run(1), 1, 1));
        try (Connection holder = PostgresServer.connect(database);
                Statement sql = holder.createStatement()) {
            holder.setAutoCommit(false);
            sql.execute("SELECT * FROM log_head FOR UPDATE");
            assertThat(org.assertj.core.api.Assertions.catchThrowableOfType(
                                    LedgerException.class, () -> append(ledger, json("run_alive", run(1), 2, 2)))
                            .kind())
                    .isEqualTo(LedgerException.Kind.BUSY);
        }
        assertThat(append(ledger, json("run_alive", run(1), 2, 2)).stored()).isEqualTo(1);
    }

    @Test
    void eventsOfARun_lieInThePartitionOfItsFirstDay_whereverTheyCome() throws SQLException {
        PostgresLedger ledger = open();
        append(ledger, json("run_alive", run(1), 1, 1));
        clock.advance(Duration.ofDays(40));
        append(ledger, json("run_alive", run(1), 2, 2), json("run_alive", run(2), 1, 3));
        assertThat(append(ledger, json("run_alive", run(1), 1, 1)).duplicates())
                .as("found in its partition")
                .isEqualTo(1);
        assertThat(column("SELECT DISTINCT tableoid::regclass::text FROM events ORDER BY 1"))
                .containsExactly("events_20261116", "events_20261228");
        assertThat(column("SELECT DISTINCT tableoid::regclass::text FROM events WHERE run_id = '" + run(1) + "'"))
                .containsExactly("events_20261116");
    }

    @Test
    void partitionThatIsDropped_takesItsRunsEvents_andLateOnesAreKeptAnew() throws Exception {
        PostgresLedger ledger = open();
        append(ledger, started(run(1), 1, 1, "h", "p", "j", "a"));
        clock.advance(Duration.ofDays(40));
        append(ledger, json("run_alive", run(2), 1, 1));
        java.time.LocalDate today =
                clock.instant().atOffset(java.time.ZoneOffset.UTC).toLocalDate();
        assertThat(ledger.drop(today.minusDays(60))).isEmpty();
        assertThat(ledger.drop(today.minusDays(30))).containsExactly("events_20261116", "events_20261123");
        assertThat(column("SELECT run_id FROM events")).containsExactly(run(2).toString());
        assertThat(ledger.jobs()
                        .newest(key("h", "p", "j"), Narrowing.NONE)
                        .orElseThrow()
                        .jobId())
                .as("jobs stay")
                .isEqualTo(id("a"));
        append(ledger, json("job_ended", run(1), 2, 9, "host", "h", "ansible_job_id", "a", "status", "succeeded"));
        assertThat(ledger.jobs()
                        .newest(key("h", "p", "j"), Narrowing.NONE)
                        .orElseThrow()
                        .status())
                .isEqualTo(JobStatus.SUCCEEDED);
        assertThat(column("SELECT COUNT(*) FROM events")).containsExactly("2");
        assertThat(ledger.drop(today.minusDays(30)))
                .as("dropping again finds nothing")
                .isEmpty();
    }

    /** As an entry that only a newer version can read. */
    @Test
    void entryThatCannotBeProjected_isSetAside_andTheRestGoesOn() throws SQLException {
        PostgresLedger ledger = open(MIRROR);
        PostgresLog log =
                new PostgresLog(ledger.jdbi(), java.util.UUID.randomUUID(), new PostgresProjecting(clock), clock);
        List<LogEntry> entries = new ArrayList<>();
        for (String body : List.of(
                "{\"type\":\"from_the_future\"}",
                Wire.event(started(run(1), 2, 1, "h", "p", "j", "a")).head().body())) {
            long seq = entries.size() + 1;
            entries.add(new LogEntry(
                    seq,
                    LogEntry.Kind.EVENT,
                    run(1).value(),
                    seq,
                    body,
                    LogChain.digest(LogEntry.Kind.EVENT, run(1).value(), seq, body)));
        }
        byte[] hash = LogChain.next(
                LogChain.start(),
                1,
                2,
                T0,
                entries.stream().map(LogEntry::digest).toList());
        log.copy(List.of(new LogRecord(1, 2, T0, entries, hash)), run -> new SeqRanges());
        assertThat(column("SELECT entry FROM set_aside")).containsExactly("1");
        assertThat(column("SELECT entry FROM projected")).containsExactly("2");
        assertThat(ledger.jobs().newest(key("h", "p", "j"), Narrowing.NONE)).isPresent();
        assertThat(ledger.outbox().backlog(ledger.mirrors().get(0)).pending()).isEqualTo(1);
        assertThat(append(ledger, json("run_alive", run(1), 3, 3)).stored()).isEqualTo(1);
    }

    /** Two ingesters are asked by many at once, each on the condition that nothing is known. */
    @Test
    void ofManyWithOneCondition_oneIsStored_whicheverIngesterTheyAsk() throws Exception {
        List<PostgresLedger> ledgers = List.of(open(), open());
        AtomicInteger stored = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        List<Future<?>> work = new ArrayList<>();
        int keys = 10;
        for (int caller = 0; caller < 4; caller++) {
            int number = caller;
            work.add(threads.submit(() -> {
                for (int k = 0; k < keys; k++) {
                    try {
                        ledgers.get(number % 2)
                                .conditionalSink()
                                .append(
                                        Wire.events(saved(
                                                run(100 * number + k), 0, "h", "p", "j" + k, "id" + number + "." + k)),
                                        new Precondition(
                                                key("h", "p", "j" + k),
                                                JobLookup.Narrowing.NONE,
                                                java.util.Optional::isEmpty));
                        stored.incrementAndGet();
                    } catch (LedgerException e) {
                        assertThat(e.kind()).isEqualTo(LedgerException.Kind.CONFLICT);
                        refused.incrementAndGet();
                    }
                }
            }));
        }
        finish(work);
        assertThat(stored).hasValue(keys);
        assertThat(refused).hasValue(3 * keys);
        assertThat(column("SELECT COUNT(*) FROM jobs")).containsExactly(Integer.toString(keys));
    }
}
