package io.jobledger.ledger;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.FaultReport;
import io.jobledger.Wire;
import io.jobledger.ledger.H2Ledger.Medium;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was acknowledged is on the disk: a loss of power right after the answer takes nothing of it. */
class PowerCutTest {
    private static final Medium SYNCED = new Medium(PowerCutDisk.SCHEME, Medium.DISK.sync(), path -> Long.MAX_VALUE);
    /** Commits alone, without the sync: what H2 does by itself. */
    private static final Medium UNSYNCED = new Medium(PowerCutDisk.SCHEME, "SELECT 1", path -> Long.MAX_VALUE);

    @TempDir
    Path directory;

    private int images;

    @BeforeAll
    static void install() {
        PowerCutDisk.install();
    }

    private H2Ledger open(Medium medium) {
        return H2Ledger.open(H2LedgerTest.options(directory.resolve("ledger")), medium, List.of("file:///mirror"), Clock.systemUTC());
    }

    private PowerCutDisk.Disk disk() {
        return PowerCutDisk.of(directory.resolve("ledger.mv.db"));
    }

    /** How many of the acknowledged events and jobs the image still has, or -1 when it cannot even be opened. */
    private int survivors(byte[] image, int acknowledged) throws IOException {
        Path base = directory.resolve("image" + ++images);
        Files.write(Path.of(base + ".mv.db"), image);
        H2Ledger ledger;
        try {
            ledger = H2Ledger.open(H2LedgerTest.options(base), List.of("file:///mirror"), Clock.systemUTC());
        } catch (LedgerException e) {
            return -1;
        }
        try {
            int jobs = 0;
            for (int i = 1; i <= acknowledged; i++) {
                jobs += ledger.jobs().job("h", Wire.id("id" + i)).isPresent() ? 1 : 0;
            }
            assertThat(ledger.audit().events(run(1), 0, 10_000)).hasSizeGreaterThanOrEqualTo(jobs);
            return jobs;
        } finally {
            ledger.close();
            Files.delete(Path.of(base + ".mv.db"));
        }
    }

    @Test
    void everythingAcknowledged_survivesALossOfPower_atEveryMoment() throws IOException {
        Random random = new Random(42);
        int rounds = FaultReport.SOAK ? 1200 : 60;
        try (H2Ledger ledger = open(SYNCED)) {
            for (int i = 1; i <= rounds; i++) {
                LedgerContract.append(ledger, started(run(1), i, i, "h", "p", "j" + i % 7, "id" + i, "async", 60));
                if (i % 6 == 0) {
                    assertThat(survivors(disk().image(), i)).as("only what was forced").isEqualTo(i);
                    assertThat(survivors(disk().image(random), i)).as("some of the writes since").isEqualTo(i);
                }
            }
        }
        FaultReport.row(PowerCutTest.class, 1, "loss of power", rounds / 3, (long) rounds, rounds, rounds, 0, 0);
    }

    /**
     * What a ledger does after its first 45 seconds, when H2 writes where nothing is needed any more. H2 2.5.252 finds what it wrote there only after a proper shutdown:
     * its file header names the chunk before.
     */
    @Test
    void everythingAcknowledged_survivesToo_whereRoomInsideTheFileIsUsedAgain() throws IOException {
        try (H2Ledger ledger = open(SYNCED)) {
            ledger.jdbi().useHandle(handle -> handle.execute("SET RETENTION_TIME 1"));
            for (int i = 1; i <= 90; i++) {
                LedgerContract.append(ledger, started(run(1), i, i, "h", "p", "j" + i % 7, "id" + i, "async", 60));
                if (i > 30) {
                    assertThat(survivors(disk().image(), i)).isEqualTo(i);
                }
            }
        }
    }

    @Test
    void largeBatches_surviveToo() throws IOException {
        try (H2Ledger ledger = open(SYNCED)) {
            int acknowledged = 0;
            for (int round = 0; round < 4; round++) {
                List<com.fasterxml.jackson.databind.node.ObjectNode> batch = new ArrayList<>();
                for (int i = 0; i < 250; i++) {
                    acknowledged++;
                    batch.add(started(run(1), acknowledged, acknowledged, "h", "p", "j" + acknowledged, "id" + acknowledged));
                }
                LedgerContract.append(ledger, batch.toArray(com.fasterxml.jackson.databind.node.ObjectNode[]::new));
                assertThat(survivors(disk().image(), acknowledged)).isEqualTo(acknowledged);
            }
        }
    }

    @Test
    void withoutTheSync_acknowledgedEventsAreLost_soThisTestCanFail() throws IOException {
        try (H2Ledger ledger = open(UNSYNCED)) {
            for (int i = 1; i <= 20; i++) {
                LedgerContract.append(ledger, started(run(1), i, i, "h", "p", "j", "id" + i));
            }
            assertThat(survivors(disk().image(), 20)).isLessThan(20);
        }
    }

    @Test
    void manyCallersAtOnce_shareTheSyncs() throws Exception {
        try (H2Ledger ledger = open(SYNCED)) {
            LedgerContract.append(ledger, json("run_alive", run(9), 1, 0));
            int before = disk().forces();
            LedgerContract.append(ledger, json("run_alive", run(9), 2, 0));
            int one = disk().forces() - before;
            assertThat(one).as("an acknowledged batch was forced").isPositive();

            CountDownLatch forcing = new CountDownLatch(1);
            CountDownLatch release = new CountDownLatch(1);
            disk().beforeForce(() -> {
                forcing.countDown();
                try {
                    if (!release.await(20, TimeUnit.SECONDS)) {
                        throw new IOException("the test never let the force go on");
                    }
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            });
            before = disk().forces();
            List<CompletableFuture<EventSink.Appended>> answers = new ArrayList<>();
            for (int i = 1; i <= 64; i++) {
                answers.add(ledger.sink().append(Wire.events(json("run_alive", run(1), i, i))));
                if (i == 1) {
                    assertThat(forcing.await(20, TimeUnit.SECONDS)).isTrue();
                }
            }
            assertThat(answers).as("nothing is acknowledged before it is forced").noneMatch(CompletableFuture::isDone);
            release.countDown();
            for (CompletableFuture<EventSink.Appended> answer : answers) {
                assertThat(answer.get(20, TimeUnit.SECONDS).stored()).isEqualTo(1);
            }
            assertThat(disk().forces() - before).as("64 callers, two commits (and H2's own writer)").isLessThanOrEqualTo(2 * one + 4);
            assertThat(ledger.audit().events(run(1), 0, 100)).hasSize(64);
        }
    }
}
