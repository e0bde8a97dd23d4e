package io.jobledger.log.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.log.EventLog;
import io.jobledger.log.EventLog.Purge;
import io.jobledger.log.EventLogContract;
import io.jobledger.log.LogException;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileLogTest extends EventLogContract {
    @TempDir
    Path directory;

    static FileLog.Options options(LogDisk disk, int segmentBytes) {
        return new FileLog.Options(disk, segmentBytes, 0, 100, Runnable::run, 1000);
    }

    @Override
    protected EventLog open() {
        return FileLog.open(directory.resolve("home/log"), options(new SystemDisk(), 16 << 20));
    }

    @Test
    void twoAtOnce_areRefused() {
        assertThatThrownBy(this::open)
                .isInstanceOfSatisfying(
                        LogException.class, e -> assertThat(e.kind()).isEqualTo(LogException.Kind.UNUSABLE))
                .hasMessageContaining("in use by another process")
                .hasMessageContaining(directory.resolve("home/log/lock").toString());
    }

    private static final Path SIMULATED = Path.of("/log");

    @Test
    void aFullDisk_isSaidBeforeAnythingIsWritten() {
        SimulatedDisk disk = new SimulatedDisk();
        try (FileLog full =
                FileLog.open(SIMULATED, new FileLog.Options(disk, 1000, 64 << 20, 10, Runnable::run, 1000))) {
            full.append(List.of(events(1, 1, 2)), NOW);
            disk.usable(10 << 20);
            int operations = disk.operations();
            assertThatThrownBy(() -> full.append(List.of(events(1, 3, 3)), NOW))
                    .isInstanceOfSatisfying(
                            LogException.class, e -> assertThat(e.kind()).isEqualTo(LogException.Kind.FULL))
                    .hasMessageContaining("10 MiB left, less than the 64 MiB");
            assertThatThrownBy(full::check).hasMessageContaining("min-free");
            // What needs no room is told.
            assertThat(full.append(List.of(events(1, 1, 2)), NOW).stored()).containsExactly(0);
            assertThat(disk.operations()).isEqualTo(operations);
            disk.usable(Long.MAX_VALUE);
            assertThat(full.append(List.of(events(1, 3, 3)), NOW).head().entry())
                    .isEqualTo(3);
        }
    }

    @Test
    void aDiskThatFails_failsTheCheck_andTheNextAppendGoesOn() {
        SimulatedDisk disk = new SimulatedDisk();
        try (FileLog failing = FileLog.open(SIMULATED, options(disk, 1000))) {
            failing.append(List.of(events(1, 1, 1)), NOW);
            disk.fail(1);
            assertThatThrownBy(failing::check).hasMessageContaining("could not write and sync");
            failing.check();
            disk.fail(1);
            assertThatThrownBy(() -> failing.append(List.of(events(1, 2, 2)), NOW))
                    .isInstanceOfSatisfying(
                            LogException.class, e -> assertThat(e.kind()).isEqualTo(LogException.Kind.FAILED));
            assertThat(failing.head().entry()).isEqualTo(1);
            assertThat(failing.append(List.of(events(1, 2, 2)), NOW).stored()).containsExactly(1);
            requireChained(failing);
        }
    }

    @Test
    void aNewerFormat_isRefusedByName() throws IOException {
        log.append(List.of(events(1, 1, 1)), NOW);
        log.close();
        Path file = Segment.file(directory.resolve("home/log"), 1);
        SegmentHeader header = new SegmentHeader(2, false, 1, 1, new byte[32]);
        try (LogDisk.LogFile edited = new SystemDisk().edit(file)) {
            edited.write(header.bytes(), 0);
        }
        assertThatThrownBy(this::open)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("version 2")
                .hasMessageContaining("Start the newer version");
    }

    @Test
    void itsFiles_areItsOwnersAlone() throws IOException {
        log.append(List.of(events(1, 1, 1)), NOW);
        log.check();
        Path where = directory.resolve("home/log");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(where)))
                .isEqualTo("rwx------");
        try (Stream<Path> files = Files.list(where)) {
            for (Path file : files.toList()) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .as(file.toString())
                        .isEqualTo("rw-------");
            }
        }
    }

    @Test
    void whatIsPurged_isInNoFile() throws IOException {
        SimulatedDisk disk = new SimulatedDisk();
        try (FileLog purged = FileLog.open(SIMULATED, options(disk, 2000))) {
            purged.append(List.of(List.of(event(1, 1, "secret"), event(2, 1, "plain"))), NOW);
            disk.fail(1);
            // Half of it may be behind what counts of that file.
            assertThatThrownBy(() -> purged.append(List.of(List.of(event(1, 2, "secret"))), NOW));
            purged.append(List.of(List.of(event(1, 2, "secret"), event(2, 2, "plain"))), NOW);
            purged.purge(new Purge(Set.of(event(1, 1, "").head().run().value()), Long.MAX_VALUE, Set.of()));
            List<String> found = new ArrayList<>();
            for (Path file : disk.files().keySet()) {
                assertThat(new String(disk.files().get(file), StandardCharsets.ISO_8859_1))
                        .doesNotContain("secret");
                try (LogDisk.LogFile open = disk.open(file)) {
                    RecordScan.all(open, 0, bytes -> {
                        RecordCodec.decode(bytes).entries().forEach(entry -> found.add("" + entry.body()));
                        return true;
                    });
                }
            }
            assertThat(found)
                    .hasSize(4)
                    .filteredOn(body -> body.contains("plain"))
                    .hasSize(2);
            assertThat(found).noneMatch(body -> body.contains("secret"));
        }
    }

    /** A purge of a large log takes its time; what is started meanwhile is acknowledged meanwhile. */
    @Test
    void whileAPurgeIsAtWork_appendsGoOn_andWhatTheyBringStays() throws Exception {
        CountDownLatch renaming = new CountDownLatch(1);
        CountDownLatch appended = new CountDownLatch(1);
        ExecutorService purger = Executors.newSingleThreadExecutor(work -> new Thread(work, "purger"));
        LogDisk disk = (LogDisk) Proxy.newProxyInstance(
                LogDisk.class.getClassLoader(), new Class<?>[] {LogDisk.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("rename")
                            && Thread.currentThread().getName().equals("purger")) {
                        renaming.countDown();
                        appended.await();
                    }
                    return method.invoke(new SystemDisk(), arguments);
                });
        UUID run = event(1, 1, "").head().run().value();
        try (FileLog busy =
                FileLog.open(directory.resolve("busy"), new FileLog.Options(disk, 2000, 0, 100, work -> {}, 1000))) {
            busy.append(List.of(events(1, 1, 3)), NOW);
            long head = busy.head().entry();
            Future<Long> purged = purger.submit(() -> busy.purge(new Purge(Set.of(run), head, Set.of())));
            renaming.await();
            busy.append(List.of(events(1, 4, 5)), NOW);
            appended.countDown();
            assertThat(purged.get()).isEqualTo(3);
            List<Long> left = new ArrayList<>();
            busy.ofRun(run, 1, 99, entry -> left.add(entry.seq()));
            assertThat(left).containsExactly(4L, 5L);
        } finally {
            appended.countDown();
            purger.shutdownNow();
        }
    }

    /** Each reading has a whole beginning of the log, whatever is appended and rewritten meanwhile. */
    @Test
    void whoReads_isNotDisturbed() throws Exception {
        Path where = directory.resolve("busy");
        ExecutorService reader = Executors.newSingleThreadExecutor();
        try (FileLog busy = FileLog.open(where, new FileLog.Options(new SystemDisk(), 3000, 0, 2, null, 1000))) {
            AtomicBoolean done = new AtomicBoolean();
            Future<Integer> reading = reader.submit(() -> {
                int rounds = 0;
                for (boolean last = false; !last; rounds++) {
                    last = done.get();
                    long head = busy.head().entry();
                    long[] next = {1};
                    busy.read(1, record -> {
                        assertThat(record.first()).isEqualTo(next[0]);
                        next[0] = record.last() + 1;
                        return true;
                    });
                    assertThat(next[0]).isGreaterThan(head);
                    busy.ofRun(event(1, 1, "").head().run().value(), 1, head, entry -> true);
                    assertThat(busy.ranges(event(1, 1, "").head().run().value()).count())
                            .isLessThanOrEqualTo(busy.head().entry());
                }
                return rounds;
            });
            for (int i = 1; i <= 150; i++) {
                busy.append(List.of(events(1 + i % 5, i, i + 3)), NOW);
                if (i % 40 == 0) {
                    busy.purge(new Purge(Set.of(), Long.MAX_VALUE, Set.of((long) i, i + 1L, i + 2L)));
                }
            }
            done.set(true);
            assertThat(reading.get()).isPositive();
            requireChained(busy);
        } finally {
            reader.shutdownNow();
        }
        try (FileLog again = FileLog.open(where, options(new SystemDisk(), 3000))) {
            requireChained(again);
        }
    }
}
