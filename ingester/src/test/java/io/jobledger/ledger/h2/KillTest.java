package io.jobledger.ledger.h2;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.FaultReport;
import io.jobledger.KilledJvm;
import io.jobledger.Wire;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.model.Run;
import io.jobledger.model.RunId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A JVM that is killed while it writes loses nothing that it acknowledged, and doubles nothing. */
class KillTest {
    private static final int ROUNDS = FaultReport.SOAK ? 60 : 4;

    @TempDir
    Path directory;

    @Test
    void killedWhileWriting_everyAcknowledgedEventIsThereOnce() throws Exception {
        Random random = new Random(20261120);
        Map<RunId, Long> acknowledged = new HashMap<>();
        long stored = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Map<RunId, Long> now = killAfter(round, 20 + random.nextInt(400));
            assertThat(now)
                    .as("the writers got somewhere before they were killed")
                    .isNotEmpty();
            acknowledged.putAll(now);
            stored = verify(acknowledged);
        }
        FaultReport.row(
                KillTest.class,
                1,
                "kill -9 of a ledger under four writers",
                ROUNDS,
                null,
                acknowledged.values().stream().mapToLong(Long::longValue).sum(),
                stored,
                0,
                0);
    }

    /**
     * Runs the writer, kills it after so many acknowledgements, and returns the highest number that each run saw
     * acknowledged.
     */
    private Map<RunId, Long> killAfter(int round, int acknowledgements) throws IOException, InterruptedException {
        Map<RunId, Long> acknowledged = new HashMap<>();
        for (String line : KilledJvm.linesUntilKilled(
                AppendForever.class,
                directory.resolve("round" + round + ".log"),
                acknowledgements,
                directory.resolve("ledger").toString(),
                Integer.toString(round))) {
            String[] words = line.split(" ");
            acknowledged.merge(RunId.parse(words[0]), Long.parseLong(words[1]), Math::max);
        }
        return acknowledged;
    }

    /** Fails when an acknowledged event is lost or doubled; returns how many the ledger has of all runs. */
    private long verify(Map<RunId, Long> acknowledged) {
        long all = 0;
        try (EmbeddedLedger ledger = EmbeddedLedger.open(
                EmbeddedLedgerTest.options(directory.resolve("ledger")),
                List.of("file:///mirror"),
                Clock.systemUTC())) {
            for (Map.Entry<RunId, Long> run : acknowledged.entrySet()) {
                Run stored = ledger.audit().run(run.getKey()).orElseThrow();
                assertThat(stored.maxSeq()).isGreaterThanOrEqualTo(run.getValue());
                assertThat(stored.complete())
                        .as("no gap, nothing counted twice: " + stored)
                        .isTrue();
                assertThat(ledger.audit().events(run.getKey(), 0, 1_000_000)).hasSize((int) stored.events());
                long seq = stored.maxSeq() - 1;
                assertThat(ledger.jobs().job("h", Wire.id(run.getKey() + "/" + seq)))
                        .as("the last job of " + run)
                        .isPresent();
                // The sender that saw no answer sends again.
                assertThat(LedgerContract.append(
                                        ledger, Wire.json("run_alive", run.getKey(), run.getValue(), run.getValue()))
                                .duplicates())
                        .isEqualTo(1);
                all += stored.events();
            }
        }
        return all;
    }
}
