package io.jobledger.metrics;

import io.jobledger.ledger.Upkeep;
import io.jobledger.resume.JobFinder;
import io.jobledger.sink.SinkRelays;
import io.jobledger.sink.mirror.MirrorRelay;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleSupplier;
import java.util.function.IntSupplier;

/** All meters of one ingester. Counting never blocks; {@link #scrape} may. Thread-safe. */
public final class Metrics implements AutoCloseable {
    /** Of what {@link #scrape} returns. */
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics gc = new JvmGcMetrics();
    private final Map<JobFinder.Result, Counter> lookups = new EnumMap<>(JobFinder.Result.class);
    /** Kept here, because the registry makes and sorts the tags before it looks whether it has the timer. */
    private final Map<Answered, Timer> requests = new ConcurrentHashMap<>();

    private final LedgerMeters ledger;
    private final List<MirrorMeters> mirrors;
    private final SinkMeters sinks;

    /** What a request's timer is kept by; the labels are few. */
    private record Answered(String method, String route, int status) {}

    /**
     * Begins to count.
     *
     * @param silence after which a run that said no goodbye is taken for interrupted
     * @param version of the program
     */
    public Metrics(
            Upkeep upkeep, List<MirrorRelay> relays, SinkRelays sinks, Duration silence, Clock clock, String version) {
        this.sinks = new SinkMeters(registry, sinks);
        ledger = new LedgerMeters(registry, upkeep, silence);
        mirrors = relays.stream()
                .map(relay -> new MirrorMeters(registry, relay, clock))
                .toList();
        for (JobFinder.Result result : JobFinder.Result.values()) {
            lookups.put(
                    result,
                    Counter.builder("jobledger.lookups")
                            .description("Lookups of a job by name, by how they ended")
                            .tag("result", result.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
        Gauge.builder("jobledger.build.info", () -> 1)
                .description("Always 1; the labels say what runs")
                .tags(Tags.of("version", version, "java", Runtime.version().toString()))
                .register(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        gc.bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
    }

    /** A request was answered. */
    public void requested(String method, String route, int status, Duration took) {
        requests.computeIfAbsent(new Answered(method, route, status), this::timer)
                .record(took);
    }

    private Timer timer(Answered answered) {
        return Timer.builder("jobledger.http.request.duration")
                .description("Answered requests")
                .tags("method", answered.method, "route", answered.route, "status", Integer.toString(answered.status))
                .register(registry);
    }

    /**
     * The server speaks TLS: shows for how many days its certificate is still valid, as {@code days} says whenever it
     * is asked.
     */
    public void certificate(DoubleSupplier days) {
        Gauge.builder("jobledger.tls.certificate.days.left", days::getAsDouble)
                .description("Days until the served certificate ends; negative when it has ended")
                .register(registry);
    }

    /** Shows how many callers wait for a job's end, as {@code count} says whenever it is asked. */
    public void waiters(IntSupplier count) {
        Gauge.builder("jobledger.waiters", count::getAsInt)
                .description("Callers that wait for a job's end (max-waiters)")
                .register(registry);
    }

    /** A lookup ended. */
    public void looked(JobFinder.Result result) {
        lookups.get(result).increment();
    }

    /** Everything in Prometheus' text format. Blocks on the database, every few seconds at most. */
    public String scrape() {
        ledger.refresh();
        mirrors.forEach(MirrorMeters::refresh);
        sinks.refresh();
        return registry.scrape("text/plain");
    }

    @Override
    public void close() {
        gc.close();
        registry.close();
    }
}
