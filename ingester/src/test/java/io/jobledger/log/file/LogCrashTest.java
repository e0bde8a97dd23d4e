package io.jobledger.log.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.FaultReport;
import io.jobledger.log.LogException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The log on a disk that dies at each operation, or fails now and then. The seed is printed;
 * {@code -DargLine=-Djobledger.log.seed=N} repeats it.
 */
class LogCrashTest {
    private static final long SEED = Long.getLong("jobledger.log.seed", System.nanoTime() % 1_000_000);
    private static final Path DIRECTORY = Path.of("/log");
    private static final int STEPS = 40;

    @BeforeAll
    static void seed() {
        System.out.println("LogCrashTest: seed " + SEED);
    }

    private static FileLog open(SimulatedDisk disk) {
        return FileLog.open(DIRECTORY, new FileLog.Options(disk, 1500, 0, 3, Runnable::run, 400));
    }

    /** Returns whether it died. */
    private static boolean live(SimulatedDisk disk, LogModel model) {
        try (FileLog log = open(disk)) {
            model.opened(log);
            for (int i = 0; i < STEPS; i++) {
                model.step(log);
            }
        } catch (LogException e) {
            assertThat(e.kind()).as(e.getMessage()).isEqualTo(LogException.Kind.FAILED);
        }
        return model.failures() > 0;
    }

    @Test
    void whateverDies_leavesWhatWasAcknowledged() {
        int rounds = FaultReport.SOAK ? 100 : 1;
        for (long seed = SEED; seed < SEED + rounds; seed++) {
            SimulatedDisk whole = new SimulatedDisk();
            live(whole, new LogModel(new Random(seed)));
            for (int at = 0; at < whole.operations(); at++) {
                for (boolean power : new boolean[] {false, true}) {
                    die(seed, at, power);
                }
            }
        }
    }

    private static void die(long seed, int at, boolean power) {
        try {
            Random random = new Random(seed);
            LogModel model = new LogModel(random);
            SimulatedDisk disk = new SimulatedDisk();
            disk.dieAt(at);
            live(disk, model);
            SimulatedDisk next = power ? disk.afterPowerCut(random) : disk.afterKill();
            // It may die once more while it is opened.
            next.dieAt(random.nextInt(30));
            live(next, model);
            SimulatedDisk last = random.nextBoolean() ? next.afterPowerCut(random) : next.afterKill();
            for (int i = 0; i < 2; i++) {
                try (FileLog log = open(last)) {
                    model.opened(log);
                    model.verify(log);
                    for (int step = 0; step < 5; step++) {
                        model.step(log);
                    }
                    model.verify(log);
                }
            }
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed + ", dies at " + at + (power ? " with the power" : ""), e);
        }
    }

    /** Random appends, repeats, purges, failures, full disks and restarts. */
    @Test
    void whateverFails_theLogIsAsTheModel() {
        int rounds = FaultReport.SOAK ? 3000 : 40;
        for (long seed = SEED; seed < SEED + rounds; seed++) {
            try {
                Random random = new Random(seed);
                SimulatedDisk disk = new SimulatedDisk();
                LogModel model = new LogModel(random);
                for (int life = 0; life < 6; life++) {
                    try (FileLog log = open(disk)) {
                        model.opened(log);
                        for (int i = random.nextInt(40); i > 0; i--) {
                            disk.fail(random.nextInt(8) == 0 ? 1 + random.nextInt(4) : 0);
                            model.step(log);
                        }
                        disk.fail(0);
                        model.verify(log);
                    }
                    disk = random.nextBoolean() ? disk.afterPowerCut(random) : disk.afterKill();
                }
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }
}
