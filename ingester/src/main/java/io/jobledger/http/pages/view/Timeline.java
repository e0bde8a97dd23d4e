package io.jobledger.http.pages.view;

import io.jobledger.ledger.query.JobLine;
import io.jobledger.model.JobRecord;
import io.jobledger.model.RunId;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The geometry of the picture of jobs per host: time runs from left to right over {@value #WIDTH} units, and jobs of
 * one host that overlap lie in lanes.
 *
 * @param hosts with which names
 * @param more how many hosts have jobs in this time that the picture has no room for
 */
public record Timeline(Instant from, Instant to, HostNames hosts, List<Row> rows, List<Tick> ticks, int more) {
    public static final int WIDTH = 1000;
    public static final int LANE = 12;
    /** Hosts of a picture among other things. */
    public static final int SOME_HOSTS = 15;

    private static final int MOST_LANES = 6;
    /** A job of a moment must still be seen and hit. */
    private static final double LEAST_WIDTH = 5;
    /** The axis has at most so many parts. */
    private static final int PARTS = 7;

    private static final long[] STEPS = {
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 14_400, 21_600, 43_200, 86_400,
        172_800, 604_800
    };

    /** A job to be drawn: what it is called by those who do not see it, and where it leads. */
    public record Item(String host, Instant start, Instant end, String label, String link, Badge badge) {
        /** Null where nobody knows when it started. */
        public static Item of(JobRecord job, Instant now) {
            Instant end = job.status().open() ? now : job.finishedAt() != null ? job.finishedAt() : job.lastSeenAt();
            return job.startedAt() == null
                    ? null
                    : item(
                            job.key().host(),
                            job.key().job(),
                            job.startedAt(),
                            end,
                            job.status().open(),
                            Links.job(job),
                            Badge.of(job, now));
        }

        /** A job of a run. */
        public static Item of(JobLine job, RunId run, Instant now) {
            Instant end = job.status().open() ? now : job.finishedAt();
            return item(
                    job.key().host(),
                    job.key().job(),
                    job.startedAt(),
                    end,
                    job.status().open(),
                    Links.job(job, run),
                    Badge.of(job, now));
        }

        private static Item item(
                String host, String job, Instant start, Instant known, boolean open, String link, Badge badge) {
            Instant end = known == null || known.isBefore(start) ? start : known;
            String label = Text.line(job) + ", " + badge.word() + ", started " + Text.time(start) + " UTC, "
                    + (open ? "for " : "took ") + Text.span(Duration.between(start, end));
            return new Item(host, start, end, label, link, badge);
        }
    }

    /** A host and its jobs. */
    public record Row(String host, List<Bar> bars) {
        public int lanes() {
            return 1 + bars.stream().mapToInt(Bar::lane).max().orElse(0);
        }

        public int height() {
            return lanes() * LANE;
        }
    }

    /** One job: where it begins and how long it is, in units of the picture. */
    public record Bar(Item job, double x, double width, int lane) {}

    /** Where a part of the axis begins, and what it is called. */
    public record Tick(double x, String label, Instant from, Instant to) {}

    /**
     * The picture of {@code jobs} between two times, a little wider, so that its axis has round numbers; hosts with the
     * latest start come first.
     */
    public static Timeline of(Collection<Item> jobs, Instant from, Instant to, int mostHosts) {
        return of(jobs, from, to, mostHosts, List.of());
    }

    /**
     * The same with a wish.
     *
     * @param first hosts that come before all others, in this order
     */
    public static Timeline of(Collection<Item> jobs, Instant from, Instant to, int mostHosts, List<String> first) {
        long step = step(Duration.between(from, to));
        Instant begin = Instant.ofEpochSecond(Math.floorDiv(from.getEpochSecond(), step) * step);
        long parts = Math.max(1, -Math.floorDiv(-(Duration.between(begin, to).toMillis()), step * 1000));
        Instant end = begin.plusSeconds(parts * step);
        Map<String, List<Item>> hosts = new LinkedHashMap<>();
        first.forEach(host -> hosts.put(host, new ArrayList<>()));
        jobs.stream()
                .filter(job -> !job.start.isAfter(end) && !job.end.isBefore(begin))
                .sorted(Comparator.comparing(Item::start).reversed())
                .forEach(job -> hosts.computeIfAbsent(job.host, host -> new ArrayList<>())
                        .add(job));
        hosts.values().removeIf(List::isEmpty);
        List<Row> rows = hosts.entrySet().stream()
                .limit(mostHosts)
                .map(host -> new Row(host.getKey(), bars(host.getValue(), begin, end)))
                .toList();
        return new Timeline(
                begin,
                end,
                HostNames.of(rows.stream().map(Row::host).toList()),
                rows,
                ticks(begin, step, parts),
                Math.max(0, hosts.size() - mostHosts));
    }

    /**
     * The picture of a window that looks back from now. What began before the window reaches in from the left; where
     * all else began late in it, the picture begins there.
     */
    public static Timeline back(Collection<Item> jobs, Duration window, Instant now) {
        Instant from = now.minus(window);
        Instant first = jobs.stream()
                .map(Item::start)
                .filter(start -> !start.isBefore(from))
                .min(Instant::compareTo)
                .orElse(from);
        Instant least = now.minusSeconds(60);
        return of(jobs, first.isAfter(least) ? least : first, now, SOME_HOSTS);
    }

    private static long step(Duration whole) {
        for (long step : STEPS) {
            if (whole.getSeconds() < step * PARTS) {
                return step;
            }
        }
        long weeks = whole.toDays() / 7 / PARTS + 1;
        return weeks * STEPS[STEPS.length - 1];
    }

    private static List<Bar> bars(List<Item> newestFirst, Instant from, Instant to) {
        List<Bar> bars = new ArrayList<>();
        double[] free = new double[MOST_LANES];
        for (int i = newestFirst.size() - 1; i >= 0; i--) {
            Item job = newestFirst.get(i);
            double x = Math.min(x(job.start, from, to), WIDTH - LEAST_WIDTH);
            double width = Math.max(LEAST_WIDTH, x(job.end, from, to) - x);
            int lane = 0;
            while (lane < MOST_LANES - 1 && free[lane] > x) {
                lane++;
            }
            free[lane] = Math.max(free[lane], x + width + 1);
            bars.add(new Bar(job, round(x), round(width), lane));
        }
        return bars;
    }

    private static double x(Instant at, Instant from, Instant to) {
        double share = (double) Duration.between(from, at).toMillis()
                / Math.max(1, Duration.between(from, to).toMillis());
        return Math.max(0, Math.min(1, share)) * WIDTH;
    }

    private static double round(double x) {
        return Math.round(x * 10) / 10.0;
    }

    private static List<Tick> ticks(Instant from, long step, long parts) {
        String form =
                step >= 86_400 ? "MM-dd" : step * parts > 36 * 3600 ? "MM-dd HH:mm" : step < 60 ? "HH:mm:ss" : "HH:mm";
        DateTimeFormatter label = DateTimeFormatter.ofPattern(form).withZone(ZoneOffset.UTC);
        List<Tick> ticks = new ArrayList<>();
        for (long i = 0; i < parts; i++) {
            Instant at = from.plusSeconds(i * step);
            ticks.add(new Tick(round((double) WIDTH * i / parts), label.format(at), at, at.plusSeconds(step)));
        }
        return ticks;
    }
}
