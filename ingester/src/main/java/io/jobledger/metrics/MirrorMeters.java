package io.jobledger.metrics;

import io.jobledger.ledger.Outbox;
import io.jobledger.sink.mirror.MirrorRelay;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.function.ToDoubleFunction;

/** How one mirror stands. Thread-safe. */
final class MirrorMeters {
    private final MeterRegistry registry;
    private final String uri;
    private final Sample<Outbox.Backlog> backlog;

    MirrorMeters(MeterRegistry registry, MirrorRelay relay, Clock clock) {
        this.registry = registry;
        this.uri = relay.mirror().uri();
        this.backlog = new Sample<>(relay::backlog);
        gauge(
                "jobledger.outbox.entries",
                "Names whose newest record the mirror lacks",
                "pending",
                Outbox.Backlog::pending);
        gauge(
                "jobledger.outbox.entries",
                "Names whose newest record the mirror lacks",
                "blocked",
                Outbox.Backlog::blocked);
        Gauge.builder(
                        "jobledger.outbox.age.seconds",
                        backlog,
                        sample -> sample.get(now -> now.oldest() == null
                                ? 0
                                : Duration.between(now.oldest(), clock.instant())
                                                .toMillis()
                                        / 1000.0))
                .description("Age of the oldest entry that the mirror lacks")
                .tag("mirror", uri)
                .strongReference(true)
                .register(registry);
        puts(relay, "done", MirrorRelay::puts);
        puts(relay, "failed", MirrorRelay::passingFailures);
        puts(relay, "blocked", MirrorRelay::lastingFailures);
    }

    private void gauge(String name, String meaning, String state, ToDoubleFunction<Outbox.Backlog> part) {
        Gauge.builder(name, backlog, sample -> sample.get(part))
                .description(meaning)
                .tags("mirror", uri, "state", state)
                .strongReference(true)
                .register(registry);
    }

    private void puts(MirrorRelay relay, String result, ToDoubleFunction<MirrorRelay> count) {
        FunctionCounter.builder("jobledger.mirror.puts", relay, count)
                .description("Records put into the mirror: done, failed and to be tried again, or blocked")
                .tags("mirror", uri, "result", result)
                .register(registry);
    }

    void refresh() {
        backlog.refresh();
    }
}
