package io.jobledger.ledger.h2;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.key;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.TestClock;
import io.jobledger.ledger.Findings;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Outbox;
import io.jobledger.log.LogHead;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups, what is restored from them, and records that are computed again. */
class LedgerCopiesTest {
    private static final List<String> MIRRORS = List.of("file:///mirror");

    @TempDir
    Path directory;

    private final TestClock clock = new TestClock(T0.plus(Duration.ofDays(1)));

    private Path ledger() {
        return directory.resolve("ledger");
    }

    private EmbeddedLedger open(Path path) {
        return EmbeddedLedger.open(EmbeddedLedgerTest.options(path), MIRRORS, clock);
    }

    private static void fill(EmbeddedLedger ledger, int run) {
        LedgerContract.append(
                ledger,
                json("run_started", run(run), 1, run, "playbook", "site.yml"),
                started(run(run), 2, run + 1, "h", "p", "j" + run, "a" + run));
    }

    private static boolean has(EmbeddedLedger ledger, int run) {
        return ledger.jobs().newest(key("h", "p", "j" + run), Narrowing.NONE).isPresent();
    }

    private Path backup(String name) {
        Path copy = directory.resolve(name);
        try (EmbeddedLedger ledger = open(ledger())) {
            fill(ledger, 1);
            assertThat(has(ledger, 1)).isTrue();
            Outbox.Entry due = ledger.outbox().due(ledger.mirrors().get(0), 9).get(0);
            ledger.outbox().done(List.of(due));
            ledger.backup(copy);
            fill(ledger, 2);
        }
        return copy;
    }

    @Test
    void backup_becomesALedger_ofANewEpoch_withWhatMirrorsHad() throws IOException {
        Path copy = backup("copy.zip");
        Path target = directory.resolve("elsewhere/ledger");
        LogHead head = LedgerRestore.restore(copy, target, "ops", "a test", clock);
        assertThat(head.epoch()).isEqualTo(2);
        assertThat(head.entry()).isEqualTo(3);
        try (EmbeddedLedger ledger = open(target)) {
            assertThat(has(ledger, 1)).isTrue();
            assertThat(has(ledger, 2)).isFalse();
            assertThat(ledger.outbox().backlog(ledger.mirrors().get(0)).pending())
                    .as("the mirror has it already")
                    .isZero();
            fill(ledger, 3);
            assertThat(has(ledger, 3)).isTrue();
            assertThat(ledger.outbox().backlog(ledger.mirrors().get(0)).pending())
                    .isEqualTo(1);
            Findings found = Findings.deep(ledger);
            assertThat(found.faults).isEmpty();
            assertThat(found.epochs).singleElement().satisfies(epoch -> {
                assertThat(epoch.by()).isEqualTo("ops");
                assertThat(epoch.reason()).isEqualTo("a test");
            });
        }
        assertThatThrownBy(() -> LedgerRestore.restore(copy, target, "ops", "again", clock))
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("already");
        assertNothingIsLeft(target.getParent());
    }

    private static void assertNothingIsLeft(Path parent) throws IOException {
        try (Stream<Path> files = Files.list(parent)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactly("ledger");
        }
    }

    @Test
    void damagedBackup_isRefused_andLeavesNothing() throws IOException {
        Path copy = backup("copy.zip");
        Path target = directory.resolve("elsewhere/ledger");
        byte[] bytes = Files.readAllBytes(copy);
        for (int length : new int[] {0, 1, bytes.length / 2, bytes.length - 300}) {
            Path cut = Files.write(directory.resolve("cut.zip"), java.util.Arrays.copyOf(bytes, length));
            assertThatThrownBy(() -> LedgerRestore.restore(cut, target, "ops", "a test", clock))
                    .as("%s of %s bytes", length, bytes.length)
                    .isInstanceOf(LedgerException.class)
                    .hasMessageContaining("cannot be restored");
        }
        try (Stream<Path> files = Files.list(target.getParent())) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void putBackDirectory_isRefused_untilTheLossIsAccepted() throws IOException {
        try (EmbeddedLedger ledger = open(ledger())) {
            fill(ledger, 1);
        }
        Path older = directory.resolve("older");
        copy(ledger().resolve("log"), older);
        try (EmbeddedLedger ledger = open(ledger())) {
            fill(ledger, 2);
            assertThat(has(ledger, 2)).isTrue();
        }
        copy(older, ledger().resolve("log"));
        assertThatThrownBy(() -> open(ledger()))
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("accept-loss");
        LedgerSalvage.Outcome outcome = LedgerSalvage.run(ledger(), "ops", clock);
        assertThat(outcome.head().epoch()).isEqualTo(2);
        try (EmbeddedLedger ledger = open(ledger())) {
            assertThat(has(ledger, 1)).isTrue();
            assertThat(has(ledger, 2)).isFalse();
            fill(ledger, 3);
            assertThat(has(ledger, 3)).isTrue();
            assertThat(ledger.outbox().due(ledger.mirrors().get(0), 9))
                    .as("what has the numbers of what was lost is new to the mirrors")
                    .anyMatch(entry -> entry.key().equals(key("h", "p", "j3")));
            assertThat(Findings.deep(ledger).faults).isEmpty();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    @Test
    void records_areComputedAgain_offlineAndWhileItRuns() {
        try (EmbeddedLedger ledger = open(ledger())) {
            fill(ledger, 1);
            assertThat(has(ledger, 1)).isTrue();
        }
        assertThat(LedgerComputing.run(
                                ledger(), 8192, (entry, of) -> assertThat(entry).isLessThanOrEqualTo(of))
                        .entry())
                .isEqualTo(2);
        try (EmbeddedLedger ledger = open(ledger())) {
            ledger.jdbi().useHandle(handle -> handle.execute("DELETE FROM job_keys"));
            assertThat(has(ledger, 1)).isFalse();
            ledger.computeAgain();
            fill(ledger, 2);
            assertThat(has(ledger, 2)).isTrue();
            assertThat(has(ledger, 1)).isTrue();
            assertThat(Findings.deep(ledger).faults).isEmpty();
        }
    }
}
