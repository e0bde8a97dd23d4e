package io.jobledger.ledger.h2;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.key;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.saved;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.TestClock;
import io.jobledger.Wire;
import io.jobledger.event.BatchDecoder;
import io.jobledger.json.Json;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.Outbox;
import io.jobledger.log.file.FileLog;
import io.jobledger.model.JobStatus;
import io.jobledger.model.RunId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens to the files beside the log, the records are what the log says, and mirrors hear of each once. */
class ProjectorTest {
    private static final String MIRROR = "file:///mirror";
    private static final List<String> TABLES =
            List.of("jobs", "job_docs", "job_keys", "job_labels", "job_runs", "runs", "run_labels", "plays", "names");

    @TempDir
    Path folder;

    private final TestClock clock = new TestClock(Wire.T0);

    private EmbeddedLedger open(Path directory) {
        return EmbeddedLedger.open(EmbeddedLedgerTest.options(directory), List.of(MIRROR), clock);
    }

    /** History of some runs, in an order that a seed decides. */
    private static List<ObjectNode> history(long seed, int runs) {
        List<ObjectNode> events = new ArrayList<>();
        for (int run = 1; run <= runs; run++) {
            events.add(json(
                    "run_started", run(run), 1, run, "run_name", "night", "user", "ann", "labels", Map.of("a", "b")));
            events.add(json("play_started", run(run), 2, run, "play", "p"));
            for (int job = 0; job < 4; job++) {
                String id = run + "." + job;
                events.add(started(run(run), 3 + 3 * job, run, "h" + job, "p", "j" + job, id));
                events.add(json("job_polled", run(run), 4 + 3 * job, run + 1, "host", "h" + job, "ansible_job_id", id));
                events.add(ended(run(run), 5 + 3 * job, run + 2, "h" + job, id, job == 3 ? "failed" : "succeeded"));
            }
            events.add(json("run_finished", run(run), 15, run + 3));
        }
        java.util.Collections.shuffle(events, new Random(seed));
        return events;
    }

    private static void append(EmbeddedLedger ledger, List<ObjectNode> events, Random random) {
        for (int from = 0; from < events.size(); ) {
            int to = Math.min(events.size(), from + 1 + random.nextInt(7));
            LedgerContract.append(ledger, events.subList(from, to).toArray(ObjectNode[]::new));
            from = to;
        }
    }

    /** Every row of every projection, once everything is projected. */
    private static Map<String, List<String>> rows(EmbeddedLedger ledger) {
        LedgerContract.awaitRecords(ledger);
        Map<String, List<String>> rows = new TreeMap<>();
        ledger.jdbi()
                .useHandle(handle -> TABLES.forEach(table -> rows.put(
                        table,
                        handle.createQuery("SELECT * FROM " + table).mapToMap().stream()
                                .map(row -> new TreeMap<>(row).toString())
                                .sorted()
                                .toList())));
        return rows;
    }

    private static void assertSame(Map<String, List<String>> rows, Map<String, List<String>> expected) {
        TABLES.forEach(table -> {
            List<String> less = new ArrayList<>(expected.get(table));
            List<String> more = new ArrayList<>(rows.get(table));
            rows.get(table).forEach(less::remove);
            expected.get(table).forEach(more::remove);
            assertThat(less).as("rows of " + table + " that are missing").isEmpty();
            assertThat(more).as("rows of " + table + " that are too many").isEmpty();
        });
    }

    private static List<Outbox.Entry> due(EmbeddedLedger ledger) {
        LedgerContract.awaitRecords(ledger);
        return ledger.outbox().due(ledger.mirrors().get(0), 1000);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else if (!file.getFileName().toString().equals("lock")) {
                    Files.copy(file, target);
                }
            }
        }
    }

    @Test
    void projectionsThatAreDeleted_areComputedAgain_andNoMirrorHearsAnythingTwice() throws IOException {
        Path directory = folder.resolve("ledger");
        Map<String, List<String>> before;
        try (EmbeddedLedger ledger = open(directory)) {
            append(ledger, history(1, 6), new Random(1));
            LedgerContract.append(ledger, saved(run(90), 9, "h0", "p", "other name", "1.0"));
            before = rows(ledger);
            List<Outbox.Entry> due = due(ledger);
            assertThat(due).isNotEmpty();
            ledger.outbox().done(due);
        }
        Files.delete(directory.resolve("projections.mv.db"));
        try (EmbeddedLedger ledger = open(directory)) {
            assertSame(rows(ledger), before);
            assertThat(due(ledger)).isEmpty();
        }
    }

    /** A kill can leave a row of which the rest was never written; what comes next must not be set aside for it. */
    @Test
    void rowThatOnlyALaterEntryWrites_isDamage_andTheRowsAreComputedAgain() throws IOException {
        Path directory = folder.resolve("ledger");
        Map<String, List<String>> whole;
        try (EmbeddedLedger ledger = open(folder.resolve("whole"))) {
            append(ledger, history(1, 3), new Random(1));
            LedgerContract.append(ledger, json("play_started", run(70), 2, 1, "play", "late"));
            whole = rows(ledger);
        }
        try (EmbeddedLedger ledger = open(directory)) {
            append(ledger, history(1, 3), new Random(1));
            ledger.jdbi()
                    .useHandle(handle -> handle.execute(
                            "INSERT INTO plays (run_id, seq, play, started_at) VALUES (?, 2, 'half', CURRENT_TIMESTAMP)",
                            run(70).value()));
        }
        try (EmbeddedLedger ledger = open(directory)) {
            ledger.sink()
                    .append(Wire.events(json("play_started", run(70), 2, 1, "play", "late")))
                    .join();
            assertSame(rows(ledger), whole);
            assertThat(ledger.jdbi()
                            .<Long, RuntimeException>withHandle(
                                    handle -> handle.createQuery("SELECT COUNT(*) FROM set_aside")
                                            .mapTo(Long.class)
                                            .one()))
                    .isZero();
        }
    }

    @Test
    void rows_doNotDependOnHowEntriesWereGrouped() throws IOException {
        List<Map<String, List<String>>> all = new ArrayList<>();
        for (int seed = 1; seed <= 3; seed++) {
            try (EmbeddedLedger ledger = open(folder.resolve("l" + seed))) {
                append(ledger, history(7, 5), new Random(seed));
                all.add(rows(ledger));
            }
        }
        assertSame(all.get(1), all.get(0));
        assertSame(all.get(2), all.get(0));
    }

    @Test
    void copyOfTheFilesAtAnyMoment_isWhatItsLogSays() throws IOException {
        Path directory = folder.resolve("ledger");
        Random random = new Random(5);
        List<ObjectNode> events = history(5, 12);
        try (EmbeddedLedger ledger = open(directory)) {
            for (int moment = 0; moment < 4; moment++) {
                append(ledger, events.subList(moment * 40, moment * 40 + 40), random);
                Path copy = folder.resolve("copy" + moment);
                copy(directory, copy);
                Map<String, List<String>> rows;
                try (EmbeddedLedger after = open(copy)) {
                    rows = rows(after);
                    assertThat(after.sink()
                                    .append(Wire.events(events.get(moment * 40)))
                                    .join()
                                    .duplicates())
                            .isEqualTo(1);
                }
                Files.delete(copy.resolve("projections.mv.db"));
                try (EmbeddedLedger again = open(copy)) {
                    assertSame(rows(again), rows);
                }
            }
        }
    }

    @Test
    void mirrorWhoseStateIsLost_getsEveryNameAgain() throws IOException {
        Path directory = folder.resolve("ledger");
        try (EmbeddedLedger ledger = open(directory)) {
            append(ledger, history(3, 2), new Random(3));
            ledger.outbox().done(due(ledger));
        }
        Files.delete(directory.resolve("delivery.mv.db"));
        try (EmbeddedLedger ledger = open(directory)) {
            LedgerContract.awaitRecords(ledger);
            org.awaitility.Awaitility.await()
                    .untilAsserted(() -> assertThat(due(ledger)).hasSize(4));
        }
    }

    @Test
    void mirrorWhoseStateIsDamaged_getsEveryNameAgain_andTheFileIsKept() throws IOException {
        Path directory = folder.resolve("ledger");
        try (EmbeddedLedger ledger = open(directory)) {
            append(ledger, history(3, 2), new Random(3));
            ledger.outbox().done(due(ledger));
        }
        Files.write(directory.resolve("delivery.mv.db"), new byte[20_000]);
        try (EmbeddedLedger ledger = open(directory)) {
            assertThat(due(ledger)).hasSize(4);
            assertThat(directory.resolve("delivery.mv.db.damaged")).exists();
        }
    }

    @Test
    void entryThatCannotBeProjected_isSetAside_andTheRestGoesOn() throws IOException {
        Path directory = folder.resolve("ledger");
        try (EmbeddedLedger ledger = open(directory)) {
            LedgerContract.append(ledger, started(run(1), 1, 1, "h", "p", "j", "a"));
        }
        try (FileLog log = FileLog.open(directory.resolve("log"), FileLog.Options.of(0))) {
            log.append(
                    List.of(List.of(
                            event(started(run(1), 2, 2, "h", "p", "k", "b")),
                            event(saved(
                                    run(2), 1, "h", "p", "big", "c", "metadata", Map.of("m", "x".repeat(1_100_000)))),
                            event(ended(run(1), 3, 3, "h", "b", "succeeded")))),
                    Wire.T0);
        }
        try (EmbeddedLedger ledger = open(directory)) {
            assertThat(ledger.jobs()
                            .newest(key("h", "p", "k"), Narrowing.NONE)
                            .orElseThrow()
                            .status())
                    .isEqualTo(JobStatus.SUCCEEDED);
            assertThat(ledger.jobs().newest(key("h", "p", "big"), Narrowing.NONE))
                    .isEmpty();
            List<Long> setAside = ledger.jdbi()
                    .withHandle(handle -> handle.createQuery("SELECT entry FROM set_aside")
                            .mapTo(Long.class)
                            .list());
            assertThat(setAside).containsExactly(3L);
            assertThat(LedgerContract.append(ledger, ended(run(1), 4, 4, "h", "a", "failed"))
                            .stored())
                    .isEqualTo(1);
            assertThat(ledger.jobs()
                            .newest(key("h", "p", "j"), Narrowing.NONE)
                            .orElseThrow()
                            .status())
                    .isEqualTo(JobStatus.FAILED);
        }
    }

    private static ObjectNode ended(RunId run, long seq, long seconds, String host, String id, String status) {
        return json("job_ended", run, seq, seconds, "host", host, "ansible_job_id", id, "status", status);
    }

    private static io.jobledger.model.Event event(ObjectNode json) {
        return BatchDecoder.again(Json.text(json));
    }
}
