package io.jobledger.metrics;

import io.jobledger.ledger.Outbox;
import io.jobledger.sink.mirror.MirrorRelay;
import io.jobledger.sink.mirror.MirroredLog;
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
        relay.copy().ifPresent(this::copy);
    }

    /** How the copy of the log stands. */
    private void copy(MirroredLog copy) {
        copyGauge(copy, "entries", "Entries of the log that the copy lacks", standing -> standing.entries());
        copyGauge(
                copy,
                "seconds",
                "How long ago the copy of the log was whole; 0 while it is",
                standing -> standing.behind().toMillis() / 1000.0);
        Gauge.builder(
                        "jobledger.log.copy.blocked",
                        copy,
                        each -> each.standing().blocked() ? 1 : 0)
                .description("1 when the copy of the log waits for an operator")
                .tag("mirror", uri)
                .register(registry);
        FunctionCounter.builder("jobledger.log.copy.bytes", copy, MirroredLog::bytes)
                .description("Bytes put into the copy of the log")
                .tag("mirror", uri)
                .register(registry);
        copyPuts(copy, "done", MirroredLog::puts);
        copyPuts(copy, "failed", MirroredLog::passingFailures);
        copyPuts(copy, "blocked", MirroredLog::lastingFailures);
    }

    private void copyGauge(MirroredLog copy, String unit, String meaning, ToDoubleFunction<MirroredLog.Standing> part) {
        Gauge.builder("jobledger.log.copy.lag." + unit, copy, each -> part.applyAsDouble(each.standing()))
                .description(meaning)
                .tag("mirror", uri)
                .register(registry);
    }

    private void copyPuts(MirroredLog copy, String result, ToDoubleFunction<MirroredLog> count) {
        FunctionCounter.builder("jobledger.log.copy.puts", copy, count)
                .description("Objects put into the copy of the log; rounds that failed and are tried again, or blocked")
                .tags("mirror", uri, "result", result)
                .register(registry);
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
