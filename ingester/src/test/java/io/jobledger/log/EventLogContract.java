package io.jobledger.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.Wire;
import io.jobledger.json.Json;
import io.jobledger.log.EventLog.Appended;
import io.jobledger.log.EventLog.Purge;
import io.jobledger.log.EventLog.Repeat;
import io.jobledger.log.LogEntry.Kind;
import io.jobledger.log.SeqRanges.Range;
import io.jobledger.model.Event;
import io.jobledger.model.EventHead;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every log does. */
public abstract class EventLogContract {
    public static final Instant NOW = Wire.T0.plusNanos(123_456_789);

    protected EventLog log;

    /** Opens the log of this test, which is empty at first and keeps what it has when it is closed. */
    protected abstract EventLog open();

    @BeforeEach
    void begin() {
        log = open();
    }

    @AfterEach
    void end() {
        log.close();
    }

    private void reopen() {
        log.close();
        log = open();
    }

    /** An event of a run, told apart by its text. */
    public static Event event(int run, long seq, String text) {
        String body = Json.text(Wire.json("run_alive", Wire.run(run), seq, seq, "note", text));
        return new Event.RunAlive(new EventHead(Wire.run(run), seq, "run_alive", Wire.T0.plusSeconds(seq), body));
    }

    public static List<Event> events(int run, int from, int to) {
        return IntStream.rangeClosed(from, to)
                .mapToObj(seq -> event(run, seq, "n"))
                .toList();
    }

    private static UUID id(int run) {
        return Wire.run(run).value();
    }

    private Appended append(Event... events) {
        return log.append(List.of(List.of(events)), NOW);
    }

    public static List<LogRecord> read(EventLog log, long from) {
        List<LogRecord> records = new ArrayList<>();
        log.read(from, records::add);
        return records;
    }

    private List<LogEntry> ofRun(int run, long from, long upTo) {
        List<LogEntry> entries = new ArrayList<>();
        log.ofRun(id(run), from, upTo, entries::add);
        return entries;
    }

    /** Fails when the records do not count on, or their hashes do not follow from each other. */
    public static void requireChained(EventLog log) {
        long entry = 0;
        byte[] hash = LogChain.start();
        for (LogRecord record : read(log, 1)) {
            if (!record.isStub()) {
                List<byte[]> digests = new ArrayList<>();
                for (LogEntry each : record.entries()) {
                    byte[] digest = each.kind() == Kind.REMOVED
                            ? each.digest()
                            : LogChain.digest(each.kind(), each.run(), each.seq(), each.body());
                    if (each.entry() != record.first() + digests.size() || !Arrays.equals(digest, each.digest())) {
                        throw new AssertionError("entry " + each.entry() + " does not count on, or has another digest");
                    }
                    digests.add(digest);
                }
                hash = LogChain.next(hash, record.first(), record.last(), record.received(), digests);
                if (record.last() != entry + digests.size() || !Arrays.equals(hash, record.hash())) {
                    throw new AssertionError("the record of entry " + record.first() + " does not follow");
                }
            }
            if (record.first() != entry + 1) {
                throw new AssertionError("after entry " + entry + " comes " + record.first());
            }
            hash = record.hash();
            entry = record.last();
        }
        assertThat(log.head().entry()).isEqualTo(entry);
        assertThat(log.head().hash()).isEqualTo(hash);
    }

    @Test
    void whatIsEmpty_hasNothing() {
        assertThat(log.head()).isEqualTo(new LogHead(1, 0, new byte[32]));
        assertThat(read(log, 1)).isEmpty();
        assertThat(ofRun(1, 1, Long.MAX_VALUE)).isEmpty();
        assertThat(log.ranges(id(1)).ranges()).isEmpty();
        assertThat(append().head().entry()).isZero();
        log.check();
        reopen();
        assertThat(log.head()).isEqualTo(new LogHead(1, 0, new byte[32]));
    }

    @Test
    void batches_becomeOneRecord_withTheirEventsInOrder() {
        Appended appended = log.append(List.of(events(1, 1, 2), List.of(), events(2, 1, 1)), NOW);
        assertThat(appended.stored()).containsExactly(2, 0, 1);
        assertThat(appended.changed()).isEmpty();
        assertThat(appended.head()).isEqualTo(log.head());
        assertThat(appended.fresh()).extracting(EventLog.Logged::entry).containsExactly(1L, 2L, 3L);
        assertThat(appended.fresh()).extracting(EventLog.Logged::received).containsOnly(Wire.T0.plusNanos(123_456_000));
        assertThat(appended.fresh().get(2).event()).isEqualTo(event(2, 1, "n"));
        reopen();
        assertThat(log.head()).isEqualTo(appended.head());
        assertThat(read(log, 1)).singleElement().satisfies(record -> {
            assertThat(record.received()).isEqualTo(Wire.T0.plusNanos(123_456_000));
            assertThat(record.entries())
                    .extracting(LogEntry::body)
                    .containsExactly(
                            event(1, 1, "n").head().body(),
                            event(1, 2, "n").head().body(),
                            event(2, 1, "n").head().body());
        });
        requireChained(log);
    }

    @Test
    void aRepeat_appendsNothing_andOneWithOtherContentIsReported() {
        append(event(1, 1, "a"), event(1, 2, "b"));
        LogHead head = log.head();
        for (int i = 0; i < 2; i++) {
            Appended again = append(event(1, 2, "b"), event(1, 1, "other"), event(1, 1, "other"));
            assertThat(again.stored()).containsExactly(0);
            assertThat(again.fresh()).isEmpty();
            assertThat(again.changed()).containsExactly(new Repeat(id(1), 1));
            assertThat(again.head()).isEqualTo(head);
            reopen();
        }
        assertThat(append(event(1, 2, "b"), event(1, 3, "c")).stored()).containsExactly(1);
        assertThat(ofRun(1, 1, 9)).extracting(LogEntry::seq).containsExactly(1L, 2L, 3L);
    }

    @Test
    void twiceInOneCall_isStoredOnce() {
        Appended appended = log.append(
                List.of(List.of(event(1, 1, "a"), event(1, 1, "a")), List.of(event(1, 1, "b"), event(1, 2, "c"))), NOW);
        assertThat(appended.stored()).containsExactly(1, 1);
        assertThat(appended.changed()).containsExactly(new Repeat(id(1), 1));
        assertThat(ofRun(1, 1, 9))
                .extracting(LogEntry::body)
                .containsExactly(
                        event(1, 1, "a").head().body(), event(1, 2, "c").head().body());
    }

    @Test
    void numbersOfARun_mayComeInAnyOrder() {
        append(event(1, 7, "n"));
        append(event(1, 3, "n"), event(1, 1, "n"));
        append(event(1, 2, "n"));
        for (int i = 0; i < 2; i++) {
            assertThat(log.ranges(id(1)).ranges()).containsExactly(new Range(1, 3), new Range(7, 7));
            assertThat(log.ranges(id(1)).highest()).isEqualTo(7);
            assertThat(log.ranges(id(2)).ranges()).isEmpty();
            reopen();
        }
        log.ranges(id(1)).add(4);
        assertThat(log.ranges(id(1)).contains(4)).isFalse();
        assertThat(append(event(1, 4, "n")).stored()).containsExactly(1);
    }

    @Test
    void aRunOfZeros_isARunLikeOthers() {
        Event event = Wire.event(Wire.json("run_alive", new io.jobledger.model.RunId(LogEntry.NO_RUN), 1, 1));
        log.append(NOW, List.of(new LogFact.JobKept(1, 1, "{}")));
        append(event);
        reopen();
        assertThat(append(event).stored()).containsExactly(0);
        List<LogEntry> found = new ArrayList<>();
        log.ofRun(LogEntry.NO_RUN, 1, 9, found::add);
        assertThat(found).extracting(LogEntry::entry).containsExactly(2L);
    }

    @Test
    void reading_beginsWithTheRecordThatHasTheEntry_andStopsWhenTold() {
        for (int i = 0; i < 10; i++) {
            log.append(List.of(events(i, 1, 3)), NOW);
        }
        assertThat(read(log, 1)).hasSize(10);
        assertThat(read(log, 0)).hasSize(10);
        assertThat(read(log, 5)).extracting(LogRecord::first).startsWith(4L, 7L).hasSize(9);
        assertThat(read(log, 30)).extracting(LogRecord::last).containsExactly(30L);
        assertThat(read(log, 31)).isEmpty();
        List<LogRecord> some = new ArrayList<>();
        log.read(1, record -> some.add(record) && some.size() < 3);
        assertThat(some).hasSize(3);
    }

    @Test
    void aRun_isFoundAmongOthers() {
        for (int i = 1; i <= 20; i++) {
            log.append(List.of(events(1, i, i), events(2, i, i)), NOW);
        }
        assertThat(ofRun(1, 1, 40)).hasSize(20);
        assertThat(ofRun(1, 3, 8)).extracting(LogEntry::entry).containsExactly(3L, 5L, 7L);
        assertThat(ofRun(3, 1, 40)).isEmpty();
        List<LogEntry> some = new ArrayList<>();
        log.ofRun(id(2), 1, 40, entry -> some.add(entry) && some.size() < 2);
        assertThat(some).extracting(LogEntry::seq).containsExactly(1L, 2L);
    }

    @Test
    void whatIsLargeOrStrange_comesBackAsItWas() {
        String large = "x".repeat(900_000) + "é€😀";
        append(event(1, 1, large), event(1, 2, "Ünï\u0000\n\"\\ 漢字 😀"));
        List<Event> many = new ArrayList<>();
        for (int i = 3; i < 12; i++) {
            many.add(event(1, i, large.substring(0, 20_000 * i)));
        }
        log.append(List.of(many), NOW);
        for (int i = 0; i < 2; i++) {
            assertThat(ofRun(1, 1, 99).get(0).body())
                    .isEqualTo(event(1, 1, large).head().body());
            assertThat(ofRun(1, 2, 2).get(0).body())
                    .isEqualTo(event(1, 2, "Ünï\u0000\n\"\\ 漢字 😀").head().body());
            assertThat(ofRun(1, 1, 99)).hasSize(11);
            requireChained(log);
            reopen();
        }
    }

    @Test
    void facts_areEntries() {
        List<LogFact> facts = List.of(
                new LogFact.RunsForgotten("ops", "old", List.of(new LogFact.Forgotten(id(1), 3, 1, List.of()))),
                new LogFact.JobKept(7, 3, "{\"a\":1}"),
                new LogFact.EventReplaced(2, "ops", "secret", "{}"));
        append(event(1, 1, "n"));
        LogHead head = log.append(NOW, facts);
        assertThat(head.entry()).isEqualTo(4);
        assertThat(head.epoch()).isEqualTo(1);
        assertThat(log.append(NOW, List.of())).isEqualTo(head);
        reopen();
        assertThat(log.head()).isEqualTo(head);
        assertThat(read(log, 2)).singleElement().satisfies(record -> {
            assertThat(record.entries()).extracting(LogEntry::kind).containsOnly(Kind.FACT);
            assertThat(record.entries())
                    .extracting(entry -> LogFact.parse(entry.body()))
                    .isEqualTo(facts);
        });
        requireChained(log);
    }

    @Test
    void anEpoch_beginsWithItsFact() {
        append(event(1, 1, "n"));
        LogHead before = log.head();
        LogHead head = log.append(NOW, List.of(new LogFact.EpochBegan(2, "ops", "restored", before.text())));
        assertThat(head.epoch()).isEqualTo(2);
        assertThat(head.entry()).isEqualTo(2);
        reopen();
        assertThat(log.head()).isEqualTo(head);
        assertThat(append(event(1, 2, "n")).head().epoch()).isEqualTo(2);
        assertThat(append(event(1, 1, "n")).stored()).containsExactly(0);
        reopen();
        assertThat(log.head().epoch()).isEqualTo(2);
        requireChained(log);
    }

    @Test
    void whatCameOfARunAfterThePurgeWasDecided_stays() {
        log.append(List.of(events(1, 1, 3)), NOW);
        long decided = log.head().entry();
        log.append(List.of(events(1, 4, 5), events(2, 1, 1)), NOW);
        assertThat(log.purge(new Purge(Set.of(id(1)), decided, Set.of()))).isEqualTo(3);
        assertThat(ofRun(1, 1, 99)).extracting(LogEntry::seq).containsExactly(4L, 5L);
        assertThat(log.ranges(id(1)).ranges()).containsExactly(new Range(1, 5));
        requireChained(log);
    }

    @Test
    void whatIsPurged_leavesItsDigests_andItsNumbers() {
        log.append(List.of(events(1, 1, 2), events(2, 1, 2)), NOW);
        log.append(List.of(events(1, 3, 4)), NOW);
        log.append(List.of(List.of(event(1, 5, "secret")), events(2, 3, 3)), NOW);
        append(event(2, 4, "secret"));
        LogHead head = log.head();
        assertThat(log.purge(new Purge(Set.of(id(1)), Long.MAX_VALUE, Set.of())))
                .isEqualTo(5);
        assertThat(log.purge(new Purge(Set.of(id(1)), Long.MAX_VALUE, Set.of())))
                .isZero();
        assertThat(log.purge(new Purge(Set.of(id(9)), Long.MAX_VALUE, Set.of(9L, 99L))))
                .isEqualTo(1);
        for (int i = 0; i < 2; i++) {
            assertThat(log.head()).isEqualTo(head);
            assertThat(ofRun(1, 1, 99)).isEmpty();
            assertThat(ofRun(2, 1, 99)).extracting(LogEntry::seq).containsExactly(1L, 2L, 3L);
            assertThat(log.ranges(id(1)).ranges()).containsExactly(new Range(1, 5));
            assertThat(log.ranges(id(2)).ranges()).containsExactly(new Range(1, 4));
            assertThat(read(log, 1).stream().flatMap(record -> record.entries().stream()))
                    .filteredOn(entry -> entry.kind() == Kind.REMOVED)
                    .allSatisfy(entry -> assertThat(entry.body()).isNull());
            assertThat(read(log, 6))
                    .first()
                    .satisfies(record -> assertThat(record.isStub()).isTrue());
            requireChained(log);
            reopen();
        }
        assertThat(log.append(List.of(events(1, 1, 6)), NOW).stored()).containsExactly(1);
        assertThat(append(event(1, 1, "other")).changed()).containsExactly(new Repeat(id(1), 1));
    }

    @Test
    void aHead_isAPlaceInTheHistory() {
        append(event(1, 1, "a"));
        byte[] first = log.head().hash();
        append(event(1, 2, "a"));
        assertThat(log.head().hash()).isNotEqualTo(first);
        assertThat(read(log, 1).get(0).hash()).isEqualTo(first);
        assertThat(Arrays.equals(first, LogChain.start())).isFalse();
        assertThat(LogHead.parse(log.head().text())).isEqualTo(log.head());
    }

    @Test
    void itsSize_growsWithIt() {
        long before = log.bytes();
        append(event(1, 1, "x".repeat(10_000)));
        assertThat(log.bytes()).isGreaterThan(before);
        assertThat(event(1, 1, "é").head().body().getBytes(StandardCharsets.UTF_8))
                .isNotEmpty();
    }
}
