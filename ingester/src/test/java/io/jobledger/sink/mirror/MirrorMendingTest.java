package io.jobledger.sink.mirror;

import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.Wire;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.ledger.h2.EmbeddedLedger;
import io.jobledger.model.JobKey;
import io.jobledger.resume.JobFinder;
import io.jobledger.sink.mirror.file.FileMirror;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A damaged file of a directory mirror: the record is taken from the ledger, and the file is written again. */
class MirrorMendingTest {
    private static final long SEED = Long.getLong("jobledger.damage.seed", System.nanoTime() % 1_000_000);
    private static final JobKey KEY = new JobKey("h", "p", "j");

    @TempDir
    Path directory;

    @Test
    void damagedFiles_areWrittenAgain_othersAreLeft() throws Exception {
        Random random = new Random(SEED);
        FileMirror mirror = new FileMirror(directory.resolve("mirror"));
        try (EmbeddedLedger ledger = EmbeddedLedger.open(
                new EmbeddedLedger.Options(directory.resolve("ledger"), 8192, 1000, 100, 0),
                List.of(mirror.uri()),
                Clock.systemUTC())) {
            ledger.sink()
                    .append(Wire.events(
                            started(run(1), 1, 1, "h", "p", "j", "a"), started(run(1), 2, 2, "h", "p", "other", "b")))
                    .get();
            mirror.put(ledger.jobs().newest(KEY, Narrowing.NONE).orElseThrow());
            mirror.put(ledger.jobs()
                    .newest(new JobKey("h", "p", "other"), Narrowing.NONE)
                    .orElseThrow());
            Path file = directory.resolve("mirror/h/p/j.json");
            Path other = directory.resolve("mirror/h/p/other.json");
            byte[] good = Files.readAllBytes(file);
            byte[] otherGood = Files.readAllBytes(other);
            byte[] zeroed = good.clone();
            int at = random.nextInt(good.length - 10);
            Arrays.fill(zeroed, at, at + 10, (byte) 0);
            List<byte[]> damages = List.of(
                    Arrays.copyOf(good, random.nextInt(good.length - 2)),
                    zeroed,
                    "[]".getBytes(StandardCharsets.UTF_8),
                    otherGood);
            JobFinder finder = new JobFinder(ledger.jobs(), List.of(mirror), result -> {}, Clock.systemUTC());
            for (byte[] damage : damages) {
                Files.write(file, damage);
                assertThat(finder.find(KEY, Narrowing.NONE).orElseThrow().source())
                        .as("seed " + SEED)
                        .isEqualTo(JobFinder.LEDGER);
                assertThat(new MirrorMending(mirror, ledger.jobs(), () -> false).run())
                        .as("seed " + SEED + ", " + new String(damage, StandardCharsets.UTF_8))
                        .isEqualTo(1);
                assertThat(file).hasBinaryContent(good);
            }
            assertThat(other).hasBinaryContent(otherGood);
            Path foreign = Files.writeString(directory.resolve("mirror/h/p/foreign.json"), "{");
            assertThat(new MirrorMending(mirror, ledger.jobs(), () -> false).run())
                    .isZero();
            assertThat(foreign).hasContent("{");
        }
    }
}
