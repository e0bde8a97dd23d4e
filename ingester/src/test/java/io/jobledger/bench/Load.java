package io.jobledger.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.HdrHistogram.ConcurrentHistogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Sends requests for a time. Without a rate each caller sends as soon as it is answered; with one, requests are due at
 * fixed times, and a latency counts from when its request was due, so that a server that stalls is not excused by
 * callers that wait for it.
 */
@Command(
        name = "load",
        mixinStandardHelpOptions = true,
        description = "Sends requests for a time and prints throughput and latencies as JSON.")
final class Load implements Callable<Integer> {
    enum Kind {
        events,
        lookup,
        paths,
        same
    }

    @Option(names = "--url", required = true, paramLabel = "URL")
    private URI url;

    @Option(
            names = "--kind",
            defaultValue = "events",
            description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}")
    private Kind kind;

    @Option(names = "--callers", defaultValue = "1")
    private int callers;

    @Option(names = "--batch", defaultValue = "1", description = "Events in one request.")
    private int batch;

    @Option(names = "--seconds", defaultValue = "5", description = "How long is measured.")
    private double seconds;

    @Option(names = "--warmup", defaultValue = "1", description = "Seconds before that.")
    private double warmup;

    @Option(names = "--rate", description = "Requests a second of all callers together; else as many as are answered.")
    private double rate;

    @Option(
            names = "--seed",
            defaultValue = "1",
            description = "Another seed, other events; for lookups, the ledger's.")
    private long seed;

    @Option(
            names = "--jobs",
            defaultValue = "40000",
            description = "For lookups: how many jobs the ledger was generated with.")
    private long jobs;

    @Option(names = "--events-per-job", defaultValue = "5")
    private int eventsPerJob;

    @Option(names = "--method", defaultValue = "GET", description = "For the kind same.")
    private String method;

    @Option(names = "--body", description = "For the kind same: a file whose content is sent as JSON.")
    private Path body;

    @Option(
            names = "--paths",
            description =
                    "For the kind paths: a file with a path on each line, of which one is asked for at random each"
                            + " time.")
    private Path paths;

    private final ConcurrentHistogram latencies = new ConcurrentHistogram(60_000_000_000L, 3);
    private final LongAdder good = new LongAdder();
    private final Map<String, LongAdder> bad = new ConcurrentHashMap<>();
    private long from;
    private long until;

    private Supplier<byte[]> requests(int caller) throws IOException {
        return switch (kind) {
            case events -> Requests.events(url, SampleSite.live(seed, eventsPerJob), caller, callers, batch);
            case lookup ->
                Requests.lookups(url, SampleSite.of(seed, Math.max(1, (jobs + 39) / 40), eventsPerJob), caller);
            case paths -> Requests.paths(url, Files.readAllLines(paths), caller);
            case same -> {
                String path = url.getRawPath() + (url.getRawQuery() == null ? "" : "?" + url.getRawQuery());
                byte[] request = Caller.request(
                        url,
                        method,
                        path.isEmpty() ? "/" : path,
                        "application/json",
                        body == null ? null : Files.readAllBytes(body));
                yield () -> request;
            }
        };
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<Thread> threads = new ArrayList<>();
        CountDownLatch ready = new CountDownLatch(callers);
        CountDownLatch go = new CountDownLatch(1);
        for (int i = 0; i < callers; i++) {
            int number = i;
            Supplier<byte[]> requests = requests(i);
            Thread thread = new Thread(() -> {
                Supplier<byte[]> prepared = prepared(requests);
                ready.countDown();
                try (Caller caller = new Caller(url)) {
                    go.await();
                    work(caller, prepared, number);
                } catch (InterruptedException | IOException e) {
                    bad.computeIfAbsent(e.toString(), key -> new LongAdder()).increment();
                }
            });
            thread.start();
            threads.add(thread);
        }
        ready.await();
        from = System.nanoTime() + (long) (warmup * 1e9);
        until = from + (long) (seconds * 1e9);
        go.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        System.out.println(result());
        return bad.isEmpty() ? 0 : 1;
    }

    /** At a rate, the requests are made before: making them must not be taken for the server's time. */
    private Supplier<byte[]> prepared(Supplier<byte[]> requests) {
        if (rate <= 0 || kind != Kind.events) {
            return requests;
        }
        Queue<byte[]> made = new ArrayDeque<>();
        for (long i = (long) Math.ceil((warmup + seconds) * rate / callers) + 1; i > 0; i--) {
            made.add(requests.get());
        }
        return made::remove;
    }

    private void work(Caller caller, Supplier<byte[]> requests, int number) {
        long interval = rate <= 0 ? 0 : (long) (callers * 1e9 / rate);
        long due = from - (long) (warmup * 1e9) + interval * number / callers;
        while (true) {
            if (interval > 0) {
                for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                    LockSupport.parkNanos(wait);
                }
            }
            long began = interval > 0 ? due : System.nanoTime();
            if (began >= until) {
                return;
            }
            byte[] request = requests.get();
            long sent = interval > 0 ? due : System.nanoTime();
            String fault = send(caller, request);
            long done = System.nanoTime();
            if (sent >= from && done <= until || interval > 0 && sent >= from) {
                if (fault == null) {
                    good.increment();
                    latencies.recordValue(Math.min(done - sent, 60_000_000_000L));
                } else {
                    bad.computeIfAbsent(fault, key -> new LongAdder()).increment();
                }
            }
            due += interval;
        }
    }

    /** Null when all is well. */
    private static String send(Caller caller, byte[] request) {
        try {
            int status = caller.send(request);
            return status >= 200 && status < 300 ? null : "status " + status;
        } catch (IOException e) {
            try {
                caller.close();
            } catch (IOException ignored) {
                // The next request opens a new connection.
            }
            return e.toString();
        }
    }

    private ObjectNode result() {
        ObjectNode result = JsonNodeFactory.instance.objectNode();
        int events = kind == Kind.events ? batch : 1;
        result.put("kind", kind.name())
                .put("callers", callers)
                .put("batch", batch)
                .put("seconds", seconds)
                .put("rate", rate);
        result.put("requests", good.sum()).put("events", good.sum() * events);
        result.put("requests_per_second", good.sum() / seconds).put("events_per_second", good.sum() * events / seconds);
        for (Map.Entry<String, Double> point :
                new TreeMap<>(Map.of("p50_ms", 50.0, "p99_ms", 99.0, "p999_ms", 99.9, "max_ms", 100.0)).entrySet()) {
            result.put(point.getKey(), latencies.getValueAtPercentile(point.getValue()) / 1e6);
        }
        ObjectNode faults = result.putObject("faults");
        bad.forEach((fault, count) -> faults.put(fault, count.sum()));
        return result;
    }
}
