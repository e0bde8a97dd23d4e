package io.jobledger.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.event.BatchDecoder;
import io.jobledger.event.InvalidEvents;
import io.jobledger.ledger.EventSink.Appended;
import io.jobledger.ledger.H2Ledger;
import io.jobledger.ledger.Ledger;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import me.tongfei.progressbar.ProgressBar;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Fills a ledger with the history of a {@link SampleSite}, on the way that every event takes: decoded from JSON, appended, committed, synced. */
@Command(name = "generate", mixinStandardHelpOptions = true, description = "Fills a ledger with made-up history. The same seed gives the same history.")
final class Generate implements Callable<Integer> {
    /** Batches that may wait for the writer: decoding the next goes on meanwhile. */
    private static final int AHEAD = 4;

    @Option(names = "--ledger", required = true, paramLabel = "FILE", description = "The ledger's file, without its suffix .mv.db. It must not be in use.")
    private Path ledger;

    @Option(names = "--jobs", required = true, paramLabel = "N", description = "Jobs to add, rounded up to whole runs of 40.")
    private long jobs;

    @Option(names = "--events-per-job", defaultValue = "5", paramLabel = "N", description = "Launch, polls and end of each job; at least 2. Default: ${DEFAULT-VALUE}")
    private int eventsPerJob;

    @Option(names = "--seed", defaultValue = "1", paramLabel = "N", description = "Decides everything. Default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(names = "--batch", defaultValue = "2000", paramLabel = "N", description = "Events in one commit, about. Default: ${DEFAULT-VALUE}")
    private int batch;

    @Option(names = "--cache-mib", defaultValue = "64", paramLabel = "N", description = "Memory for the ledger's page cache. Default: ${DEFAULT-VALUE}")
    private int cacheMib;

    @Override
    public Integer call() throws IOException, InvalidEvents {
        long runs = (jobs + 39) / 40;
        SampleSite site = SampleSite.of(seed, runs, Math.max(2, eventsPerJob));
        long began = System.nanoTime();
        long events = 0;
        try (Ledger open = H2Ledger.open(new H2Ledger.Options(ledger, cacheMib * 1024, 100_000, 10_000, 0), List.of(), Clock.systemUTC());
                ProgressBar bar = new ProgressBar("jobs", runs * 40)) {
            BatchDecoder decoder = new BatchDecoder(100_000);
            Deque<CompletableFuture<Appended>> waiting = new ArrayDeque<>();
            ByteArrayOutputStream lines = new ByteArrayOutputStream();
            int held = 0;
            for (long number = 0; number < runs; number++) {
                for (byte[] event : site.run(number).events()) {
                    lines.write(event);
                    lines.write('\n');
                    held++;
                }
                if (held >= batch || number + 1 == runs) {
                    waiting.add(open.sink().append(decoder.decode(lines.toByteArray(), true)));
                    events += held;
                    held = 0;
                    lines.reset();
                    while (waiting.size() > AHEAD || number + 1 == runs && !waiting.isEmpty()) {
                        waiting.remove().join();
                    }
                    bar.stepTo((number + 1) * 40);
                }
            }
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        ObjectNode said = JsonNodeFactory.instance.objectNode();
        said.put("jobs", runs * 40).put("events", events).put("runs", runs).put("seed", seed).put("seconds", seconds);
        said.put("jobs_per_second", runs * 40 / seconds).put("events_per_second", events / seconds);
        said.put("bytes", Files.size(Path.of(ledger + ".mv.db")));
        System.out.println(said);
        return 0;
    }
}
