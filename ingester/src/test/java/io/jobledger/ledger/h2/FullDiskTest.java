package io.jobledger.ledger.h2;

import static io.jobledger.Wire.key;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.FaultReport;
import io.jobledger.ledger.EventSink;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.LedgerException.Kind;
import io.jobledger.ledger.h2.H2Ledger.Medium;
import io.jobledger.ledger.query.PageRequest;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk without room costs no acknowledged event and no lookup, and needs no restart. */
class FullDiskTest {
    private static final long MIB = 1 << 20;

    @TempDir
    private Path directory;

    private final AtomicLong free = new AtomicLong(1000 * MIB);
    private H2Ledger ledger;

    private H2Ledger open() {
        return open(64 * MIB, Medium.DISK.rhythm());
    }

    private H2Ledger open(long minFree, Checkpoints.Rhythm rhythm) {
        return H2Ledger.open(
                new H2Ledger.Options(directory.resolve("ledger"), 8 * 1024, 1000, 100, minFree),
                new Medium(FullDisk.SCHEME, rhythm, path -> free.get()),
                List.of("file:///mirror"),
                Clock.systemUTC());
    }

    @BeforeEach
    void openLedger() {
        FullDisk.install();
        ledger = open();
    }

    @AfterEach
    void closeLedger() {
        FullDisk.full = false;
        ledger.close();
    }

    private static ObjectNode job(int number) {
        return started(run(1), number, number, "h", "p", "job " + number, "j" + number + ".1");
    }

    private boolean known(int number) {
        return ledger.jobs()
                .newest(key("h", "p", "job " + number), Narrowing.NONE)
                .isPresent();
    }

    @Test
    void reserveTouched_writesAreRefused_lookupsGoOn_andItRecoversByItself() {
        LedgerContract.append(ledger, job(1));
        free.set(63 * MIB);
        assertThatThrownBy(() -> LedgerContract.append(ledger, job(2)))
                .isInstanceOfSatisfying(
                        LedgerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FULL))
                .hasMessageContaining("63 MiB left")
                .hasMessageContaining("min-free");
        assertThatThrownBy(() -> ledger.check())
                .isInstanceOfSatisfying(
                        LedgerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FULL));
        assertThat(known(1)).isTrue();
        assertThat(known(2)).isFalse();
        free.set(65 * MIB);
        assertThat(LedgerContract.append(ledger, job(2)).stored()).isEqualTo(1);
        ledger.check();
    }

    @Test
    void diskFullAllTheSame_nothingAcknowledgedIsLost_andItRecoversByItself() {
        for (int number = 1; number <= 50; number++) {
            LedgerContract.append(ledger, job(number));
        }
        FullDisk.full = true;
        for (int tries = 0; tries < 3; tries++) {
            assertThatThrownBy(() -> LedgerContract.append(ledger, job(51)))
                    .isInstanceOfSatisfying(
                            LedgerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FULL));
        }
        FullDisk.full = false;
        assertThat(LedgerContract.append(ledger, job(51), job(50))).isEqualTo(new EventSink.Appended(1, 1));
        for (int number = 1; number <= 51; number++) {
            assertThat(known(number)).as("job " + number).isTrue();
        }
        assertThat(ledger.audit().run(run(1)).orElseThrow().complete()).isTrue();
        ledger.close();
        ledger = open();
        assertThat(known(51)).isTrue();
        FaultReport.row(
                FullDiskTest.class,
                4,
                "ledger's disk full (injected)",
                3,
                51L,
                51,
                ledger.audit().run(run(1)).orElseThrow().events(),
                0,
                0);
    }

    @Test
    void lookup_whileTheDiskIsFull_isAnswered() {
        LedgerContract.append(ledger, job(1));
        FullDisk.full = true;
        assertThatThrownBy(() -> LedgerContract.append(ledger, job(2))).isInstanceOf(LedgerException.class);
        assertThat(known(1)).isTrue();
        assertThat(known(2)).isFalse();
    }

    @Test
    void storeThatWasClosedByAFullDisk_answersWhoeverAsksMeanwhile() throws Exception {
        LedgerContract.append(ledger, job(1));
        FullDisk.full = true;
        AtomicBoolean over = new AtomicBoolean();
        AtomicIntegerArray answers = new AtomicIntegerArray(4);
        List<FutureTask<Void>> askers = IntStream.range(0, answers.length())
                .mapToObj(asker -> new FutureTask<Void>(() -> ask(answers, asker, over), null))
                .toList();
        askers.forEach(asker -> new Thread(asker).start());
        for (int closings = 0; closings < 8; closings++) {
            assertThatThrownBy(() -> ledger.check()).isInstanceOf(LedgerException.class);
            // A disk is not full so often that a question meets it again and again.
            for (int asker = 0; asker < answers.length(); asker++) {
                int number = asker;
                int before = answers.get(number);
                await().atMost(1, TimeUnit.MINUTES)
                        .until(() -> answers.get(number) > before
                                || askers.get(number).isDone());
            }
        }
        over.set(true);
        for (FutureTask<Void> asker : askers) {
            asker.get();
        }
    }

    private void ask(AtomicIntegerArray answers, int asker, AtomicBoolean over) {
        while (!over.get()) {
            assertThat(known(1)).isTrue();
            assertThat(ledger.audit().run(run(1)).orElseThrow().events()).isEqualTo(1);
            assertThat(ledger.audit().hosts(PageRequest.first(1)).items()).hasSize(1);
            answers.incrementAndGet(asker);
        }
    }

    @Test
    void reserveThatAnotherProgramTook_isNotWrittenInto_andTheFileIsBroughtUpToDateLater() {
        ledger.close();
        ledger = open(0, new Checkpoints.Rhythm(1, Duration.ofDays(1)));
        free.set(10_000);
        long written = FullDisk.pages();
        assertThat(LedgerContract.append(ledger, job(1)).stored()).isEqualTo(1);
        assertThatThrownBy(() -> ledger.check())
                .isInstanceOfSatisfying(
                        LedgerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FULL))
                .hasMessageContaining("no room");
        assertThat(known(1)).isTrue();
        assertThat(FullDisk.pages()).isEqualTo(written);
        free.set(1000 * MIB);
        ledger.check();
        assertThat(FullDisk.pages()).isGreaterThan(written);
    }

    @Test
    void diskThatGoesAwayAndComesBack_isUsedAgain() {
        LedgerContract.append(ledger, job(1));
        FullDisk.full = true;
        // H2 closes its store at a write that fails; what was acknowledged is in the journal alone.
        assertThatThrownBy(() -> ledger.check()).isInstanceOf(LedgerException.class);
        FullDisk.gone = true;
        for (int tries = 0; tries < 2; tries++) {
            assertThatThrownBy(() -> known(1))
                    .isInstanceOf(LedgerException.class)
                    .hasMessageContaining("Input/output error");
            assertThatThrownBy(() -> LedgerContract.append(ledger, job(2))).isInstanceOf(LedgerException.class);
        }
        FullDisk.install();
        assertThat(known(1)).isTrue();
        assertThat(LedgerContract.append(ledger, job(2)).stored()).isEqualTo(1);
    }
}
