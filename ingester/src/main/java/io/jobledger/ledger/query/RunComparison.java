package io.jobledger.ledger.query;

import io.jobledger.model.JobKey;
import io.jobledger.model.JobStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Two runs beside each other, job by job.
 *
 * @param pairs the jobs of either by name, the most telling change first
 */
public record RunComparison(List<Pair> pairs) {
    private static final double MUCH = 1.5;
    /** A shorter difference is chance. */
    private static final Duration NOTEWORTHY = Duration.ofSeconds(5);

    public RunComparison {
        pairs = List.copyOf(pairs);
    }

    /** What is different of a job, the most telling first. */
    public enum Change {
        /** It failed, ran out of time or was lost in the second run, and not in the first. */
        FAILED_NOW,
        /** It did so in both. */
        FAILED_AGAIN,
        /** It took half as long again, or longer. */
        SLOWER,
        /** The first run has no job of the name. */
        NEW,
        /** The second run has none. */
        GONE,
        /** It did so in the first run only. */
        RECOVERED,
        /** The first took half as long again, or longer. */
        FASTER,
        SAME;

        /** The spelling of the API. */
        public String wire() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** A job in the first run and in the second; null where it has none of the name. */
    public record Pair(JobKey key, JobLine before, JobLine after, Change change) {}

    /** Compares; of several jobs of one name in a run the latest counts. */
    public static RunComparison of(List<JobLine> before, List<JobLine> after) {
        Map<JobKey, JobLine> first = latest(before);
        Map<JobKey, JobLine> second = latest(after);
        List<Pair> pairs = new ArrayList<>();
        second.forEach((key, line) -> pairs.add(new Pair(key, first.get(key), line, change(first.get(key), line))));
        first.forEach((key, line) -> {
            if (!second.containsKey(key)) {
                pairs.add(new Pair(key, line, null, Change.GONE));
            }
        });
        pairs.sort(Comparator.comparing(Pair::change)
                .thenComparing(pair -> pair.key().play())
                .thenComparing(pair -> pair.key().job())
                .thenComparing(pair -> pair.key().host()));
        return new RunComparison(pairs);
    }

    private static Map<JobKey, JobLine> latest(List<JobLine> lines) {
        Map<JobKey, JobLine> latest = new LinkedHashMap<>();
        lines.forEach(line -> latest.merge(
                line.key(), line, (one, other) -> other.startedAt().isBefore(one.startedAt()) ? one : other));
        return latest;
    }

    private static Change change(JobLine before, JobLine after) {
        if (before == null) {
            return bad(after) ? Change.FAILED_NOW : Change.NEW;
        }
        if (bad(after)) {
            return bad(before) ? Change.FAILED_AGAIN : Change.FAILED_NOW;
        }
        if (bad(before)) {
            return after.status().open() ? Change.SAME : Change.RECOVERED;
        }
        Duration was = before.took();
        Duration is = after.took();
        if (was == null || is == null || was.minus(is).abs().compareTo(NOTEWORTHY) < 0) {
            return Change.SAME;
        }
        if (is.toMillis() >= was.toMillis() * MUCH) {
            return Change.SLOWER;
        }
        return was.toMillis() >= is.toMillis() * MUCH ? Change.FASTER : Change.SAME;
    }

    private static boolean bad(JobLine line) {
        JobStatus status = line.status();
        return status == JobStatus.FAILED || status == JobStatus.TIMED_OUT || status == JobStatus.LOST;
    }

    /** How many jobs changed how; every change is there. */
    public Map<Change, Long> counts() {
        Map<Change, Long> counts = new EnumMap<>(Change.class);
        for (Change change : Change.values()) {
            counts.put(change, 0L);
        }
        pairs.forEach(pair -> counts.merge(pair.change, 1L, Long::sum));
        return counts;
    }

    /** The jobs that changed so. */
    public List<Pair> of(Change change) {
        return pairs.stream().filter(pair -> pair.change == change).toList();
    }
}
