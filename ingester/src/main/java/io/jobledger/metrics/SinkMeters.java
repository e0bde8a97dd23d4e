package io.jobledger.metrics;

import io.jobledger.ledger.DeliveryState.Standing;
import io.jobledger.sink.SinkFigures;
import io.jobledger.sink.SinkRelay;
import io.jobledger.sink.SinkRelays;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** How the sinks stand that follow the log. They may be others at each reading. Thread-safe. */
final class SinkMeters {
    private final MeterRegistry registry;
    private final SinkRelays relays;
    private final Map<String, Sample<State>> samples = new HashMap<>();

    /** One reading. */
    private record State(long lag, double behind, boolean blocked) {}

    SinkMeters(MeterRegistry registry, SinkRelays relays) {
        this.registry = registry;
        this.relays = relays;
    }

    synchronized void refresh() {
        for (SinkRelay relay : relays.all()) {
            String name = relay.sink().name();
            if (!samples.containsKey(name)) {
                samples.put(name, register(name, relay.figures()));
            }
        }
        samples.values().forEach(Sample::refresh);
    }

    private Sample<State> register(String name, SinkFigures figures) {
        Sample<State> sample = new Sample<>(() -> state(name));
        gauge(
                name,
                sample,
                "jobledger.sink.lag.entries",
                "Entries of the log that the sink was not offered",
                State::lag);
        gauge(
                name,
                sample,
                "jobledger.sink.lag.seconds",
                "How long ago that happened which the sink is to be told first; 0 when it has everything",
                State::behind);
        gauge(
                name,
                sample,
                "jobledger.sink.blocked",
                "1 while the sink waits for an operator",
                state -> state.blocked ? 1 : 0);
        count(name, figures, "sent", SinkFigures::sent);
        count(name, figures, "failed", SinkFigures::failed);
        return sample;
    }

    /** One that is gone has no figures. */
    private State state(String name) {
        SinkRelay relay = relays.named(name).orElseThrow(() -> new IllegalStateException("no sink " + name));
        Optional<Standing> now = relay.standing();
        return new State(
                relay.lag(),
                relay.behind().toMillis() / 1000.0,
                now.map(Standing::blocked).orElse(false));
    }

    private void gauge(String sink, Sample<State> sample, String name, String meaning, ToDoubleFunction<State> part) {
        Gauge.builder(name, sample, reading -> reading.get(part))
                .description(meaning)
                .tag("sink", sink)
                .strongReference(true)
                .register(registry);
    }

    private void count(String sink, SinkFigures figures, String result, ToDoubleFunction<SinkFigures> part) {
        FunctionCounter.builder("jobledger.sink.deliveries", figures, part)
                .description("News that were delivered, and attempts that failed")
                .tags("sink", sink, "result", result)
                .register(registry);
    }
}
