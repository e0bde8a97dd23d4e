package io.jobledger.log.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.FaultReport;
import io.jobledger.Wire;
import io.jobledger.log.EventLog.Purge;
import io.jobledger.log.EventLogContract;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogException;
import io.jobledger.log.LogFact;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Each byte of a small log's files changed, each length cut, each file missing or in another's place. What was
 * acknowledged is all there, or opening or reading is refused; and when the loss is accepted, what is left opens.
 */
class LogDamageTest {
    private static final Path DIRECTORY = Path.of("/log");

    private final SimulatedDisk disk = new SimulatedDisk();
    private final Map<Long, String> acknowledged = new TreeMap<>();
    private Map<Path, byte[]> files;
    private Map<Path, byte[]> yesterday;

    private static FileLog open(SimulatedDisk disk, boolean compress) {
        return FileLog.open(
                DIRECTORY, new FileLog.Options(disk, 700, 0, 10, compress ? Runnable::run : work -> {}, 300));
    }

    /** Packed segments, one that is closed and not packed, and an active one. */
    @BeforeEach
    void fill() {
        try (FileLog log = open(disk, true)) {
            for (int i = 1; i <= 6; i++) {
                log.append(List.of(EventLogContract.events(i % 3, i, i + 1)), EventLogContract.NOW);
            }
            log.purge(new Purge(Set.of(Wire.run(0).value()), Long.MAX_VALUE, Set.of()));
        }
        yesterday = disk.files();
        try (FileLog log = open(disk, false)) {
            log.append(
                    EventLogContract.NOW,
                    List.of(new LogFact.EpochBegan(2, "ops", "test", log.head().text())));
            for (int i = 7; i <= 11; i++) {
                log.append(List.of(EventLogContract.events(i % 3, i, i + 1)), EventLogContract.NOW);
            }
            log.read(1, record -> {
                for (long entry = record.first(); entry <= record.last(); entry++) {
                    acknowledged.put(
                            entry,
                            record.isStub() ? null : text(record.entries().get((int) (entry - record.first()))));
                }
                return true;
            });
        }
        files = disk.files();
        assertThat(files).hasSizeBetween(5, 9);
    }

    private static String text(LogEntry entry) {
        return entry.body();
    }

    private static Map<Long, String> entries(FileLog log) {
        Map<Long, String> entries = new TreeMap<>();
        log.read(1, record -> {
            for (long entry = record.first(); entry <= record.last(); entry++) {
                entries.put(
                        entry, record.isStub() ? null : text(record.entries().get((int) (entry - record.first()))));
            }
            return true;
        });
        return entries;
    }

    /** Returns whether it was refused. */
    private boolean met(String what, Map<Path, byte[]> changed) {
        Map<Path, byte[]> now = new TreeMap<>(files);
        now.putAll(changed);
        now.values().removeIf(bytes -> bytes.length == 0 && bytes == GONE);
        SimulatedDisk damaged = SimulatedDisk.of(now);
        try (FileLog log = open(damaged, true)) {
            assertThat(entries(log)).as(what).isEqualTo(acknowledged);
            EventLogContract.requireChained(log);
            return false;
        } catch (LogException e) {
            assertThat(e.kind()).as(what + ": " + e.getMessage()).isEqualTo(LogException.Kind.UNUSABLE);
            assertThat(e.getMessage())
                    .as(what)
                    .contains(DIRECTORY.toString())
                    .contains("jobledger restore", "jobledger rebuild", "jobledger accept-loss");
        }
        // Most cases are alike to whoever repairs them.
        if (FaultReport.SOAK || cases++ % 5 == 0) {
            accepted(what, SimulatedDisk.of(now));
        }
        return true;
    }

    private static final byte[] GONE = new byte[0];

    private void accepted(String what, SimulatedDisk damaged) {
        AcceptedLoss loss = AcceptedLoss.accept(DIRECTORY, damaged);
        Set<String> found = new TreeSet<>();
        loss.salvaged(record -> {
            record.entries().forEach(entry -> found.add("" + entry.body()));
            return true;
        });
        try (FileLog log = open(damaged, true)) {
            Map<Long, String> left = entries(log);
            assertThat(log.head()).as(what).isEqualTo(loss.head());
            assertThat(left).as(what).hasSize((int) loss.from() - 1);
            left.forEach((entry, body) -> assertThat(body).as(what).isEqualTo(acknowledged.get(entry)));
            EventLogContract.requireChained(log);
            if (loss.to() >= loss.from()) {
                assertThat(loss.to()).as(what).isLessThanOrEqualTo(acknowledged.size());
                log.append(
                        EventLogContract.NOW,
                        List.of(new LogFact.EpochBegan(log.head().epoch() + 1, "ops", "loss", "")));
            }
        }
        open(damaged, true).close();
        long lost = acknowledged.entrySet().stream()
                .filter(entry -> entry.getKey() >= loss.from())
                .filter(entry -> entry.getValue() != null && !found.contains(entry.getValue()))
                .count();
        assertThat(lost).as(what + ": what cannot be salvaged").isLessThanOrEqualTo(unsalvageable);
    }

    private long unsalvageable;
    private int cases;

    @Test
    void eachByte_isNoticed_orNothingIsLost() {
        // A block.
        unsalvageable = 4;
        int refused = 0;
        int changed = 0;
        for (Map.Entry<Path, byte[]> file : files.entrySet()) {
            for (int at = 0; at < file.getValue().length; at++) {
                byte[] bytes = file.getValue().clone();
                if (bytes[at] == 0 && at > 100 && bytes[at - 1] == 0) {
                    // Between the places of the mark is nothing.
                    continue;
                }
                bytes[at] ^= (byte) (1 << at % 8);
                changed++;
                refused += met("byte " + at + " of " + file.getKey(), Map.of(file.getKey(), bytes)) ? 1 : 0;
            }
        }
        System.out.println("LogDamageTest: of " + changed + " bytes changed, " + refused + " refused");
        assertThat(refused).isGreaterThan(1500);
    }

    @Test
    void eachLength_isNoticed_orNothingIsLost() {
        for (Map.Entry<Path, byte[]> file : files.entrySet()) {
            byte[] bytes = file.getValue();
            unsalvageable = acknowledged.size();
            for (int length = 0; length < bytes.length; length += FaultReport.SOAK ? 1 : bytes.length > 4000 ? 97 : 3) {
                met(length + " bytes of " + file.getKey(), Map.of(file.getKey(), Arrays.copyOf(bytes, length)));
            }
            unsalvageable = 0;
            byte[] longer = Arrays.copyOf(bytes, bytes.length + 3);
            longer[bytes.length] = 'x';
            met(file.getKey() + " with more at its end", Map.of(file.getKey(), longer));
        }
    }

    @Test
    void aFileThatIsMissing_orInAnothersPlace_isNoticed() {
        unsalvageable = acknowledged.size();
        List<Path> segments = new ArrayList<>(files.keySet());
        segments.removeIf(file -> !Segment.isName(file.getFileName().toString()));
        for (Path file : segments) {
            assertThat(met(file + " is missing", Map.of(file, GONE))).isTrue();
            for (Path other : segments) {
                if (!other.equals(file)) {
                    assertThat(met(
                                    file + " and " + other + " are swapped",
                                    Map.of(file, files.get(other), other, files.get(file))))
                            .isTrue();
                    assertThat(met(file + " is " + other, Map.of(file, files.get(other), other, GONE)))
                            .isTrue();
                }
            }
        }
    }

    @Test
    void theSegmentsOfYesterday_areNoticed() {
        unsalvageable = acknowledged.size();
        Map<Path, byte[]> old = new TreeMap<>();
        files.keySet().forEach(file -> old.put(file, yesterday.getOrDefault(file, GONE)));
        old.remove(DIRECTORY.resolve(HeadMark.NAME));
        assertThat(met("the segments of yesterday", old)).isTrue();
    }

    @Test
    void whereNobodyKnowsMore_anOlderCopyIsRefusedByWhoKnowsMore() {
        try (FileLog today = open(SimulatedDisk.of(files), true);
                FileLog old = open(SimulatedDisk.of(yesterday), true)) {
            old.require(old.head(), "a test");
            today.require(old.head(), "a test");
            for (Runnable refused : List.<Runnable>of(
                    () -> old.require(today.head(), "a test"),
                    () -> old.append(List.of(EventLogContract.events(5, 1, 13)), EventLogContract.NOW),
                    () -> today.require(old.head(), "a test"))) {
                try {
                    refused.run();
                } catch (LogException e) {
                    assertThat(e.kind()).isEqualTo(LogException.Kind.UNUSABLE);
                    assertThat(e.getMessage()).contains("a test knows");
                    continue;
                }
                assertThat(refused).isNotNull();
            }
        }
    }
}
