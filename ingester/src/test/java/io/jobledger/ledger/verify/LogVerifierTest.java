package io.jobledger.ledger.verify;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.saved;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.TestClock;
import io.jobledger.Wire;
import io.jobledger.ledger.Findings;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.Verifier;
import io.jobledger.ledger.Verifier.Fault;
import io.jobledger.ledger.h2.EmbeddedLedger;
import io.jobledger.ledger.h2.EmbeddedLedgerTest;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.log.EventLog;
import io.jobledger.log.LogChain;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogEntry.Kind;
import io.jobledger.log.LogException;
import io.jobledger.log.LogFact;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogRecord;
import io.jobledger.log.file.FileLog;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is changed behind the ledger's back is found, and the place is named. */
class LogVerifierTest {
    @TempDir
    Path directory;

    private final TestClock clock = new TestClock(T0.plus(Duration.ofDays(1)).plusNanos(123_456_789));
    private EmbeddedLedger ledger;
    private FileLog log;

    @BeforeEach
    void fill() {
        open();
        LedgerContract.append(
                ledger,
                json("run_started", run(1), 1, 0, "playbook", "site.yml"),
                started(run(1), 2, 1, "h", "p", "j", "a", "async", 60),
                json("play_started", run(2), 2, 3, "play", "p"));
        clock.advance(Duration.ofSeconds(1));
        LedgerContract.append(
                ledger,
                started(run(2), 3, 4, "h", "p", "k", "b"),
                json("run_started", run(2), 1, 2),
                saved(run(9), 6, "h", "nightly", "up", "a"));
        LedgerContract.append(
                ledger,
                json("job_ended", run(2), 4, 70, "host", "h", "ansible_job_id", "a", "status", "succeeded"),
                json("run_finished", run(2), 5, 71));
        ledger.close();
        ledger = null;
        log = FileLog.open(directory.resolve("log"), FileLog.Options.of(0));
    }

    private void open() {
        ledger = EmbeddedLedger.open(EmbeddedLedgerTest.options(directory), List.of(), clock);
    }

    @AfterEach
    void close() {
        if (log != null) {
            log.close();
        }
        if (ledger != null) {
            ledger.close();
        }
    }

    /** What a verification finds when the log's records are these. */
    private Findings after(Function<LogRecord, List<LogRecord>> change) {
        return Findings.of(new LogVerifier(changed(change), null, null), null, false);
    }

    /** The log as somebody has it who changed its records; what cannot be read is given as none. */
    private EventLog changed(Function<LogRecord, List<LogRecord>> change) {
        List<LogRecord> records = new ArrayList<>();
        log.read(1, record -> {
            List<LogRecord> now = change.apply(record);
            records.addAll(now == null ? List.of() : now);
            return true;
        });
        return (EventLog) Proxy.newProxyInstance(
                EventLog.class.getClassLoader(), new Class<?>[] {EventLog.class}, (proxy, method, arguments) -> {
                    if (!method.getName().equals("read")) {
                        return method.invoke(log, arguments);
                    }
                    read(records, (Long) arguments[0], arguments[1]);
                    return null;
                });
    }

    @SuppressWarnings("unchecked")
    private static void read(List<LogRecord> records, long from, Object each) {
        long next = from;
        for (LogRecord record : records) {
            if (record.last() >= from) {
                if (record.first() > next) {
                    throw new LogException(LogException.Kind.UNUSABLE, "a hole before entry " + record.first());
                }
                next = record.last() + 1;
                if (!((Predicate<LogRecord>) each).test(record)) {
                    return;
                }
            }
        }
    }

    private static LogRecord with(LogRecord record, long entry, String text, String other) {
        List<LogEntry> entries = record.entries().stream()
                .map(one -> one.entry() != entry
                        ? one
                        : new LogEntry(
                                one.entry(),
                                one.kind(),
                                one.run(),
                                one.seq(),
                                one.body().replace(text, other),
                                one.digest()))
                .toList();
        return new LogRecord(record.first(), record.last(), record.received(), entries, record.hash());
    }

    private static String place(Fault fault) {
        return fault.what() + " " + fault.entry();
    }

    @Test
    void untouched_isIntact() {
        Findings found = after(List::of);
        assertThat(found.faults).isEmpty();
        assertThat(found.verdict).isEqualTo(new Verifier.Verdict(3, 8, 0, 0, -1, 0, log.head(), null));
    }

    @Test
    void changedBody_namesTheRecord_itsRuns_andItsJobs() {
        Findings found = after(record -> List.of(with(record, 2, "\"j\"", "\"x\"")));
        assertThat(found.faults).extracting(LogVerifierTest::place).containsExactly("changed 1");
        assertThat(found.faults.get(0).detail())
                .contains("the entries 1 to 3", run(1).toString(), run(2).toString(), "h / p / x");
    }

    @Test
    void eachStoredThing_isHashed() {
        List<Function<LogRecord, LogRecord>> changes = List.of(
                record -> new LogRecord(
                        record.first(),
                        record.last(),
                        record.received().plusNanos(1000),
                        record.entries(),
                        record.hash()),
                record -> new LogRecord(
                        record.first(),
                        record.last(),
                        record.received(),
                        List.of(
                                record.entries().get(1),
                                record.entries().get(0),
                                record.entries().get(2)),
                        record.hash()),
                record -> replaced(
                        record,
                        entry -> new LogEntry(
                                entry.entry(), Kind.FACT, entry.run(), entry.seq(), entry.body(), entry.digest())),
                record -> replaced(
                        record,
                        entry -> new LogEntry(
                                entry.entry(),
                                entry.kind(),
                                new UUID(1, 1),
                                entry.seq(),
                                entry.body(),
                                entry.digest())),
                record -> replaced(
                        record,
                        entry -> new LogEntry(
                                entry.entry(), entry.kind(), entry.run(), 77, entry.body(), entry.digest())));
        for (Function<LogRecord, LogRecord> change : changes) {
            Findings found =
                    after(record -> List.of(record.first() == 1 && record.last() == 3 ? change.apply(record) : record));
            assertThat(found.faults).extracting(LogVerifierTest::place).contains("changed 1");
        }
    }

    private static LogRecord replaced(LogRecord record, Function<LogEntry, LogEntry> first) {
        List<LogEntry> entries = new ArrayList<>(record.entries());
        entries.set(0, first.apply(entries.get(0)));
        return new LogRecord(record.first(), record.last(), record.received(), entries, record.hash());
    }

    @Test
    void rewrittenRecord_withItsHash_breaksTheNextOne() {
        Findings found = after(record -> {
            if (record.first() != 1) {
                return List.of(record);
            }
            LogRecord other = with(record, 1, "site.yml", "evil.yml");
            byte[] hash = LogChain.next(
                    LogChain.start(),
                    other.first(),
                    other.last(),
                    other.received(),
                    other.entries().stream()
                            .map(entry -> LogChain.digest(entry.kind(), entry.run(), entry.seq(), entry.body()))
                            .toList());
            return List.of(new LogRecord(other.first(), other.last(), other.received(), other.entries(), hash));
        });
        assertThat(found.faults).extracting(LogVerifierTest::place).containsExactly("changed 4");
    }

    @Test
    void whatIsGoneWithoutAFact_isNamed() {
        Findings single = after(record -> List.of(replaced(
                record,
                entry -> new LogEntry(
                        entry.entry(),
                        entry.entry() == 1 ? Kind.REMOVED : entry.kind(),
                        entry.run(),
                        entry.seq(),
                        entry.entry() == 1 ? null : entry.body(),
                        entry.digest()))));
        assertThat(single.faults).extracting(Fault::what).containsOnly("removed");
        assertThat(single.faults.get(0).run()).isEqualTo(run(1));
        assertThat(single.faults.get(0).detail()).contains("1 events of this run are gone");
        Findings whole = after(record -> List.of(
                record.first() == 4
                        ? new LogRecord(record.first(), record.last(), record.received(), List.of(), record.hash())
                        : record));
        assertThat(whole.faults).singleElement().satisfies(fault -> {
            assertThat(fault.what()).isEqualTo("removed");
            assertThat(fault.detail()).contains("3 entries", "account for 0");
        });
    }

    @Test
    void whatCannotBeRead_isDamaged_andTheRestIsRead() {
        Findings found = after(record -> record.first() == 1 ? null : List.of(with(record, 8, "run", "RUN")));
        assertThat(found.faults).extracting(LogVerifierTest::place).containsExactly("damaged 1", "changed 7");
        assertThat(found.faults.get(0).detail()).contains("the entries 1 to 3 cannot be read");
        assertThat(after(record -> record.first() < 7 ? List.of(record) : null).faults)
                .extracting(LogVerifierTest::place)
                .containsExactly("damaged 7");
    }

    @Test
    void damagedFile_isDamaged() throws IOException {
        log.close();
        log = null;
        Path segment = directory.resolve("log/0000000000000000001.jlog");
        byte[] bytes = Files.readAllBytes(segment);
        log = FileLog.open(directory.resolve("log"), FileLog.Options.of(0));
        bytes[bytes.length / 2] ^= 1;
        Files.write(segment, bytes);
        Findings found = Findings.of(new LogVerifier(log, null, null), null, false);
        assertThat(found.faults).isNotEmpty().allMatch(fault -> fault.what().equals("damaged"));
        assertThat(found.verdict.intact()).isFalse();
    }

    @Test
    void epochs_areListed() {
        LogHead before = log.head();
        log.append(clock.instant(), List.of(new LogFact.EpochBegan(2, "ops", "restored", before.text())));
        Findings found = after(List::of);
        assertThat(found.faults).isEmpty();
        assertThat(found.epochs)
                .extracting(Verifier.Epoch::epoch, Verifier.Epoch::reason)
                .containsExactly(org.assertj.core.groups.Tuple.tuple(2, "restored"));
        assertThat(Findings.of(new LogVerifier(log, null, null), before.entry(), false)
                        .verdict
                        .then()
                        .head())
                .isEqualTo(before);
    }

    @Test
    void anchor_isTheHeadThen_alsoBeyondTheEnd() {
        List<LogHead> heads = new ArrayList<>();
        log.read(1, record -> heads.add(new LogHead(1, record.last(), record.hash())));
        for (LogHead head : heads) {
            assertThat(Findings.of(new LogVerifier(log, null, null), head.entry(), false)
                            .verdict
                            .then())
                    .isEqualTo(new Verifier.Then(head, null));
        }
        assertThat(Findings.of(new LogVerifier(log, null, null), 99L, false)
                        .verdict
                        .then()
                        .head())
                .isEqualTo(log.head());
    }

    @Test
    void changedRows_thatPeopleRead_areNamed() {
        log.close();
        log = null;
        open();
        assertThat(Findings.deep(ledger).faults).isEmpty();
        assertThat(Findings.deep(ledger).verdict.rows()).isPositive();
        assertThat(changedBy("UPDATE jobs SET status = 'failed' WHERE ansible_job_id = 'a'"))
                .containsExactly(
                        "table jobs: the row of entry 2 (h/p/j) differs from what follows from the log in" + " status");
        assertThat(changedBy("DELETE FROM job_keys WHERE entry = 4"))
                .singleElement()
                .asString()
                .endsWith("follows from the log, and is missing");
        assertThat(changedBy("INSERT INTO job_keys SELECT key_id, open, started_at, 99 FROM job_keys WHERE entry = 2"))
                .allMatch(detail -> detail.endsWith("is there, and does not follow from the log"));
        assertThat(changedBy("DELETE FROM runs")).hasSize(2);
    }

    private List<String> changedBy(String statement) {
        assertThat(ledger.audit().countJobs(JobFilter.ALL)).isEqualTo(2);
        ledger.jdbi().useHandle(handle -> assertThat(handle.execute(statement)).isPositive());
        List<String> details =
                Findings.deep(ledger).faults.stream().map(Fault::detail).toList();
        ledger.close();
        directory.resolve("projections.mv.db").toFile().delete();
        open();
        return details;
    }

    @Test
    void hashes_areThoseOfTheReferencePage() throws IOException {
        String page = Files.readString(Wire.checkout().resolve("docs/reference/chain.md"));
        UUID run = UUID.fromString("12345678-1234-4000-8000-000000000001");
        String body =
                "{\"type\":\"run_alive\",\"run_id\":\"" + run + "\",\"seq\":2,\"at\":\"2026-11-20T10:00:00.000000Z\"}";
        byte[] digest = LogChain.digest(Kind.EVENT, run, 2, body);
        byte[] hash = LogChain.next(LogChain.start(), 1, 1, LogChain.instant(1_795_168_801_250_000L), List.of(digest));
        assertThat(page)
                .contains(body)
                .contains(HexFormat.of().formatHex(digest))
                .contains(HexFormat.of().formatHex(hash));
    }
}
