package io.jobledger.ledger.h2;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.key;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.saved;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.Wire;
import io.jobledger.event.BatchDecoder;
import io.jobledger.event.SavedJobs;
import io.jobledger.ledger.JobLookup;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Retention;
import io.jobledger.ledger.h2.H2Ledger.Medium;
import io.jobledger.model.Event;
import io.jobledger.model.EventHead;
import io.jobledger.model.JobRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.transaction.DelegatingTransactionHandler;
import org.jdbi.v3.core.transaction.TransactionException;
import org.jdbi.v3.core.transaction.TransactionHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The journal of the embedded ledger: what a kill leaves comes out of it as it was, and what was removed does not. */
class JournalTest {
    private static final List<String> TABLES = List.of(
            "events",
            "jobs",
            "job_keys",
            "job_labels",
            "runs",
            "run_labels",
            "plays",
            "names",
            "chains",
            "stubs",
            "ledger_head");
    /** None but the one at the end. */
    private static final Medium NO_CHECKPOINTS = medium(Long.MAX_VALUE);
    /** One after each group. */
    private static final Medium ALWAYS = medium(1);

    @TempDir
    Path directory;

    private H2Ledger ledger;
    private int copies;

    private static Medium medium(long bytes) {
        return new Medium("file:", new Checkpoints.Rhythm(bytes, Duration.ofDays(1)), path -> Long.MAX_VALUE);
    }

    private H2Ledger open(Path where, Medium medium) {
        return H2Ledger.open(
                H2LedgerTest.options(where.resolve("ledger")), medium, List.of("file:///mirror"), Clock.systemUTC());
    }

    @BeforeEach
    void openLedger() {
        ledger = open(directory.resolve("live"), NO_CHECKPOINTS);
    }

    @AfterEach
    void closeLedger() {
        ledger.close();
    }

    /** What a kill would leave now. */
    private Path killed() throws IOException {
        Path copy = Files.createDirectory(directory.resolve("copy" + ++copies));
        for (Path file : files(directory.resolve("live"))) {
            Files.copy(file, copy.resolve(file.getFileName()));
        }
        return copy;
    }

    private static List<Path> files(Path where) throws IOException {
        try (Stream<Path> files = Files.list(where)) {
            return files.toList();
        }
    }

    private static List<Path> segments(Path where) throws IOException {
        return files(where).stream()
                .filter(file -> file.getFileName().toString().contains(".journal-"))
                .sorted()
                .toList();
    }

    private static Map<String, List<String>> rows(H2Ledger of) {
        Map<String, List<String>> rows = new LinkedHashMap<>();
        for (String table : TABLES) {
            rows.put(
                    table,
                    of.jdbi()
                            .withHandle(handle -> handle
                                    .createQuery("SELECT * FROM " + table)
                                    .mapToMap()
                                    .map(row -> new java.util.TreeMap<>(row)
                                            .entrySet().stream()
                                                    .map(cell -> cell.getKey() + "="
                                                            + (cell.getValue() instanceof byte[] bytes
                                                                    ? java.util.HexFormat.of()
                                                                            .formatHex(bytes)
                                                                    : cell.getValue()))
                                                    .toList()
                                                    .toString())
                                    .list()
                                    .stream()
                                    .sorted()
                                    .toList()));
        }
        return rows;
    }

    private void someHistory() {
        LedgerContract.append(
                ledger,
                json("run_started", run(1), 1, 0, "run_name", "CHG-1", "labels", Map.of("team", "db"), "user", "anna"),
                json("play_started", run(1), 2, 1, "play", "p", "playbook", "site.yml"),
                started(run(1), 3, 2, "h", "p", "Dump «schema»\nand more", "a", "async", 60),
                started(run(1), 4, 2, "i", "p", "j", "b"));
        LedgerContract.append(
                ledger,
                json(
                        "job_ended",
                        run(1),
                        5,
                        9,
                        "host",
                        "h",
                        "play",
                        "p",
                        "job",
                        "j",
                        "ansible_job_id",
                        "a",
                        "status",
                        "failed",
                        "rc",
                        3));
        LedgerContract.append(ledger, saved(run(2), 20, "h", "p", "upgrade", "a"));
        LedgerContract.append(ledger, started(run(1), 4, 2, "i", "p", "j", "b"), json("run_alive", run(1), 6, 70));
    }

    @Test
    void afterAKill_theSameRowsComeOut_numbersTimesAndChainsIncluded() throws IOException {
        someHistory();
        Path copy = killed();
        assertThat(segments(copy)).hasSize(1);
        try (H2Ledger again = open(copy, NO_CHECKPOINTS)) {
            assertThat(rows(again)).isEqualTo(rows(ledger));
            assertThat(LedgerContract.append(again, json("run_alive", run(1), 6, 70))
                            .duplicates())
                    .isEqualTo(1);
        }
        assertThat(segments(copy))
                .as("closed properly, the file alone is the ledger")
                .isEmpty();
    }

    @Test
    void killedAgainAndAgain_alsoBetweenAStartAndItsFirstCheckpoint_nothingIsLostOrDoubled() throws IOException {
        someHistory();
        Path copy = killed();
        for (int round = 1; round <= 3; round++) {
            H2Ledger again = open(copy, NO_CHECKPOINTS);
            LedgerContract.append(again, json("run_alive", run(1), 6 + round, 70 + round));
            Path next = Files.createDirectory(directory.resolve("round" + round));
            for (Path file : files(copy)) {
                Files.copy(file, next.resolve(file.getFileName()));
            }
            Map<String, List<String>> rows = rows(again);
            again.close();
            copy = next;
            assertThat(rows.get("events")).hasSize(7 + round);
        }
        try (H2Ledger last = open(copy, NO_CHECKPOINTS)) {
            assertThat(last.audit().run(run(1)).orElseThrow().events()).isEqualTo(9);
            assertThat(last.audit().run(run(1)).orElseThrow().complete()).isTrue();
        }
    }

    @Test
    void segmentThatIsBack_afterItsCheckpoint_storesNothingTwice() throws IOException {
        someHistory();
        Path copy = killed();
        Path segment = segments(copy).get(0);
        byte[] bytes = Files.readAllBytes(segment);
        Map<String, List<String>> before = rows(ledger);
        open(copy, ALWAYS).close();
        assertThat(segment).doesNotExist();
        Files.write(segment, bytes);
        try (H2Ledger again = open(copy, ALWAYS)) {
            assertThat(rows(again)).isEqualTo(before);
        }
    }

    @Test
    void recordThatIsCutOffAtTheEnd_wasNotAcknowledged_everyOtherDamageIsRefused() throws Exception {
        LedgerContract.append(ledger, json("run_alive", run(1), 1, 1));
        LedgerContract.append(ledger, json("run_alive", run(1), 2, 2));
        byte[] bytes = Files.readAllBytes(segments(killed()).get(0));
        int second = JournalRecord.Begin.BYTES + (bytes.length - JournalRecord.Begin.BYTES) / 2;
        for (int length = 0; length <= bytes.length; length++) {
            int groups = length == bytes.length ? 2 : length >= second ? 1 : 0;
            byte[] cut = java.util.Arrays.copyOf(bytes, length);
            assertThat(read(0, cut))
                    .as(length + " of " + bytes.length + " bytes")
                    .isEqualTo(groups);
            if (groups < 2) {
                // The mark says that both were acknowledged.
                assertThatThrownBy(() -> read(2, cut))
                        .isInstanceOf(LedgerException.class)
                        .hasMessageContaining("ledger.journal-9")
                        .hasMessageContaining(groups == 0 ? "events 1 to 2" : "is event 2");
            }
        }
        for (int at = 0; at < bytes.length; at++) {
            byte[] damaged = bytes.clone();
            damaged[at] ^= 0x10;
            int place = at;
            if (at < second) {
                assertThatThrownBy(() -> read(0, damaged))
                        .as("byte " + at)
                        .isInstanceOf(LedgerException.class)
                        .hasMessageContaining("ledger.journal-9")
                        .hasMessageContaining(
                                "at byte " + (place < JournalRecord.Begin.BYTES ? 0 : JournalRecord.Begin.BYTES))
                        .hasMessageContaining("accept-loss");
            } else {
                assertThat(read(0, damaged)).as("byte " + at).isEqualTo(1);
                assertThatThrownBy(() -> read(2, damaged))
                        .as("byte " + at)
                        .isInstanceOf(LedgerException.class)
                        .hasMessageContaining("at byte " + second);
            }
        }
    }

    /** How many groups are read out of these segments. */
    private long read(long acknowledged, byte[]... segments) throws Exception {
        Path where = Files.createDirectory(directory.resolve("read" + ++copies));
        for (int i = 0; i < segments.length; i++) {
            Files.write(
                    where.resolve("ledger.journal-" + (i + (segments.length == 1 ? 9 : 1))),
                    numbered(segments[i], i + (segments.length == 1 ? 9 : 1)));
        }
        try (Journal journal = new Journal("file:", where.resolve("ledger.mv.db"))) {
            return journal.replay(0, acknowledged, (step, events) -> {});
        }
    }

    /** The segment under another number, as long as its beginning is whole. */
    private static byte[] numbered(byte[] segment, long number) {
        JournalRecord.Begin begin = segment.length < JournalRecord.Begin.BYTES ? null : new JournalRecord.Begin(1, 1);
        if (begin == null
                || !java.util.Arrays.equals(
                        segment, 0, JournalRecord.Begin.BYTES, begin.bytes().array(), 0, JournalRecord.Begin.BYTES)) {
            return segment;
        }
        byte[] own = segment.clone();
        System.arraycopy(new JournalRecord.Begin(number, 1).bytes().array(), 0, own, 0, JournalRecord.Begin.BYTES);
        return own;
    }

    /**
     * A group whose sync failed may be on the disk all the same, before the one that came instead and was acknowledged
     * under its numbers.
     */
    @Test
    void groupWhoseSyncFailed_doesNotTakeTheNumbersOfTheOneThatCameInstead() throws Exception {
        Path where = Files.createDirectory(directory.resolve("failed"));
        Path database = where.resolve("ledger.mv.db");
        try (Journal journal = new Journal("file:", database)) {
            journal.append(Wire.T0, 1, Wire.events(json("run_alive", run(1), 1, 1)));
            journal.append(Wire.T0, 2, Wire.events(json("run_alive", run(2), 1, 1), json("run_alive", run(2), 2, 2)));
            journal.rotate();
            journal.append(Wire.T0, 2, Wire.events(json("run_alive", run(3), 1, 1)));
        }
        List<String> lines = new ArrayList<>();
        try (Journal journal = new Journal("file:", database)) {
            assertThat(journal.replay(0, 2, (step, events) -> lines.addAll(events)))
                    .isEqualTo(2);
        }
        assertThat(lines).hasSize(2);
        assertThat(lines.get(1)).contains(run(3).toString());
    }

    @Test
    void segmentThatIsMissing_orInAnothersPlace_isRefused_andNamesWhatIsLost() throws Exception {
        Path where = Files.createDirectory(directory.resolve("three"));
        Path database = where.resolve("ledger.mv.db");
        try (Journal journal = new Journal("file:", database)) {
            for (int i = 1; i <= 3; i++) {
                journal.append(Wire.T0, i, Wire.events(json("run_alive", run(1), i, i)));
                journal.rotate();
            }
        }
        byte[] one = Files.readAllBytes(segments(where).get(0));
        byte[] two = Files.readAllBytes(segments(where).get(1));
        Files.delete(segments(where).get(1));
        assertThatThrownBy(() -> read(database))
                .hasMessageContaining("ledger.journal-3")
                .hasMessageContaining("Lost with it is event 2");
        Files.write(where.resolve("ledger.journal-2"), one);
        assertThatThrownBy(() -> read(database))
                .hasMessageContaining("ledger.journal-2")
                .hasMessageContaining("segment 1 by its own words");
        Files.write(where.resolve("ledger.journal-2"), two);
        assertThat(read(database)).isEqualTo(3);
    }

    private static long read(Path database) throws Exception {
        try (Journal journal = new Journal("file:", database)) {
            return journal.replay(0, 0, (step, events) -> {});
        }
    }

    @Test
    void storeThatWasClosedByAFailure_comesBackWithWhatOnlyTheJournalHas() throws Exception {
        someHistory();
        Map<String, List<String>> before = rows(ledger);
        // What H2 does at a write that fails. Whoever had a connection then must not trust what it read.
        assertThatThrownBy(() -> ledger.jdbi()
                        .useHandle(handle ->
                                H2Connections.store(handle.getConnection()).closeImmediately()))
                .hasStackTraceContaining("closed by a failure");
        assertThat(ledger.jobs().newest(key("i", "p", "j"), JobLookup.Narrowing.NONE))
                .isPresent();
        assertThat(rows(ledger)).isEqualTo(before);
        assertThat(LedgerContract.append(ledger, json("run_alive", run(1), 7, 80))
                        .stored())
                .isEqualTo(1);
    }

    /** What undoes a group that was not committed takes that group alone: one of repeats appended nothing. */
    @Test
    void commitThatFails_takesNothingOfTheJournalButItsOwn() throws IOException {
        LedgerContract.append(ledger, json("run_alive", run(1), 1, 1));
        LedgerContract.append(ledger, json("run_alive", run(1), 2, 2));
        byte[] acknowledged =
                Files.readAllBytes(segments(directory.resolve("live")).get(0));
        AtomicBoolean failing = new AtomicBoolean(true);
        ledger.jdbi().setTransactionHandler(new CommitsThatFail(ledger.jdbi().getTransactionHandler(), failing));
        for (ObjectNode event : List.of(json("run_alive", run(1), 1, 1), json("run_alive", run(1), 3, 3))) {
            assertThatThrownBy(() -> LedgerContract.append(ledger, event))
                    .isInstanceOf(LedgerException.class)
                    .hasMessageContaining("a commit that fails");
            assertThat(segments(directory.resolve("live")).get(0)).hasBinaryContent(acknowledged);
        }
        failing.set(false);
        LedgerContract.append(ledger, json("run_alive", run(1), 3, 3));
        try (H2Ledger again = open(killed(), NO_CHECKPOINTS)) {
            assertThat(rows(again)).isEqualTo(rows(ledger));
            assertThat(again.audit().run(run(1)).orElseThrow().events()).isEqualTo(3);
        }
    }

    private static final class CommitsThatFail extends DelegatingTransactionHandler {
        private final AtomicBoolean failing;

        CommitsThatFail(TransactionHandler inner, AtomicBoolean failing) {
            super(inner);
            this.failing = failing;
        }

        @Override
        public void commit(Handle handle) {
            if (failing.get()) {
                throw new TransactionException("a commit that fails");
            }
            super.commit(handle);
        }

        @Override
        public TransactionHandler specialize(Handle handle) throws SQLException {
            return new CommitsThatFail(getDelegate().specialize(handle), failing);
        }
    }

    @Test
    void whatWasRemoved_staysRemoved_afterAKill() throws IOException {
        someHistory();
        Retention.Order order = new Retention.Order("anna", "a test");
        assertThat(ledger.upkeep().retention(Duration.ZERO).delete(run(1), true, order))
                .isPresent();
        try (H2Ledger again = open(killed(), NO_CHECKPOINTS)) {
            assertThat(rows(again)).isEqualTo(rows(ledger));
            assertThat(rows(again).get("stubs")).hasSizeGreaterThanOrEqualTo(1);
        }
    }

    @Test
    void afterCheckpoints_theJournalIsSmall_andNothingIsMissing() throws Exception {
        try (H2Ledger busy = open(directory.resolve("busy"), ALWAYS)) {
            for (int i = 1; i <= 40; i++) {
                LedgerContract.append(busy, started(run(1), i, i, "h" + i, "p", "j", "id" + i));
            }
            assertThat(segments(directory.resolve("busy")))
                    .as("segments of 40 groups")
                    .hasSizeLessThan(40);
            assertThat(busy.audit().events(run(1), 0, 100)).hasSize(40);
        }
        assertThat(files(directory.resolve("busy"))).as("the file and its mark").hasSize(2);
    }

    @Test
    void ledgerThatWasNotClosed_isLeftAlone_byThoseWhoReadOrRewriteTheFile() throws IOException {
        someHistory();
        Path copy = killed();
        Map<Path, byte[]> before = new LinkedHashMap<>();
        for (Path file : files(copy)) {
            before.put(file, Files.readAllBytes(file));
        }
        for (Runnable command : List.<Runnable>of(
                () -> H2Archive.open(copy.resolve("ledger"), 1024).close(),
                () -> H2Compact.compact(copy.resolve("ledger"), 1024))) {
            assertThatThrownBy(command::run)
                    .isInstanceOfSatisfying(
                            LedgerException.class, e -> assertThat(e.kind()).isEqualTo(LedgerException.Kind.UNUSABLE))
                    .hasMessageContaining("was not closed properly")
                    .hasMessageContaining("Start its ingester, stop it, and try again");
        }
        for (Map.Entry<Path, byte[]> file : before.entrySet()) {
            assertThat(Files.readAllBytes(file.getKey())).isEqualTo(file.getValue());
        }
        open(copy, ALWAYS).close();
        H2Archive.open(copy.resolve("ledger"), 1024).close();
    }

    @Test
    void groupThatDidNotReachTheJournal_isNotStored_andTheNextBeginsASegment() throws IOException {
        FullDisk.install();
        Path where = directory.resolve("live2");
        try (H2Ledger unlucky =
                open(where, new Medium(FullDisk.SCHEME, NO_CHECKPOINTS.rhythm(), path -> Long.MAX_VALUE))) {
            LedgerContract.append(unlucky, json("run_alive", run(1), 1, 1));
            FullDisk.full = true;
            assertThatThrownBy(() -> LedgerContract.append(unlucky, json("run_alive", run(1), 2, 2)))
                    .isInstanceOfSatisfying(
                            LedgerException.class, e -> assertThat(e.kind()).isEqualTo(LedgerException.Kind.FULL));
            FullDisk.full = false;
            assertThat(unlucky.audit().events(run(1), 0, 10)).hasSize(1);
            LedgerContract.append(unlucky, json("run_alive", run(1), 3, 3));
            assertThat(segments(where)).hasSize(2);
            Path copy = Files.createDirectory(directory.resolve("unlucky"));
            for (Path file : files(where)) {
                Files.copy(file, copy.resolve(file.getFileName()));
            }
            try (H2Ledger again = open(copy, NO_CHECKPOINTS)) {
                assertThat(rows(again)).isEqualTo(rows(unlucky));
            }
        }
    }

    @Test
    void groupsOfEverySize_comeBackToTheLetter() throws Exception {
        Path where = Files.createDirectory(directory.resolve("sizes"));
        List<List<String>> groups = new ArrayList<>();
        try (Journal journal = new Journal("file:", where.resolve("ledger.mv.db"))) {
            for (int size :
                    new int[] {1, 2, 1000, 60_000, 262_143 - 17, 262_143 - 16, 262_144 - 16, 262_145 - 16, 400_000, 1
                    }) {
                List<Event> events = new ArrayList<>();
                for (int i = 1; i <= 3; i++) {
                    events.add(new Event.RunAlive(new EventHead(
                            run(1),
                            i,
                            "run_alive",
                            Wire.T0,
                            "é".repeat(i == 2 ? 1 : size / 2) + "x".repeat(size % 2) + i)));
                }
                journal.append(Wire.T0, 1 + 3L * groups.size(), events);
                groups.add(events.stream().map(event -> event.head().body()).toList());
            }
            assertThat(journal.bytes()).isEqualTo(Files.size(segments(where).get(0)));
        }
        List<List<String>> read = new ArrayList<>();
        try (Journal journal = new Journal("file:", where.resolve("ledger.mv.db"))) {
            journal.replay(0, 30, (step, events) -> {
                assertThat(step.place().head().received()).isEqualTo(Wire.T0);
                read.add(events);
            });
        }
        assertThat(read).isEqualTo(groups);
    }

    @Test
    void journalOfAnotherVersion_isRefused_andNamed() throws IOException {
        Path where = Files.createDirectory(directory.resolve("newer"));
        open(where, NO_CHECKPOINTS).close();
        try (Journal journal = new Journal("file:", where.resolve("ledger.mv.db"))) {
            journal.append(
                    Wire.T0,
                    1,
                    List.of(new Event.RunAlive(
                            new EventHead(run(1), 1, "run_alive", Wire.T0, "{\"type\":\"from_the_future\"}"))));
        }
        assertThatThrownBy(() -> open(where, NO_CHECKPOINTS))
                .isInstanceOfSatisfying(
                        LedgerException.class, e -> assertThat(e.kind()).isEqualTo(LedgerException.Kind.UNUSABLE))
                .hasMessageContaining("ledger.journal-1")
                .hasMessageContaining("Start the version that wrote it");
        Files.delete(segments(where).get(0));
        open(where, NO_CHECKPOINTS).close();
    }

    /** What the journal gives back is what was stored: the text of an event says all that was read out of it. */
    @Test
    void everyKindOfEvent_isReadAgainAsItWas() {
        JobRecord record = Wire.jobs(Wire.events(
                        saved(run(3), 20, "h", "p", "upgrade", "a", "metadata", Map.of("k", List.of(1, 2)))))
                .get(0)
                .record(key("h", "p", "upgrade"));
        List<Event> events = new ArrayList<>(Wire.events(
                json("run_started", run(1), 1, 0, "run_name", "CHG-1", "labels", Map.of("team", "db")),
                json("play_started", run(1), 2, 1, "play", "p"),
                started(run(1), 3, 2, "h", "p", "j", "a", "async", 60, "unknown_field", Map.of("x", 1.5)),
                json("job_polled", run(1), 4, 3, "host", "h", "play", "p", "job", "j", "ansible_job_id", "a"),
                json(
                        "job_ended",
                        run(1),
                        5,
                        9,
                        "host",
                        "h",
                        "play",
                        "p",
                        "job",
                        "j",
                        "ansible_job_id",
                        "a",
                        "status",
                        "lost"),
                json("job_cleaned", run(1), 6, 9, "host", "h", "play", "p", "job", "j", "ansible_job_id", "a"),
                json("run_alive", run(1), 7, 70),
                saved(run(2), 20, "h", "p", "upgrade", "a"),
                json("run_finished", run(1), 8, 90, "stats", Map.of())));
        events.add(SavedJobs.event(record, run(4), Instant.parse("2026-11-20T10:00:00.123456Z")));
        for (Event event : events) {
            assertThat(BatchDecoder.again(event.head().body()))
                    .as(event.head().body())
                    .isEqualTo(event);
        }
        assertThatThrownBy(() -> BatchDecoder.again("{\"type\":\"run_alive\"}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("run_id");
        assertThatThrownBy(() -> BatchDecoder.again("letter"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not JSON");
    }
}
