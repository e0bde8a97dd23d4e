package io.jobledger.sink.copy;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.key;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.jobledger.TestClock;
import io.jobledger.ledger.Eraser;
import io.jobledger.ledger.Findings;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.Outbox;
import io.jobledger.ledger.Retention.Order;
import io.jobledger.ledger.h2.EmbeddedLedger;
import io.jobledger.ledger.h2.EmbeddedLedgerTest;
import io.jobledger.ledger.h2.LedgerRestore;
import io.jobledger.log.LogHead;
import io.jobledger.log.file.FileLog;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.sink.mirror.MirrorObjects;
import io.jobledger.sink.mirror.MirroredLog.Standing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the copy of a log promises, whatever keeps it: over real ledgers. */
public abstract class LogCopyContract {
    private static final String SECRET = "hunter2-secret";
    private static final Order ORDER = new Order("tester", "a test");
    private static final List<String> MIRRORS = List.of("file:///mirror");

    @TempDir
    Path directory;

    private final TestClock clock = new TestClock(T0.plus(Duration.ofDays(1)));
    private Mirror mirror;
    private EmbeddedLedger ledger;
    private LogCopier copier;

    /** An empty mirror. */
    protected abstract Mirror open() throws Exception;

    @BeforeEach
    void begin() throws Exception {
        mirror = open();
        ledger = ledger("ledger");
        copier = copier(ledger);
    }

    @AfterEach
    void end() {
        ledger.close();
        mirror.close();
    }

    private EmbeddedLedger ledger(String name) {
        return EmbeddedLedger.open(EmbeddedLedgerTest.options(directory.resolve(name)), MIRRORS, clock);
    }

    private LogCopier copier(EmbeddedLedger of) {
        return new LogCopier(
                mirror,
                of.files(),
                Map.of(
                        "tokens.json",
                        directory.resolve("tokens.json"),
                        "audit.jsonl",
                        directory.resolve("audit.jsonl")),
                Duration.ofMillis(50),
                clock,
                2000);
    }

    private static void fill(EmbeddedLedger ledger, int run) {
        LedgerContract.append(
                ledger,
                json("run_started", run(run), 1, run, "playbook", "site.yml"),
                started(run(run), 2, run + 1, "h", "p", "j" + run, "a" + run),
                json("run_finished", run(run), 3, run + 2));
    }

    private static boolean has(EmbeddedLedger ledger, int run) {
        return ledger.jobs().newest(key("h", "p", "j" + run), Narrowing.NONE).isPresent();
    }

    private Standing round(LogCopier of) {
        of.round();
        return of.standing();
    }

    private LogHead restore(String name) {
        LogCopyReader reader = LogCopyReader.of(mirror).orElseThrow();
        return LedgerRestore.restore(reader::into, directory.resolve(name), "ops", "a test", clock);
    }

    private Manifest manifest() {
        return Manifest.read(mirror.objects().get(Manifest.NAME).orElseThrow().bytes());
    }

    private void requireWhole(Standing standing) {
        assertThat(standing.error()).isNull();
        assertThat(standing.state()).isEqualTo("whole");
        assertThat(standing.head()).isEqualTo(ledger.files().log().head());
        assertThat(standing.entries()).isZero();
        assertThat(standing.behind()).isZero();
    }

    /** The files of the copied log are those of the ledger, and nothing else is kept. */
    private void requireSame() throws IOException {
        Path copied = Files.createTempDirectory(directory, "copied");
        LogCopyReader.of(mirror).orElseThrow().into(copied, copied.resolve("delivery"));
        Files.deleteIfExists(copied.resolve("delivery"));
        try (Stream<Path> files = Files.list(copied)) {
            for (Path file : files.toList()) {
                assertThat(Files.readAllBytes(file))
                        .isEqualTo(Files.readAllBytes(
                                directory.resolve("ledger/log").resolve(file.getFileName())));
            }
        }
        Set<String> needed = new TreeSet<>(manifest().objects());
        needed.add(Manifest.NAME);
        assertThat(mirror.objects().list()).containsExactlyInAnyOrderElementsOf(needed);
    }

    @Test
    void restoredElsewhere_itAnswers_inANewEpoch_andItsCopyGoesOn_whileTheOldOneStops() throws IOException {
        Files.writeString(directory.resolve("audit.jsonl"), "{\"act\":1}\n{\"act\":");
        assertThat(round(copier).head()).as("nothing to copy").isNull();
        assertThat(mirror.objects().list()).isEmpty();
        fill(ledger, 1);
        assertThat(copier.standing().entries()).isEqualTo(3);
        requireWhole(round(copier));
        for (int run = 2; run <= 30; run++) {
            fill(ledger, run);
            if (run % 5 == 0) {
                requireWhole(round(copier));
            }
        }
        Outbox.Entry due = ledger.outbox().due(ledger.mirrors().get(0), 9).get(0);
        ledger.outbox().done(List.of(due));
        Files.writeString(directory.resolve("audit.jsonl"), "{\"act\":1}\n{\"act\":2}\n");
        clock.advance(Duration.ofMinutes(2));
        requireWhole(round(copier));
        requireSame();
        LogHead known = ledger.files().log().head();

        LogHead head = restore("elsewhere");
        assertThat(head.epoch()).isEqualTo(2);
        assertThat(head.entry()).isEqualTo(known.entry() + 1);
        Path trail = directory.resolve("restored.jsonl");
        assertThat(LogCopyReader.of(mirror).orElseThrow().file("audit.jsonl", trail))
                .isTrue();
        assertThat(trail).hasContent("{\"act\":1}\n{\"act\":2}\n");
        try (EmbeddedLedger second = ledger("elsewhere")) {
            for (int run = 1; run <= 30; run++) {
                assertThat(has(second, run)).isTrue();
            }
            assertThat(second.outbox().backlog(second.mirrors().get(0)).pending())
                    .as("what the mirror had is known")
                    .isEqualTo(29);
            assertThat(Findings.deep(second).faults).isEmpty();
            fill(second, 40);
            LogCopier goesOn = copier(second);
            assertThat(round(goesOn).state()).isEqualTo("whole");
            assertThat(manifest().head().epoch()).isEqualTo(2);

            fill(ledger, 50);
            Standing old = round(copier);
            assertThat(old.blocked()).isTrue();
            assertThat(old.error()).contains("another ingester", "mirror retry");
            assertThat(copier.retry()).isTrue();
            old = round(copier);
            assertThat(old.blocked()).isTrue();
            assertThat(old.error()).contains("of epoch 2", "which this ledger has not");
            assertThat(old.entries()).isPositive();
            fill(second, 41);
            assertThat(round(goesOn).state()).isEqualTo("whole");
            assertThat(manifest().head()).isEqualTo(second.files().log().head());
        }
    }

    @Test
    void anotherLedgerOnTheSamePlace_isRefused_andHarmsNothing() throws IOException {
        fill(ledger, 1);
        requireWhole(round(copier));
        byte[] before = mirror.objects().get(Manifest.NAME).orElseThrow().bytes();
        try (EmbeddedLedger other = ledger("other")) {
            fill(other, 2);
            fill(other, 3);
            LogCopier second = copier(other);
            Standing standing = round(second);
            assertThat(standing.blocked()).isTrue();
            assertThat(standing.error())
                    .contains(mirror.uri(), "another ledger's", "a place of its own", "log-copy", "mirror retry");
            assertThat(second.lastingFailures()).isEqualTo(1);
        }
        assertThat(mirror.objects().get(Manifest.NAME).orElseThrow().bytes()).isEqualTo(before);
        requireWhole(round(copier));
        requireSame();
    }

    @Test
    void restarted_itGoesOn_withoutPuttingItAllAgain_andRemovesWhatAKillLeft() throws IOException {
        for (int run = 1; run <= 20; run++) {
            fill(ledger, run);
        }
        requireWhole(round(copier));
        mirror.objects().put("1/0000000000000000001/left-over-1", new byte[] {1}, null);
        long bytes = copier.bytes();
        LogCopier next = copier(ledger);
        fill(ledger, 21);
        requireWhole(round(next));
        assertThat(next.bytes()).isLessThan(bytes);
        requireSame();
    }

    @Test
    void retentionAndErase_reachTheCopy() throws IOException {
        LedgerContract.append(
                ledger,
                json("run_started", run(1), 1, 1, "playbook", "site.yml", "run_name", "night"),
                started(run(1), 2, 2, "h", "p", "load", "a1", "details", Map.of("cmd", "--pw " + SECRET)));
        fill(ledger, 2);
        fill(ledger, 3);
        requireWhole(round(copier));
        assertThat(copied()).contains(SECRET).contains(run(2).toString());
        Set<String> before = Set.copyOf(mirror.objects().list());

        assertThat(ledger.upkeep().eraser().erase(new Eraser.What(run(1), 2, SECRET), ORDER))
                .isPresent();
        ledger.upkeep().retention(Duration.ofHours(1)).delete(run(2), true, ORDER);
        clock.advance(Duration.ofMinutes(2));
        requireWhole(round(copier));
        requireSame();
        assertThat(mirror.objects().list())
                .doesNotContainAnyElementsOf(before.stream()
                        .filter(name -> !name.equals(Manifest.NAME))
                        .toList());
        assertThat(copied()).doesNotContain(SECRET).contains("[erased]");
        restore("elsewhere");
        try (EmbeddedLedger second = ledger("elsewhere")) {
            assertThat(has(second, 3)).isTrue();
            assertThat(has(second, 2)).isFalse();
            assertThat(Findings.deep(second).faults).isEmpty();
        }
    }

    /** Every object as it is, and all bodies of the log that is made of them. */
    private String copied() throws IOException {
        StringBuilder all = new StringBuilder();
        for (String name : mirror.objects().list()) {
            all.append(new String(mirror.objects().get(name).orElseThrow().bytes(), StandardCharsets.UTF_8));
        }
        Path copied = Files.createTempDirectory(directory, "read");
        LogCopyReader.of(mirror).orElseThrow().into(copied, directory.resolve(copied.getFileName() + ".sql"));
        try (FileLog log = FileLog.open(copied, FileLog.Options.of(0))) {
            log.read(1, record -> {
                record.entries().forEach(entry -> all.append(entry.body()));
                return true;
            });
        }
        return all.toString();
    }

    @Test
    void missingOrDamagedObject_refusesTheRestore_byItsName_andLeavesNothing() throws IOException {
        for (int run = 1; run <= 12; run++) {
            fill(ledger, run);
        }
        requireWhole(round(copier));
        MirrorObjects objects = mirror.objects();
        List<Piece> pieces = manifest().segments().get(0).pieces();
        assertThat(pieces).hasSizeGreaterThan(1);
        String name = pieces.get(1).object();
        MirrorObjects.Held held = objects.get(name).orElseThrow();
        byte[] changed = held.bytes().clone();
        changed[changed.length / 2] ^= 1;
        objects.put(name, changed, held.tag());
        refused(name, "is not as it was written");
        objects.delete(name);
        refused(name, "is missing");
        objects.put(name, held.bytes(), null);

        MirrorObjects.Held manifest = objects.get(Manifest.NAME).orElseThrow();
        String text = new String(manifest.bytes(), StandardCharsets.UTF_8);
        String tag = objects.put(
                        Manifest.NAME,
                        text.replaceFirst("\"round\":(\\d)", "\"round\":9$1").getBytes(StandardCharsets.UTF_8),
                        manifest.tag())
                .orElseThrow();
        assertThatThrownBy(() -> LogCopyReader.of(mirror))
                .isInstanceOf(MirrorException.class)
                .hasMessageContaining("manifest.json")
                .hasMessageContaining("checksum");
        objects.put(Manifest.NAME, manifest.bytes(), tag);
        restore("elsewhere");
    }

    private void refused(String object, String how) throws IOException {
        assertThatThrownBy(() -> restore("elsewhere"))
                .isInstanceOf(MirrorException.class)
                .hasMessageContaining(object)
                .hasMessageContaining(how)
                .hasMessageContaining("entries 1 to")
                .hasMessageContaining("Nothing was restored");
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString())).noneMatch(file -> file.contains("elsewhere"));
        }
    }

    @Test
    void whileEventsCome_theLagStaysBounded_andALastRoundTakesTheRest() {
        copier.start();
        for (int run = 1; run <= 20; run++) {
            fill(ledger, run);
            long entry = ledger.files().log().head().entry();
            await().atMost(30, TimeUnit.SECONDS).until(() -> {
                LogHead copied = copier.standing().head();
                return copied != null && copied.entry() >= entry;
            });
        }
        fill(ledger, 21);
        copier.close();
        requireWhole(copier.standing());
    }

    @Test
    void idleCopy_saysThatItIsFed() {
        fill(ledger, 1);
        requireWhole(round(copier));
        Manifest first = manifest();
        clock.advance(Duration.ofMinutes(59));
        requireWhole(round(copier));
        // What the mirrors have is looked at again, and is the same.
        assertThat(manifest()).isEqualTo(first);
        clock.advance(Duration.ofMinutes(2));
        requireWhole(round(copier));
        assertThat(manifest().asOf()).isEqualTo(clock.instant());
        assertThat(manifest().segments()).isEqualTo(first.segments());
    }
}
