package io.jobledger.sink.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobledger.FaultReport;
import io.jobledger.KilledJvm;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.h2.EmbeddedLedger;
import io.jobledger.model.JobKey;
import io.jobledger.sink.mirror.file.FileMirror;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that is killed while it puts leaves the old record or the new one, never a part, never an older one; and
 * after a restart the newest arrives.
 */
class MirrorKillTest {
    private static final int ROUNDS = FaultReport.SOAK ? 60 : 4;

    @TempDir
    Path directory;

    @Test
    void killedWhileMirroring_filesAreWhole_neverGoBack_andTheNewestArrives() throws Exception {
        Random random = new Random(20261121);
        long next = 1;
        long[] mirrored = new long[MirrorForever.NAMES];
        for (int round = 1; round <= ROUNDS; round++) {
            long acknowledged = killAfter(round, next, 20 + random.nextInt(150));
            long[] found = numbers();
            for (int name = 0; name < found.length; name++) {
                assertThat(found[name])
                        .as("name " + name + " went back in " + Arrays.toString(found))
                        .isGreaterThanOrEqualTo(mirrored[name]);
            }
            mirrored = restart(acknowledged);
            next = Arrays.stream(mirrored).max().orElseThrow() + 1;
        }
        // One event for each number, and what the mirror shows in the end is what was stored last.
        FaultReport.row(
                MirrorKillTest.class, 1, "kill -9 of a ledger and its mirror", ROUNDS, null, next - 1, next - 1, 0, 0);
    }

    /** Returns the last number that was acknowledged before the kill. */
    private long killAfter(int round, long first, int acknowledgements) throws IOException, InterruptedException {
        List<String> lines = KilledJvm.linesUntilKilled(
                MirrorForever.class,
                directory.resolve("round" + round + ".log"),
                acknowledgements,
                directory.toString(),
                Integer.toString(round),
                Long.toString(first));
        long acknowledged = Long.parseLong(lines.get(lines.size() - 1));
        assertThat(acknowledged).isPositive();
        return acknowledged;
    }

    /** The job's number under each name, 0 where there is none; a file that is no record fails the test. */
    private long[] numbers() {
        long[] numbers = new long[MirrorForever.NAMES];
        try (Mirror mirror = new FileMirror(directory.resolve("mirror"))) {
            mirror.list(listed -> assertThat(listed).isInstanceOf(Mirror.Listed.Found.class));
            for (int name = 0; name < numbers.length; name++) {
                numbers[name] = mirror.get(new JobKey("h", "p", "j" + name))
                        .map(record -> Long.parseLong(record.jobId().value().replaceAll("^n|\\..*", "")))
                        .orElse(0L);
            }
        }
        return numbers;
    }

    /** Starts again without new jobs: what was acknowledged must be in the mirror soon. */
    private long[] restart(long acknowledged) {
        try (EmbeddedLedger ledger = MirrorForever.open(directory);
                MirrorRelay relay = MirrorForever.relay(directory, ledger)) {
            relay.start();
            // A name is pending once its record is there.
            LedgerContract.awaitRecords(ledger);
            await().atMost(Duration.ofSeconds(60)).until(() -> relay.backlog().pending() == 0);
        }
        long[] numbers = numbers();
        assertThat(Arrays.stream(numbers).max().orElseThrow()).isGreaterThanOrEqualTo(acknowledged);
        for (int name = 0; name < numbers.length; name++) {
            long number = numbers[name];
            assertThat(number % MirrorForever.NAMES).isEqualTo(name);
            assertThat(number).as("the newest of name " + name).isGreaterThan(acknowledged - MirrorForever.NAMES);
        }
        return numbers;
    }
}
