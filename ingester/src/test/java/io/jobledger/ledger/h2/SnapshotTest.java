package io.jobledger.ledger.h2;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.FaultReport;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.Outbox;
import io.jobledger.ledger.h2.H2Ledger.Medium;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The ledger's file as a checkpoint leaves it, without its journal: it has each group whole, in every table and index,
 * or not at all.
 */
class SnapshotTest {
    private static final int GROUPS = FaultReport.SOAK ? 4000 : 60;
    private static final int LOOKED_AT = FaultReport.SOAK ? 400 : 8;

    @TempDir
    Path directory;

    @BeforeAll
    static void install() {
        PowerCutDisk.install();
    }

    @AfterEach
    void noHooks() {
        PowerCutDisk.beforeEveryForce(() -> {});
    }

    @Test
    void fileThatACheckpointWrote_whileGroupsWereStored_hasWholeGroups() throws Exception {
        Map<Integer, byte[]> images = Collections.synchronizedMap(new LinkedHashMap<>());
        Medium busy = new Medium(PowerCutDisk.SCHEME, new Checkpoints.Rhythm(1, Duration.ZERO), path -> Long.MAX_VALUE);
        try (H2Ledger ledger = H2Ledger.open(
                H2LedgerTest.options(directory.resolve("ledger")),
                busy,
                List.of("file:///mirror"),
                Clock.systemUTC())) {
            PowerCutDisk.Disk disk = PowerCutDisk.of(directory.resolve("ledger.mv.db"));
            PowerCutDisk.beforeEveryForce(() -> images.computeIfAbsent(disk.forces(), forces -> disk.image()));
            AtomicBoolean over = new AtomicBoolean();
            Thread relay = new Thread(() -> failPuts(ledger, over));
            relay.start();
            for (int group = 1; group <= GROUPS; group++) {
                LedgerContract.append(ledger, group(group));
            }
            over.set(true);
            relay.join();
        }
        List<byte[]> found = new ArrayList<>(images.values());
        assertThat(found).hasSizeGreaterThan(LOOKED_AT);
        for (int i = 0; i < LOOKED_AT; i++) {
            check(i, found.get((int) ((long) i * (found.size() - 1) / (LOOKED_AT - 1))));
        }
    }

    /** A whole run that nobody has heard of: its row, its play, its jobs, their names and labels are all new. */
    private static ObjectNode[] group(int number) {
        List<ObjectNode> events = new ArrayList<>(List.of(
                json(
                        "run_started",
                        run(number),
                        1,
                        0,
                        "run_name",
                        "CHG-" + number,
                        "labels",
                        Map.of("team", "t" + number % 7)),
                json("play_started", run(number), 2, 1, "play", "p")));
        for (int i = 3; i <= 12; i++) {
            events.add(started(run(number), i, number, "h" + number % 5, "p", "j" + i, number + "." + i, "async", 60));
        }
        events.add(json(
                "job_ended",
                run(number),
                13,
                number + 1,
                "host",
                "h" + number % 5,
                "play",
                "p",
                "job",
                "j3",
                "ansible_job_id",
                number + ".3",
                "status",
                "failed"));
        return events.toArray(ObjectNode[]::new);
    }

    /** What a relay does to the outbox while its mirror is away. */
    private static void failPuts(H2Ledger ledger, AtomicBoolean over) {
        while (!over.get()) {
            for (Outbox.Entry entry : ledger.outbox().due(ledger.mirrors().get(0), 20)) {
                ledger.outbox().failed(entry, "away", Duration.ofMillis(1));
            }
        }
    }

    private void check(int number, byte[] image) throws IOException {
        Path place = Files.createDirectory(directory.resolve("image" + number));
        Files.write(place.resolve("ledger.mv.db"), image);
        try (H2Ledger ledger = H2Ledger.open(
                H2LedgerTest.options(place.resolve("ledger")), List.of("file:///mirror"), Clock.systemUTC())) {
            assertThat(DerivedRows.faults(ledger)).as("image " + number).isEmpty();
        }
    }
}
