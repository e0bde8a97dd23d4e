package io.jobledger.ledger.h2;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.event.BatchDecoder;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.LedgerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a ledger that is refused, and of what killed processes leave beside one. */
class SalvageTest {
    @TempDir
    Path directory;

    private static H2Ledger open(Path where) {
        return H2Ledger.open(
                H2LedgerTest.options(where.resolve("ledger")), List.of("file:///mirror"), Clock.systemUTC());
    }

    private static void append(H2Ledger ledger, int... seqs) {
        for (int seq : seqs) {
            LedgerContract.append(ledger, json("run_alive", run(1), seq, seq));
        }
    }

    /** The files of a ledger that was killed after three groups. */
    private Path killed() throws IOException {
        Path live = directory.resolve("live");
        Path copy = Files.createDirectory(directory.resolve("copy"));
        try (H2Ledger ledger = open(live)) {
            append(ledger, 1, 2, 3);
            copy(live, copy);
        }
        return copy;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    private static List<Long> seqs(H2Ledger ledger) {
        return ledger.audit().events(run(1), 0, 100).stream()
                .map(event -> BatchDecoder.again(event).head().seq())
                .toList();
    }

    @Test
    void damagedJournal_isRefusedAgainAndAgain_untilSomebodyAcceptsTheLoss() throws IOException {
        Path copy = killed();
        Path journal = copy.resolve("ledger.journal-1");
        byte[] damaged = Files.readAllBytes(journal);
        damaged[JournalRecord.Begin.BYTES + JournalRecord.Head.BYTES + 5] ^= 1;
        Files.write(journal, damaged);
        for (int start = 0; start < 2; start++) {
            assertThatThrownBy(() -> open(copy))
                    .isInstanceOf(LedgerException.class)
                    .hasMessageContaining(journal + " of the ledger")
                    .hasMessageContaining("at byte 28")
                    .hasMessageContaining("Lost with it is event 1");
            assertThat(journal).hasBinaryContent(damaged);
        }
        H2Salvage.Outcome outcome = H2Salvage.run(copy.resolve("ledger"), 1024, Clock.systemUTC());
        assertThat(outcome)
                .extracting(H2Salvage.Outcome::known, H2Salvage.Outcome::before, H2Salvage.Outcome::stored)
                .containsExactly(3L, 0L, 2L);
        assertThat(outcome.evidence().resolve("ledger.journal-1")).hasBinaryContent(damaged);
        assertThat(outcome.evidence().resolve("ledger.mv.db")).exists();
        assertThat(journal).doesNotExist();
        try (H2Ledger ledger = open(copy)) {
            assertThat(seqs(ledger)).containsExactly(2L, 3L);
            append(ledger, 1);
            assertThat(DerivedRows.faults(ledger)).isEmpty();
        }
        try (H2Ledger ledger = open(copy)) {
            assertThat(seqs(ledger)).containsExactly(1L, 2L, 3L);
        }
    }

    @Test
    void olderCopyOfTheFile_isRefused_untilSomebodyAcceptsTheLoss() throws IOException {
        Path where = directory.resolve("older");
        try (H2Ledger ledger = open(where)) {
            append(ledger, 1);
        }
        byte[] older = Files.readAllBytes(where.resolve("ledger.mv.db"));
        try (H2Ledger ledger = open(where)) {
            append(ledger, 2);
        }
        Files.write(where.resolve("ledger.mv.db"), older);
        assertThatThrownBy(() -> open(where))
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("ledger.mv.db is damaged")
                .hasMessageContaining("jobledger accept-loss");
        H2Salvage.run(where.resolve("ledger"), 1024, Clock.systemUTC());
        try (H2Ledger ledger = open(where)) {
            assertThat(seqs(ledger)).containsExactly(1L);
        }
    }

    @Test
    void ledgerThatIsNotThere_orInUse_isNotSalvaged() throws IOException {
        assertThatThrownBy(() -> H2Salvage.run(directory.resolve("absent"), 1024, Clock.systemUTC()))
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("there is no ledger at");
        try (H2Ledger ledger = open(directory.resolve("used"))) {
            append(ledger, 1);
            assertThatThrownBy(() -> H2Salvage.run(directory.resolve("used/ledger"), 1024, Clock.systemUTC()))
                    .isInstanceOf(LedgerException.class)
                    .hasMessageContaining("already open");
        }
    }

    @Test
    void backupInThePlaceOfADamagedFile_getsWhatTheJournalHas() throws IOException {
        Path backup = directory.resolve("backup.zip");
        Path live = directory.resolve("live");
        Path copy = Files.createDirectory(directory.resolve("copy"));
        try (H2Ledger ledger = open(live)) {
            append(ledger, 1);
            ledger.backup(backup);
            append(ledger, 2, 3);
            copy(live, copy);
        }
        Files.delete(copy.resolve("ledger.mv.db"));
        H2Restore.restore(backup, copy.resolve("ledger"), Clock.systemUTC());
        try (H2Ledger ledger = open(copy)) {
            assertThat(seqs(ledger)).containsExactly(1L, 2L, 3L);
            assertThat(DerivedRows.faults(ledger)).isEmpty();
        }
    }

    @Test
    void whatKilledProcessesLeftBesideALedger_isRemovedAtItsNextStart() throws IOException {
        Path where = Files.createDirectory(directory.resolve("left"));
        List<Path> left = Stream.of(
                        ".ledger.mv.db.backup-%s.zip",
                        ".backup-%s.zip", ".ledger.mv.db.restore-%s.mv.db", ".ledger.mv.db.restore-%s.mark")
                .map(name -> where.resolve(name.formatted(UUID.randomUUID())))
                .toList();
        List<Path> others = Stream.of(".other.mv.db.backup-%s.zip", "backup-%s.zip")
                .map(name -> where.resolve(name.formatted(UUID.randomUUID())))
                .toList();
        for (Path file : Stream.concat(left.stream(), others.stream()).toList()) {
            Files.writeString(file, "half a copy");
        }
        open(where).close();
        assertThat(left).allSatisfy(file -> assertThat(file).doesNotExist());
        assertThat(others).allSatisfy(file -> assertThat(file).exists());
    }
}
