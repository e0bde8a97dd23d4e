package io.jobledger.metrics;

import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.LedgerFigures;
import io.jobledger.ledger.Upkeep;
import io.jobledger.ledger.WriteObserver;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** How storing goes, and what the ledger holds. Thread-safe. */
final class LedgerMeters implements WriteObserver {
    private static final Duration[] COMMIT_BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5)
    };
    private static final double[] GROUP_BUCKETS = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};

    private final MeterRegistry registry;
    private final Counter stored;
    private final Counter duplicates;
    private final Map<LedgerException.Kind, Counter> refused = new EnumMap<>(LedgerException.Kind.class);
    private final Timer commit;
    private final DistributionSummary group;
    private final Sample<LedgerFigures> figures;
    private final Sample<Long> setAside;

    LedgerMeters(MeterRegistry registry, Upkeep upkeep, Duration silence) {
        this.registry = registry;
        this.setAside = new Sample<>(upkeep::setAside);
        this.figures = new Sample<>(() -> upkeep.figures(silence));
        stored = Counter.builder("jobledger.events.stored")
                .description("Events that were new and are on disk")
                .register(registry);
        duplicates = Counter.builder("jobledger.events.duplicate")
                .description("Events that the ledger already had")
                .register(registry);
        for (LedgerException.Kind kind : LedgerException.Kind.values()) {
            if (kind != LedgerException.Kind.UNUSABLE && kind != LedgerException.Kind.CONFLICT) {
                refused.put(
                        kind,
                        Counter.builder("jobledger.events.refused")
                                .description("Events that were not stored, by why; their senders keep them")
                                .tag("reason", kind.name().toLowerCase(Locale.ROOT))
                                .register(registry));
            }
        }
        commit = Timer.builder("jobledger.commit.duration")
                .description("One group of batches, from its forming to its being on disk")
                .serviceLevelObjectives(COMMIT_BUCKETS)
                .register(registry);
        group = DistributionSummary.builder("jobledger.commit.events")
                .description("Events that shared one commit")
                .serviceLevelObjectives(GROUP_BUCKETS)
                .register(registry);
        Gauge.builder("jobledger.queue.events", upkeep, Upkeep::waitingEvents)
                .description("Events that wait for a commit")
                .strongReference(true)
                .register(registry);
        FunctionCounter.builder("jobledger.ledger.damaged.reads", upkeep, Upkeep::damagedReads)
                .description("Questions that failed because a part of the ledger is damaged")
                .register(registry);
        Gauge.builder(
                        "jobledger.projection.lag.entries",
                        upkeep,
                        from -> from.lag().entries())
                .description("Entries of the log that are acknowledged and not yet in the records")
                .strongReference(true)
                .register(registry);
        Gauge.builder(
                        "jobledger.projection.lag.seconds",
                        upkeep,
                        from -> from.lag().behind().toMillis() / 1000.0)
                .description("How long ago the records were whole; 0 while they are")
                .strongReference(true)
                .register(registry);
        Gauge.builder("jobledger.projection.set.aside", setAside, sample -> sample.get(Long::doubleValue))
                .description("Entries of the log that could not be worked into the records")
                .strongReference(true)
                .register(registry);
        gauges();
        upkeep.observe(this);
    }

    private void gauges() {
        gauge(
                "jobledger.jobs",
                "Jobs that may need somebody, by how they stand",
                Tags.of("state", "running"),
                LedgerFigures::running);
        gauge(
                "jobledger.jobs",
                "Jobs that may need somebody, by how they stand",
                Tags.of("state", "overdue"),
                LedgerFigures::overdue);
        gauge(
                "jobledger.jobs",
                "Jobs that may need somebody, by how they stand",
                Tags.of("state", "lost"),
                LedgerFigures::lost);
        gauge("jobledger.runs", "Runs in the ledger", Tags.of("state", "running"), LedgerFigures::runsRunning);
        gauge("jobledger.runs", "Runs in the ledger", Tags.of("state", "finished"), LedgerFigures::runsFinished);
        gauge("jobledger.runs", "Runs in the ledger", Tags.of("state", "interrupted"), LedgerFigures::runsInterrupted);
        gauge("jobledger.ledger.size.bytes", "The database on its disk", Tags.empty(), LedgerFigures::bytes);
    }

    private void gauge(String name, String meaning, Tags tags, ToDoubleFunction<LedgerFigures> part) {
        Gauge.builder(name, figures, sample -> sample.get(part))
                .description(meaning)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }

    @Override
    public void committed(int batches, int fresh, int old, Duration took) {
        stored.increment(fresh);
        duplicates.increment(old);
        commit.record(took);
        group.record((double) fresh + old);
    }

    @Override
    public void refused(int events, LedgerException.Kind why) {
        Counter counter = refused.get(why);
        if (counter != null) {
            counter.increment(events);
        }
    }

    void refresh() {
        figures.refresh();
        setAside.refresh();
    }
}
