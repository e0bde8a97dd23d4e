package io.jobledger.ledger.retention;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.key;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.TestClock;
import io.jobledger.ledger.Eraser;
import io.jobledger.ledger.Eraser.What;
import io.jobledger.ledger.Findings;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Retention.Order;
import io.jobledger.ledger.h2.EmbeddedLedger;
import io.jobledger.ledger.h2.EmbeddedLedgerTest;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.RunFilter;
import io.jobledger.ledger.query.StoredEvent;
import io.jobledger.log.LogHead;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was recorded by mistake is gone everywhere, and everything else is as it was. */
class EraserTest {
    private static final String SECRET = "hunter2-\u00e4";
    private static final Order ORDER = new Order("tester", "a password");

    @TempDir
    Path directory;

    private final TestClock clock = new TestClock(T0.plus(Duration.ofDays(1)));
    private EmbeddedLedger ledger;

    @BeforeEach
    void fill() {
        open();
        LedgerContract.append(
                ledger,
                json(
                        "run_started",
                        run(1),
                        1,
                        0,
                        "playbook",
                        "site.yml",
                        "run_name",
                        "night " + SECRET,
                        "labels",
                        Map.of("team", SECRET)),
                started(run(1), 2, 1, "h", "p", "load " + SECRET, "a", "details", Map.of("cmd", "--pw " + SECRET)),
                started(run(1), 3, 1, "h", "p", "other", "b"),
                json(
                        "job_ended",
                        run(1),
                        4,
                        9,
                        "host",
                        "h",
                        "ansible_job_id",
                        "a",
                        "status",
                        "failed",
                        "message",
                        "wrong password " + SECRET),
                json("play_started", run(1), 5, 10, "play", "with " + SECRET));
    }

    private void open() {
        ledger = EmbeddedLedger.open(EmbeddedLedgerTest.options(directory), List.of(), clock);
    }

    @AfterEach
    void close() {
        ledger.close();
    }

    private Eraser eraser() {
        return ledger.upkeep().eraser();
    }

    private Eraser.Erased erase(long seq) {
        return eraser().erase(new What(run(1), seq, SECRET), ORDER).orElseThrow();
    }

    private static boolean has(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1)
                    .contains(new String(SECRET.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void secret_goesFromLogAndRecords_andTheRestStays() throws IOException {
        LogHead anchor = Findings.deep(ledger).verdict.head();
        assertThat(erase(2).alsoIn()).containsExactly(1L, 4L, 5L);
        for (long seq : List.of(1L, 4L, 5L)) {
            erase(seq);
        }
        for (int round = 0; round < 2; round++) {
            Findings found = Findings.deep(ledger);
            assertThat(found.faults).isEmpty();
            assertThat(found.removals)
                    .hasSize(4)
                    .allMatch(removal -> removal.reason().equals("a password"));
            assertThat(found.verdict.removed()).isEqualTo(4);
            assertThat(Findings.of(ledger.upkeep().verifier(), anchor.entry(), false)
                            .verdict
                            .then()
                            .head())
                    .as("an anchor from before agrees still")
                    .isEqualTo(anchor);
            assertThat(ledger.audit().runs(RunFilter.ALL, PageRequest.first(9)).items())
                    .singleElement()
                    .satisfies(run -> {
                        assertThat(run.info().runName()).isEqualTo("night [erased]");
                        assertThat(run.info().labels()).containsEntry("team", "[erased]");
                        assertThat(run.complete()).isTrue();
                    });
            assertThat(ledger.jobs()
                            .newest(key("h", "p", "load [erased]"), Narrowing.NONE)
                            .orElseThrow()
                            .message())
                    .isEqualTo("wrong password [erased]");
            assertThat(ledger.jobs().newest(key("h", "p", "load " + SECRET), Narrowing.NONE))
                    .isEmpty();
            assertThat(ledger.audit().plays(run(1))).extracting("play").containsExactly("with [erased]");
            assertThat(ledger.audit().events(run(1), PageRequest.first(9)).items())
                    .hasSize(5)
                    .extracting(StoredEvent::seq)
                    .containsExactly(1L, 2L, 3L, 4L, 5L);
            assertThat(ledger.audit().events(run(1), 0, 9)).noneMatch(body -> body.contains(SECRET));
            ledger.close();
            try (Stream<Path> files = Files.walk(directory)) {
                assertThat(files.filter(file -> file.toString().endsWith(".jlog")))
                        .noneMatch(EraserTest::has);
            }
            Files.delete(directory.resolve("projections.mv.db"));
            open();
        }
        fillAgain();
    }

    /** The spool of a controller may still have it. */
    private void fillAgain() {
        LedgerContract.append(ledger, started(run(1), 2, 1, "h", "p", "load " + SECRET, "a"));
        assertThat(ledger.audit().events(run(1), 0, 9)).noneMatch(body -> body.contains(SECRET));
    }

    @Test
    void details_goWhole_andOnlyThose() {
        assertThat(eraser().erase(new What(run(1), 2, null), ORDER)).isPresent();
        assertThat(ledger.jobs()
                        .newest(key("h", "p", "load " + SECRET), Narrowing.NONE)
                        .orElseThrow()
                        .details())
                .isEmpty();
        assertThat(Findings.deep(ledger).faults).isEmpty();
    }

    @Test
    void whatCannotBeErased_isNamed() {
        assertThat(eraser().erase(new What(run(1), 77, SECRET), ORDER)).isEmpty();
        assertThatThrownBy(() -> eraser().erase(new What(run(1), 3, SECRET), ORDER))
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("nothing of it");
        assertThatThrownBy(() -> eraser().erase(new What(run(1), 3, run(1).toString()), ORDER))
                .isInstanceOf(LedgerException.class);
        assertThat(eraser().at(2)).contains(new What(run(1), 2, null));
        assertThat(eraser().at(99)).isEmpty();
        assertThat(Findings.deep(ledger).verdict.facts()).isZero();
    }
}
