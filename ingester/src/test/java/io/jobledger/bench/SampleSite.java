package io.jobledger.bench;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A made-up company whose runs a seed decides: the same seed and run number give the same run, in any order and in any
 * process, so that a load generator knows what a generated ledger holds without reading it. Immutable, thread-safe.
 *
 * @param seed another seed, another history
 * @param hosts how many hosts there are
 * @param jobsPerRun jobs that each run starts
 * @param eventsPerJob events of each job: its launch, polls, its end; at least 2
 * @param end when the last run starts
 * @param days how far back the first run is
 * @param runs over how many runs the days are spread
 */
record SampleSite(long seed, int hosts, int jobsPerRun, int eventsPerJob, Instant end, int days, long runs) {
    static final Instant END = Instant.parse("2026-11-20T00:00:00Z");

    private static final List<String> TEAMS =
            List.of("db", "web", "storage", "payments", "search", "platform", "edge", "mail");
    private static final List<String> WORK = List.of(
            "Upgrade",
            "Back up",
            "Patch",
            "Reindex",
            "Migrate",
            "Restart",
            "Verify",
            "Rotate logs of",
            "Rebalance",
            "Scrub");
    private static final List<String> STEPS = List.of(
            "Dump schema",
            "Migrate schema",
            "Rebuild index",
            "Install packages",
            "Run smoke tests",
            "Copy archive",
            "Vacuum",
            "Warm the cache");
    private static final List<String> USERS =
            List.of("deploy", "ci", "root", "anna", "bela", "chen", "dana", "emre", "fatima", "goran");

    /** A site of the usual make: 5,000 hosts, 40 jobs a run, 90 days. */
    static SampleSite of(long seed, long runs, int eventsPerJob) {
        return new SampleSite(seed, 5000, 40, eventsPerJob, END, 90, Math.max(1, runs));
    }

    /** A site whose runs begin from now on, ten a second: what an ingester is sent as it happens. */
    static SampleSite live(long seed, int eventsPerJob) {
        return new SampleSite(
                seed,
                5000,
                40,
                eventsPerJob,
                Instant.now().plus(Duration.ofDays(1)),
                1,
                Duration.ofDays(1).toSeconds() * 10);
    }

    SampleRun run(long number) {
        SplittableRandom random = new SplittableRandom(mix(mix(seed) + number));
        Instant first = end.minus(Duration.ofDays(days));
        long step = Duration.ofDays(days).toMillis() / runs;
        Instant start = first.plusMillis(number * step + random.nextLong(Math.max(1, step)))
                .plusNanos(random.nextInt(1000) * 1000L);
        String team = pick(random, TEAMS);
        String work = pick(random, WORK);
        return new SampleRun(this, number, random, start, team, work + " " + team + " servers", pick(random, USERS));
    }

    /** Neighbouring seeds would give one sequence, shifted: a splittable generator's own steps are of one size. */
    private static long mix(long bits) {
        long mixed = (bits ^ bits >>> 33) * 0xFF51_AFD7_ED55_8CCDL;
        mixed = (mixed ^ mixed >>> 33) * 0xC4CE_B9FE_1A85_EC53L;
        return mixed ^ mixed >>> 33;
    }

    /** A host's name; low numbers belong to the same team for ever. */
    static String host(String team, int number) {
        return String.format("%s%04d.dc%d.example.com", team, number, 1 + number % 3);
    }

    static String step(SplittableRandom random) {
        return pick(random, STEPS);
    }

    private static String pick(SplittableRandom random, List<String> from) {
        return from.get(random.nextInt(from.size()));
    }
}
