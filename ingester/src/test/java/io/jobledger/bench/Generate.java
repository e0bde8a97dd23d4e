package io.jobledger.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.event.BatchDecoder;
import io.jobledger.event.InvalidEvents;
import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.h2.EmbeddedLedger;
import io.jobledger.model.Event;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import me.tongfei.progressbar.ProgressBar;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Fills a ledger with the history of a {@link SampleSite}, on the way that every event takes: decoded from JSON,
 * appended and synced.
 */
@Command(
        name = "generate",
        mixinStandardHelpOptions = true,
        description = "Fills a ledger with made-up history. The same seed gives the same history.")
final class Generate implements Callable<Integer> {
    /** Batches that may wait for the writer: decoding the next goes on meanwhile. */
    private static final int AHEAD = 4;

    @Option(
            names = "--ledger",
            required = true,
            paramLabel = "DIRECTORY",
            description = "The ledger's directory. It must not be in use.")
    private Path ledger;

    @Option(
            names = "--jobs",
            required = true,
            paramLabel = "N",
            description = "Jobs to add, rounded up to whole runs of 40.")
    private long jobs;

    @Option(
            names = "--events-per-job",
            defaultValue = "5",
            paramLabel = "N",
            description = "Launch, polls and end of each job; at least 2. Default: ${DEFAULT-VALUE}")
    private int eventsPerJob;

    @Option(
            names = "--seed",
            defaultValue = "1",
            paramLabel = "N",
            description = "Decides everything. Default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(
            names = "--batch",
            defaultValue = "2000",
            paramLabel = "N",
            description = "Events in one commit, about. Default: ${DEFAULT-VALUE}")
    private int batch;

    @Option(
            names = "--cache-mib",
            defaultValue = "64",
            paramLabel = "N",
            description = "Memory for the ledger's page cache. Default: ${DEFAULT-VALUE}")
    private int cacheMib;

    /** Where events go. What is returned is done when they are stored. */
    private interface Filling extends AutoCloseable {
        CompletableFuture<?> append(List<Event> events);

        /** All was appended. */
        default void finish() throws InterruptedException {}

        @Override
        void close() throws SQLException;
    }

    @Override
    public Integer call() throws IOException, InvalidEvents, InterruptedException, SQLException {
        long runs = (jobs + 39) / 40;
        SampleSite site = SampleSite.of(seed, runs, Math.max(2, eventsPerJob));
        long began = System.nanoTime();
        long events;
        try (Filling filling = usual();
                ProgressBar bar = new ProgressBar("jobs", runs * 40)) {
            events = fill(filling, site, bar);
            filling.finish();
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        ObjectNode said = JsonNodeFactory.instance.objectNode();
        said.put("jobs", runs * 40)
                .put("events", events)
                .put("runs", runs)
                .put("seed", seed)
                .put("seconds", seconds);
        said.put("jobs_per_second", runs * 40 / seconds).put("events_per_second", events / seconds);
        said.put("bytes", size());
        System.out.println(said);
        return 0;
    }

    /** Hands over whole runs, some batches ahead of what is stored; returns the number of events. */
    private long fill(Filling filling, SampleSite site, ProgressBar bar) throws InvalidEvents {
        BatchDecoder decoder = new BatchDecoder(100_000);
        Deque<CompletableFuture<?>> waiting = new ArrayDeque<>();
        long events = 0;
        List<Event> held = new ArrayList<>();
        for (long number = 0; number < site.runs(); number++) {
            ByteArrayOutputStream lines = new ByteArrayOutputStream();
            for (byte[] event : site.run(number).events()) {
                lines.writeBytes(event);
                lines.write('\n');
            }
            held.addAll(decoder.decode(lines.toByteArray(), true));
            boolean last = number + 1 == site.runs();
            if (held.size() >= batch || last) {
                waiting.add(filling.append(held));
                events += held.size();
                held = new ArrayList<>();
                while (waiting.size() > AHEAD || last && !waiting.isEmpty()) {
                    waiting.remove().join();
                }
                bar.stepTo((number + 1) * site.jobsPerRun());
            }
        }
        return events;
    }

    private long size() throws IOException {
        try (Stream<Path> files = Files.walk(ledger)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    private Filling usual() {
        Ledger open = EmbeddedLedger.open(
                new EmbeddedLedger.Options(ledger, cacheMib * 1024, 100_000, 10_000, 0), List.of(), Clock.systemUTC());
        return new Filling() {
            @Override
            public CompletableFuture<?> append(List<Event> events) {
                return open.sink().append(events);
            }

            /** What is asked next finds records, and no projector at work. */
            @Override
            public void finish() throws InterruptedException {
                while (open.upkeep().lag().entries() > 0) {
                    Thread.sleep(100);
                }
            }

            @Override
            public void close() {
                open.close();
            }
        };
    }
}
