package io.jobledger.ledger.h2;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.FaultReport;
import io.jobledger.Wire;
import io.jobledger.ledger.EventSink;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.h2.H2Ledger.Medium;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was acknowledged is on the disk: a loss of power right after the answer takes nothing of it. */
class PowerCutTest {
    private static final Medium USUAL = medium(Medium.DISK.rhythm());

    @TempDir
    Path directory;

    private int images;

    @BeforeAll
    static void install() {
        PowerCutDisk.install();
    }

    private static Medium medium(Checkpoints.Rhythm rhythm) {
        return new Medium(PowerCutDisk.SCHEME, rhythm, path -> Long.MAX_VALUE);
    }

    @AfterEach
    void noHooks() {
        PowerCutDisk.beforeEveryForce(() -> {});
    }

    private H2Ledger open(Medium medium) {
        return H2Ledger.open(
                H2LedgerTest.options(directory.resolve("ledger")),
                medium,
                List.of("file:///mirror"),
                Clock.systemUTC());
    }

    private PowerCutDisk.Disk journal() {
        Map<String, PowerCutDisk.Disk> segments = PowerCutDisk.of(directory, "ledger.journal-");
        assertThat(segments).hasSize(1);
        return segments.values().iterator().next();
    }

    /**
     * What each of the ledger's files would hold after a loss of power. The mark first: it says what the journal has
     * already. Then the journal: a checkpoint meanwhile drops of it only what the database's file then has.
     */
    private Map<String, byte[]> image(Function<PowerCutDisk.Disk, byte[]> left) {
        Map<String, byte[]> files = new TreeMap<>();
        for (String part : List.of("ledger.mark", "ledger.journal-", "ledger.mv.db")) {
            PowerCutDisk.of(directory, part).forEach((name, disk) -> files.put(name, left.apply(disk)));
        }
        return files;
    }

    private Map<String, byte[]> image() {
        return image(PowerCutDisk.Disk::image);
    }

    /** How many of the acknowledged events and jobs the image still has, or -1 when it cannot even be opened. */
    private int survivors(Map<String, byte[]> image, int acknowledged) throws IOException {
        Path place = Files.createDirectory(directory.resolve("image" + ++images));
        for (Map.Entry<String, byte[]> file : image.entrySet()) {
            Files.write(place.resolve(Path.of(file.getKey()).getFileName()), file.getValue());
        }
        Path base = place.resolve("ledger");
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
            if (FaultReport.SOAK || images % 8 == 0) {
                assertThat(DerivedRows.faults(ledger))
                        .as("rows that do not follow from the events")
                        .isEmpty();
            }
            return jobs;
        } finally {
            ledger.close();
            try (Stream<Path> left = Files.list(place)) {
                assertThat(left).as("closed properly, there is no journal").hasSize(2);
            }
            Files.delete(Path.of(base + ".mv.db"));
            Files.delete(Path.of(base + ".mark"));
        }
    }

    @Test
    void everythingAcknowledged_survivesALossOfPower_atEveryMoment() throws IOException {
        Random random = new Random(42);
        int rounds = FaultReport.SOAK ? 1200 : 60;
        try (H2Ledger ledger = open(USUAL)) {
            for (int i = 1; i <= rounds; i++) {
                LedgerContract.append(ledger, started(run(1), i, i, "h", "p", "j" + i % 7, "id" + i, "async", 60));
                if (i % 6 == 0) {
                    assertThat(survivors(image(), i)).as("only what was forced").isEqualTo(i);
                    assertThat(survivors(image(disk -> disk.image(random)), i))
                            .as("some of the writes since")
                            .isEqualTo(i);
                }
            }
        }
        FaultReport.row(PowerCutTest.class, 1, "loss of power", rounds / 3, (long) rounds, rounds, rounds, 0, 0);
    }

    /**
     * What a ledger does after its first 45 seconds, when H2 writes where nothing is needed any more. H2 2.5.252 finds
     * what it wrote there only after a proper shutdown: its file header names the chunk before.
     */
    @Test
    void everythingAcknowledged_survivesToo_whereRoomInsideTheFileIsUsedAgain() throws IOException {
        try (H2Ledger ledger = open(medium(new Checkpoints.Rhythm(1, Duration.ZERO)))) {
            ledger.jdbi().useHandle(handle -> handle.execute("SET RETENTION_TIME 1"));
            for (int i = 1; i <= 90; i++) {
                LedgerContract.append(ledger, started(run(1), i, i, "h", "p", "j" + i % 7, "id" + i, "async", 60));
                if (i > 30) {
                    assertThat(survivors(image(), i)).isEqualTo(i);
                }
            }
        }
    }

    /**
     * Checkpoints go on beside the writer: whatever of them a cut leaves, the journal and the file together have it
     * all.
     */
    @Test
    void everythingAcknowledged_survivesToo_atEveryMomentOfACheckpoint() throws IOException {
        record Cut(int acknowledged, Map<String, byte[]> image) {}
        List<Cut> cuts = Collections.synchronizedList(new ArrayList<>());
        AtomicInteger acknowledged = new AtomicInteger();
        Random random = new Random(43);
        try (H2Ledger ledger = open(medium(new Checkpoints.Rhythm(2000, Duration.ofDays(1))))) {
            PowerCutDisk.beforeEveryForce(() -> {
                int sure = acknowledged.get();
                cuts.add(new Cut(sure, image()));
                synchronized (random) {
                    cuts.add(new Cut(sure, image(disk -> disk.image(random))));
                }
            });
            for (int i = 1; i <= 60; i++) {
                LedgerContract.append(ledger, started(run(1), i, i, "h", "p", "j" + i % 7, "id" + i, "async", 60));
                acknowledged.set(i);
            }
        }
        assertThat(cuts).hasSizeGreaterThan(120);
        for (Cut cut : cuts) {
            assertThat(survivors(cut.image, cut.acknowledged)).isEqualTo(cut.acknowledged);
        }
    }

    @Test
    void largeBatches_surviveToo() throws IOException {
        try (H2Ledger ledger = open(USUAL)) {
            int acknowledged = 0;
            for (int round = 0; round < 4; round++) {
                List<com.fasterxml.jackson.databind.node.ObjectNode> batch = new ArrayList<>();
                for (int i = 0; i < 250; i++) {
                    acknowledged++;
                    batch.add(started(
                            run(1), acknowledged, acknowledged, "h", "p", "j" + acknowledged, "id" + acknowledged));
                }
                LedgerContract.append(ledger, batch.toArray(com.fasterxml.jackson.databind.node.ObjectNode[]::new));
                assertThat(survivors(image(), acknowledged)).isEqualTo(acknowledged);
            }
        }
    }

    @Test
    void withoutTheSync_acknowledgedEventsAreLost_soThisTestCanFail() throws IOException {
        try (H2Ledger ledger = open(USUAL)) {
            LedgerContract.append(ledger, started(run(1), 1, 1, "h", "p", "j", "id1"));
            journal().lie();
            for (int i = 2; i <= 20; i++) {
                LedgerContract.append(ledger, started(run(1), i, i, "h", "p", "j", "id" + i));
            }
            assertThat(survivors(image(), 20)).isLessThan(20);
        }
    }

    @Test
    void manyCallersAtOnce_shareTheSyncs() throws Exception {
        try (H2Ledger ledger = open(USUAL)) {
            LedgerContract.append(ledger, json("run_alive", run(9), 1, 0));
            int before = journal().forces();
            LedgerContract.append(ledger, json("run_alive", run(9), 2, 0));
            assertThat(journal().forces() - before)
                    .as("an acknowledged batch was forced")
                    .isEqualTo(1);

            CountDownLatch forcing = new CountDownLatch(1);
            CountDownLatch release = new CountDownLatch(1);
            journal().beforeForce(() -> {
                forcing.countDown();
                try {
                    if (!release.await(20, TimeUnit.SECONDS)) {
                        throw new IOException("the test never let the force go on");
                    }
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            });
            before = journal().forces();
            PowerCutDisk.Disk journal = journal();
            List<CompletableFuture<EventSink.Appended>> answers = new ArrayList<>();
            for (int i = 1; i <= 64; i++) {
                answers.add(ledger.sink().append(Wire.events(json("run_alive", run(1), i, i))));
                if (i == 1) {
                    assertThat(forcing.await(20, TimeUnit.SECONDS)).isTrue();
                }
            }
            assertThat(answers)
                    .as("nothing is acknowledged before it is forced")
                    .noneMatch(CompletableFuture::isDone);
            release.countDown();
            for (CompletableFuture<EventSink.Appended> answer : answers) {
                assertThat(answer.get(20, TimeUnit.SECONDS).stored()).isEqualTo(1);
            }
            assertThat(journal.forces() - before).as("64 callers, two commits").isEqualTo(2);
            assertThat(ledger.audit().events(run(1), 0, 100)).hasSize(64);
        }
    }
}
