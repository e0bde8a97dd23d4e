package io.jobledger.sink.copy;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.FaultReport;
import io.jobledger.TestClock;
import io.jobledger.Wire;
import io.jobledger.ledger.Ledger;
import io.jobledger.log.EventLog.Purge;
import io.jobledger.log.EventLogContract;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogFiles;
import io.jobledger.log.LogHead;
import io.jobledger.log.file.FileLog;
import io.jobledger.log.file.SimulatedDisk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills the process that copies at every put and every delete of seeded histories, just before and just after it. What
 * is there then is restored: byte by byte the log as it was when the last manifest was written.
 */
class CopyCrashTest {
    private static final Path LOG = Path.of("/log");
    private static final int STEPS = 12;
    private static final int SEEDS = FaultReport.SOAK ? 40 : 3;

    @TempDir
    Path directory;

    private int restored;

    /** A log, what copies it, and what the copy must be. */
    private final class History {
        final MemoryObjects objects;
        final TestClock clock = new TestClock(Wire.T0);
        final Random random;
        final SimulatedDisk disk = new SimulatedDisk();
        final Set<Integer> purged = new HashSet<>();
        FileLog log = open();
        CopySession session;
        /** The files of the log as they are copied now, and as the manifest that is there has them. */
        Map<String, byte[]> copying = Map.of();

        Map<String, byte[]> copied = Map.of();
        LogHead copyingHead;
        LogHead copiedHead;
        int run;

        History(long seed, MemoryObjects objects) {
            this.random = new Random(seed);
            this.objects = objects;
            objects.put = name -> {
                if (name.equals(Manifest.NAME)) {
                    copied = copying;
                    copiedHead = copyingHead;
                }
            };
            session = session();
        }

        private FileLog open() {
            return FileLog.open(LOG, new FileLog.Options(disk, 3000, 0, 100, Runnable::run, 700));
        }

        private CopySession session() {
            Ledger.Copied files = new Ledger.Copied() {
                @Override
                public LogFiles log() {
                    return log.files();
                }

                @Override
                public byte[] delivery() {
                    return ("as of " + clock.instant()).getBytes(StandardCharsets.UTF_8);
                }
            };
            return new CopySession("memory", objects, files, Map.of(), clock, 500);
        }

        void append() {
            run++;
            for (int i = 0, groups = 1 + random.nextInt(6); i < groups; i++) {
                log.append(
                        List.of(List.of(
                                EventLogContract.event(run, 2L * i + 1, "secret-" + run + "-" + random.nextLong()),
                                EventLogContract.event(run, 2L * i + 2, "n"))),
                        clock.instant());
            }
        }

        void step() throws IOException {
            append();
            clock.advance(Duration.ofSeconds(40));
            int what = random.nextInt(10);
            if (what < 3 && run > 2) {
                int gone = 1 + random.nextInt(run - 1);
                purged.add(gone);
                log.purge(new Purge(Set.of(Wire.run(gone).value()), log.head().entry(), Set.of()));
            } else if (what < 5) {
                restart();
            }
            round();
        }

        /** The next process opens the same files. */
        void restart() {
            log.close();
            log = open();
            session = session();
        }

        void round() throws IOException {
            Map<String, byte[]> files = new TreeMap<>();
            copyingHead = log.copy((name, bytes) -> files.put(name, bytes.readAllBytes()));
            copying = files;
            session.round();
        }
    }

    private void requireRestored(History history) throws IOException {
        Manifest manifest = history.objects
                .get(Manifest.NAME)
                .map(held -> Manifest.read(held.bytes()))
                .orElse(null);
        if (manifest == null) {
            assertThat(history.copiedHead).isNull();
            return;
        }
        Path target = Files.createDirectory(directory.resolve("restored" + ++restored));
        LogCopyReader reader =
                LogCopyReader.of(new ObjectsOnly(history.objects)).orElseThrow();
        LogHead head = reader.into(target, directory.resolve("delivery" + restored));
        assertThat(head).isEqualTo(history.copiedHead);
        Map<String, byte[]> found = new TreeMap<>();
        Map<Path, byte[]> disk = new HashMap<>();
        try (Stream<Path> files = Files.list(target)) {
            for (Path file : files.toList()) {
                found.put(file.getFileName().toString(), Files.readAllBytes(file));
                disk.put(LOG.resolve(file.getFileName()), Files.readAllBytes(file));
            }
        }
        assertThat(found.keySet()).isEqualTo(history.copied.keySet());
        found.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(history.copied.get(name)));
        try (FileLog log =
                FileLog.open(LOG, new FileLog.Options(SimulatedDisk.of(disk), 3000, 0, 100, Runnable::run, 700))) {
            assertThat(log.head()).isEqualTo(head);
            EventLogContract.requireChained(log);
        }
    }

    /** Returns whether it was killed. */
    private static boolean killed(History history) throws IOException {
        try {
            for (int step = 0; step < STEPS; step++) {
                history.step();
            }
            return false;
        } catch (MemoryObjects.Killed e) {
            return true;
        }
    }

    @Test
    void killedAtAnyPut_theCopyIsTheLogOfTheLastManifest_andTheNextProcessGoesOn() throws IOException {
        int killed = 0;
        for (int seed = 1; seed <= SEEDS; seed++) {
            boolean more = true;
            for (int call = 1; more; call++) {
                for (boolean after : new boolean[] {false, true}) {
                    MemoryObjects objects = new MemoryObjects();
                    History history = new History(seed, objects);
                    objects.dieAt(call, after);
                    more = killed(history);
                    killed += more ? 1 : 0;
                    objects.revive();
                    requireRestored(history);
                    history.restart();
                    history.append();
                    history.round();
                    requireRestored(history);
                    requireNothingElse(history);
                }
            }
        }
        assertThat(killed).isGreaterThan(SEEDS * 100);
        FaultReport.row(
                CopyCrashTest.class,
                1,
                "kill of the log's copier at every put and delete",
                killed,
                null,
                restored,
                restored,
                0,
                0);
    }

    /** What is not named any more is deleted, and what was purged is in nothing that is left. */
    private static void requireNothingElse(History history) {
        Manifest manifest =
                Manifest.read(history.objects.get(Manifest.NAME).orElseThrow().bytes());
        Set<String> needed = new TreeSet<>(manifest.objects());
        needed.add(Manifest.NAME);
        assertThat(history.objects.objects.keySet()).isEqualTo(needed);
        Set<String> left = new HashSet<>();
        EventLogContract.read(history.log, 1)
                .forEach(record -> record.entries().stream()
                        .filter(entry -> entry.kind() == LogEntry.Kind.EVENT)
                        .forEach(entry -> left.add(entry.run().toString())));
        history.purged.forEach(
                run -> assertThat(left).doesNotContain(Wire.run(run).toString()));
    }

    @Test
    void growingTail_isFewPieces_andEachByteIsPutAFewTimes() throws IOException {
        MemoryObjects objects = new MemoryObjects();
        SimulatedDisk disk = new SimulatedDisk();
        try (FileLog log = FileLog.open(LOG, new FileLog.Options(disk, 16 << 20, 0, 100, Runnable::run, 128 << 10))) {
            Ledger.Copied files = new Ledger.Copied() {
                @Override
                public LogFiles log() {
                    return log.files();
                }

                @Override
                public byte[] delivery() {
                    return null;
                }
            };
            CopySession session = new CopySession("memory", objects, files, Map.of(), new TestClock(Wire.T0), 4 << 20);
            for (int i = 1; i <= 400; i++) {
                log.append(List.of(List.of(EventLogContract.event(1, i, "n"))), Wire.T0);
                session.round();
                assertThat(session.head()).isEqualTo(log.head());
            }
            Manifest manifest =
                    Manifest.read(objects.get(Manifest.NAME).orElseThrow().bytes());
            assertThat(manifest.segments()).hasSize(1);
            List<Piece> pieces = manifest.segments().get(0).pieces();
            assertThat(pieces).hasSizeLessThan(12);
            assertThat(session.writer().bytes()).isLessThan(10 * Piece.bytes(pieces));
        }
    }
}
