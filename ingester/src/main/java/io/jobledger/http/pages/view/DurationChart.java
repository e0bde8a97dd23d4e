package io.jobledger.http.pages.view;

import io.jobledger.model.JobRecord;
import io.jobledger.model.JobStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * How long the jobs of one name took, oldest first, with what is usual among those that succeeded.
 *
 * @param bars one a job whose start is known
 * @param usual null where too few succeeded
 * @param longest what the height of the chart means
 */
public record DurationChart(List<Bar> bars, Usual usual, Duration longest) {
    public static final int HEIGHT = 100;
    public static final int STEP = 26;
    /** Fewer tell nothing of what is usual. */
    private static final int FEW = 3;

    private static final double LONG = 2;

    /** One job. */
    public record Bar(JobRecord job, double x, double y, double height, String label, boolean current) {}

    /** Of ten jobs, eight took between {@code low} and {@code high}. */
    public record Usual(Duration low, Duration median, Duration high, int jobs) {
        public double y(Duration longest, Duration at) {
            return HEIGHT - height(at, longest);
        }
    }

    /**
     * The chart.
     *
     * @param newestFirst jobs of one name
     * @param current one of them, or another of the name
     */
    public static DurationChart of(List<JobRecord> newestFirst, JobRecord current, Instant now) {
        List<JobRecord> jobs = new ArrayList<>();
        for (int i = newestFirst.size() - 1; i >= 0; i--) {
            if (took(newestFirst.get(i), now) != null) {
                jobs.add(newestFirst.get(i));
            }
        }
        Duration longest = jobs.stream()
                .map(job -> took(job, now))
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
        List<Bar> bars = new ArrayList<>();
        for (JobRecord job : jobs) {
            double height = Math.max(2, height(took(job, now), longest));
            bars.add(new Bar(
                    job,
                    bars.size() * (double) STEP,
                    HEIGHT - height,
                    height,
                    Badge.of(job, now).word() + ", started " + Text.time(job.startedAt()) + " UTC, "
                            + (job.status().open() ? "for " : "took ") + Text.span(took(job, now)),
                    same(job, current)));
        }
        List<Duration> well = jobs.stream()
                .filter(job -> job.status() == JobStatus.SUCCEEDED && !same(job, current))
                .map(job -> took(job, now))
                .sorted()
                .toList();
        return new DurationChart(
                bars,
                well.size() < FEW
                        ? null
                        : new Usual(
                                well.get(well.size() / 10),
                                well.get(well.size() / 2),
                                well.get(well.size() - 1 - well.size() / 10),
                                well.size()),
                longest);
    }

    /** How much longer than usual a job took, or runs; null where it did not, or nobody can say. */
    public String longer(JobRecord job, Instant now) {
        Duration took = took(job, now);
        if (usual == null || took == null || usual.median.toMillis() == 0 || took.compareTo(usual.high) <= 0) {
            return null;
        }
        double times = (double) took.toMillis() / usual.median.toMillis();
        return times < LONG ? null : String.format(java.util.Locale.ROOT, "%.1f", times);
    }

    public int width() {
        return Math.max(1, bars.size()) * STEP;
    }

    private static double height(Duration at, Duration longest) {
        return Math.round(10.0 * HEIGHT * at.toMillis() / Math.max(1, longest.toMillis())) / 10.0;
    }

    private static Duration took(JobRecord job, Instant now) {
        if (job.startedAt() == null) {
            return null;
        }
        Instant end = job.status().open() ? now : job.finishedAt();
        return end == null || end.isBefore(job.startedAt()) ? null : Duration.between(job.startedAt(), end);
    }

    private static boolean same(JobRecord a, JobRecord b) {
        return a.jobId() != null
                && a.jobId().equals(b.jobId())
                && a.executionHost().equals(b.executionHost());
    }
}
