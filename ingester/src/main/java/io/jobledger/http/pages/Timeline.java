package io.jobledger.http.pages;

import io.jobledger.model.JobRecord;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The geometry of the picture of jobs per host: time runs from left to right over {@value #WIDTH} units, and jobs of
 * one host that overlap lie in lanes.
 *
 * @param more how many hosts have jobs in this time that the picture has no room for
 */
record Timeline(Instant from, Instant to, List<Row> rows, List<Tick> ticks, int more) {
    static final int WIDTH = 1000;
    static final int LANE = 12;
    private static final int MOST_HOSTS = 15;
    private static final int MOST_LANES = 6;
    /** A job of a moment must still be seen and hit. */
    private static final double LEAST_WIDTH = 5;

    private static final int TICKS = 6;

    /** A host and its jobs. */
    record Row(String host, List<Bar> bars) {
        int lanes() {
            return 1 + bars.stream().mapToInt(Bar::lane).max().orElse(0);
        }

        int height() {
            return lanes() * LANE;
        }
    }

    /** One job: where it begins and how long it is, in units of the picture. */
    record Bar(JobRecord job, double x, double width, int lane) {}

    record Tick(double x, String label) {}

    /** The picture of {@code jobs} between two times; hosts with the latest start come first. */
    static Timeline of(List<JobRecord> jobs, Instant from, Instant to) {
        Map<String, List<JobRecord>> hosts = new LinkedHashMap<>();
        jobs.stream()
                .filter(job -> job.startedAt() != null
                        && !job.startedAt().isAfter(to)
                        && !end(job, to).isBefore(from))
                .sorted(Comparator.comparing(JobRecord::startedAt).reversed())
                .forEach(job -> hosts.computeIfAbsent(job.key().host(), host -> new ArrayList<>())
                        .add(job));
        List<Row> rows = hosts.entrySet().stream()
                .limit(MOST_HOSTS)
                .map(host -> new Row(host.getKey(), bars(host.getValue(), from, to)))
                .toList();
        return new Timeline(from, to, rows, ticks(from, to), Math.max(0, hosts.size() - MOST_HOSTS));
    }

    private static List<Bar> bars(List<JobRecord> newestFirst, Instant from, Instant to) {
        List<Bar> bars = new ArrayList<>();
        double[] free = new double[MOST_LANES];
        for (int i = newestFirst.size() - 1; i >= 0; i--) {
            JobRecord job = newestFirst.get(i);
            double x = Math.min(x(job.startedAt(), from, to), WIDTH - LEAST_WIDTH);
            double width = Math.max(LEAST_WIDTH, x(end(job, to), from, to) - x);
            int lane = 0;
            while (lane < MOST_LANES - 1 && free[lane] > x) {
                lane++;
            }
            free[lane] = Math.max(free[lane], x + width + 1);
            bars.add(new Bar(job, round(x), round(width), lane));
        }
        return bars;
    }

    private static Instant end(JobRecord job, Instant now) {
        Instant end = job.status().open() ? now : job.finishedAt() != null ? job.finishedAt() : job.lastSeenAt();
        return end == null || end.isBefore(job.startedAt()) ? job.startedAt() : end;
    }

    private static double x(Instant at, Instant from, Instant to) {
        double share = (double) Duration.between(from, at).toMillis()
                / Math.max(1, Duration.between(from, to).toMillis());
        return Math.max(0, Math.min(1, share)) * WIDTH;
    }

    private static double round(double x) {
        return Math.round(x * 10) / 10.0;
    }

    private static List<Tick> ticks(Instant from, Instant to) {
        Duration whole = Duration.between(from, to);
        DateTimeFormatter label = DateTimeFormatter.ofPattern(whole.toHours() > 36 ? "MM-dd HH:mm" : "HH:mm")
                .withZone(ZoneOffset.UTC);
        List<Tick> ticks = new ArrayList<>();
        for (int i = 0; i < TICKS; i++) {
            ticks.add(new Tick(
                    (double) WIDTH * i / TICKS,
                    label.format(from.plus(whole.multipliedBy(i).dividedBy(TICKS)))));
        }
        return ticks;
    }

    /** What a job's bar says to those who do not see it. */
    static String label(JobRecord job, Instant now) {
        String took = job.status().open()
                ? "for " + Text.span(Duration.between(job.startedAt(), now))
                : "took " + Text.span(Duration.between(job.startedAt(), end(job, now)));
        return Text.line(job.key().job()) + ", " + Badge.of(job, now).word() + ", started " + Text.time(job.startedAt())
                + " UTC, " + took;
    }
}
