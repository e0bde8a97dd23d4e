package io.jobledger.bench;

import io.jobledger.event.BatchDecoder;
import io.jobledger.log.LogFact;
import io.jobledger.log.file.FileLog;
import io.jobledger.log.file.SystemDisk;
import io.jobledger.model.Event;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What the log in files costs: appends a second from one thread, bytes an event before and after compressing, time for
 * it. Arguments: a directory, and for how many jobs.
 */
final class LogBench {
    private LogBench() {}

    public static void main(String[] args) throws Exception {
        Path where = Path.of(args[0]).resolve("log-bench");
        List<Event> events = events(Long.parseLong(args[1]));
        for (int group : new int[] {1, 64}) {
            append(where, events.subList(0, Math.min(events.size(), group == 1 ? 4000 : 100_000)), group);
        }
        for (int group : new int[] {1, 64}) {
            for (int block : new int[] {64, 128, 256}) {
                compress(where, events.subList(0, Math.min(events.size(), group * 20_000)), group, block);
            }
        }
    }

    private static List<Event> events(long jobs) throws Exception {
        SampleSite site = SampleSite.of(1, (jobs + 39) / 40, 5);
        BatchDecoder decoder = new BatchDecoder(100_000);
        List<Event> events = new ArrayList<>();
        for (long number = 0; number < site.runs(); number++) {
            ByteArrayOutputStream lines = new ByteArrayOutputStream();
            for (byte[] event : site.run(number).events()) {
                lines.writeBytes(event);
                lines.write('\n');
            }
            events.addAll(decoder.decode(lines.toByteArray(), true));
        }
        return events;
    }

    private static void append(Path where, List<Event> events, int group) throws Exception {
        clear(where);
        try (FileLog log = FileLog.open(where, FileLog.Options.of(0))) {
            long began = System.nanoTime();
            int records = fill(log, events, group);
            double seconds = (System.nanoTime() - began) / 1e9;
            say(
                    "%d events a record, synced: %.0f records/s, %.0f events/s",
                    group, records / seconds, events.size() / seconds);
        }
    }

    private static int fill(FileLog log, List<Event> events, int group) {
        int records = 0;
        for (int from = 0; from < events.size(); from += group) {
            log.append(List.of(events.subList(from, Math.min(events.size(), from + group))), Instant.now());
            records++;
        }
        return records;
    }

    private static void compress(Path where, List<Event> events, int group, int block) throws Exception {
        clear(where);
        long raw;
        FileLog.Options options = new FileLog.Options(new SystemDisk(), 16 << 20, 0, 10_000, work -> {}, block << 10);
        try (FileLog log = FileLog.open(where, options)) {
            fill(log, events, group);
            log.append(Instant.now(), List.of(new LogFact.EpochBegan(2, "bench", "", "")));
            raw = log.bytes();
        }
        options = new FileLog.Options(new SystemDisk(), 16 << 20, 0, 10_000, Runnable::run, block << 10);
        long began = System.nanoTime();
        try (FileLog log = FileLog.open(where, options)) {
            double seconds = (System.nanoTime() - began) / 1e9;
            say(
                    "%d events a record, blocks of %d KiB: %.1f bytes an event raw, %.1f packed (%.1f %%), %.1f MB/s",
                    group,
                    block,
                    (double) raw / events.size(),
                    (double) log.bytes() / events.size(),
                    100.0 * log.bytes() / raw,
                    raw / seconds / 1e6);
            long one = System.nanoTime();
            int[] found = {0};
            for (int i = 0; i < 50; i++) {
                log.ofRun(events.get(i * (events.size() / 50)).head().run().value(), 1, Long.MAX_VALUE, entry -> {
                    found[0]++;
                    return true;
                });
            }
            long all = System.nanoTime();
            log.read(1, record -> true);
            long end = System.nanoTime();
            say(
                    "  the events of a run: %.2f ms (%d events); reading all: %.0f events/s",
                    (all - one) / 50e6, found[0] / 50, events.size() / ((end - all) / 1e9));
        }
    }

    private static void say(String text, Object... figures) {
        System.out.println(String.format(Locale.ROOT, text, figures));
    }

    private static void clear(Path where) throws Exception {
        if (Files.exists(where)) {
            try (Stream<Path> files = Files.walk(where)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
