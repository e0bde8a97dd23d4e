package io.jobledger.ledger.retention;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static org.awaitility.Awaitility.await;

import io.jobledger.TestClock;
import io.jobledger.Wire;
import io.jobledger.config.RetentionSettings;
import io.jobledger.ledger.Retention.Policy;
import io.jobledger.ledger.h2.EmbeddedLedger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Retention goes on by itself, and stops with the ingester. */
class RetentionTaskTest {
    @TempDir
    Path directory;

    @Test
    void whatGrowsOld_goesInTheBackground_whileTheLedgerStores() throws Exception {
        TestClock clock = new TestClock(T0.plus(Duration.ofDays(1)));
        RetentionSettings settings =
                new RetentionSettings(Duration.ofDays(30), null, null, null, Duration.ofMillis(20));
        try (EmbeddedLedger ledger = EmbeddedLedger.open(
                new EmbeddedLedger.Options(directory.resolve("ledger"), 8192, 1000, 100, 0), List.of(), clock)) {
            ledger.sink().append(Wire.events(json("run_alive", run(1), 1, 0))).get(60, TimeUnit.SECONDS);
            try (RetentionTask task = new RetentionTask(
                    ledger.upkeep().retention(Duration.ofHours(1)), Policy.of(settings), settings.interval())) {
                task.start();
                ledger.sink()
                        .append(Wire.events(json("run_alive", run(2), 1, 86_400 * 40)))
                        .get(60, TimeUnit.SECONDS);
                await().until(() -> ledger.audit().run(run(1)).isPresent());
                clock.advance(Duration.ofDays(40));
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> ledger.audit().run(run(1)).isEmpty());
                await().until(() -> ledger.audit().run(run(2)).isPresent());
            }
            ledger.sink().append(Wire.events(json("run_alive", run(3), 1, 0))).get(60, TimeUnit.SECONDS);
            // Closed, it removes nothing more.
            await().until(() -> ledger.audit().run(run(3)).isPresent());
        }
    }
}
