package io.jobledger.http.pages.view;

import io.jobledger.ledger.RunQueries.PlayStart;
import io.jobledger.ledger.query.JobLine;
import io.jobledger.model.JobStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The jobs of a run, by task and as a matrix of hosts and tasks.
 *
 * @param names of the hosts
 * @param tasks in the order in which their first jobs started
 * @param patterns hosts whose jobs ended alike, the worst first
 * @param batches whether a play went through its hosts in batches
 */
public record RunBoard(HostNames names, List<Task> tasks, List<Pattern> patterns, boolean batches) {
    /** More hosts than that are folded where they are alike. */
    private static final int MANY = 40;

    private static final int ALIKE = 5;
    /** The worst first. */
    private static final List<String> WORST =
            List.of("failed", "timed-out", "lost", "overdue", "running", "cancelled", "closed", "succeeded");

    /** The jobs of one name in one play. */
    public record Task(String play, String job, List<JobLine> look, List<JobLine> well, Duration usual) {
        public int jobs() {
            return look.size() + well.size();
        }

        public long of(JobStatus status) {
            return look.stream().filter(line -> line.status() == status).count();
        }
    }

    /** Hosts that look the same in every column. */
    public record Pattern(List<Row> rows, int more) {}

    /**
     * A host.
     *
     * @param batch 1 for the first; 0 where there is one only
     * @param cells one a task; null where the host has no job of it
     */
    public record Row(String host, int batch, List<Cell> cells) {}

    /** The worst job of a host and a task. */
    public record Cell(JobLine line, int jobs, Badge badge) {}

    private record Name(String play, String job) {}

    /**
     * The board of a run's jobs.
     *
     * @param whole whether every host has its row, however many are alike
     */
    public static RunBoard of(List<JobLine> lines, List<PlayStart> plays, boolean whole, Instant now) {
        Map<Name, List<JobLine>> tasks = new LinkedHashMap<>();
        Map<String, Map<Name, List<JobLine>>> hosts = new TreeMap<>();
        for (JobLine line : lines) {
            Name name = new Name(line.key().play(), line.key().job());
            tasks.computeIfAbsent(name, any -> new ArrayList<>()).add(line);
            hosts.computeIfAbsent(line.key().host(), any -> new LinkedHashMap<>())
                    .computeIfAbsent(name, any -> new ArrayList<>())
                    .add(line);
        }
        Batches batches = new Batches(plays);
        List<Row> rows = new ArrayList<>();
        hosts.forEach((host, jobs) -> rows.add(new Row(
                host,
                batches.of(jobs.values().iterator().next().get(0)),
                tasks.keySet().stream().map(name -> cell(jobs.get(name), now)).toList())));
        return new RunBoard(
                HostNames.of(hosts.keySet()),
                tasks.entrySet().stream()
                        .map(task -> task(task.getKey(), task.getValue(), now))
                        .toList(),
                patterns(rows, whole || rows.size() <= MANY),
                rows.stream().anyMatch(row -> row.batch > 0));
    }

    private static Task task(Name name, List<JobLine> lines, Instant now) {
        Comparator<JobLine> order = Comparator.comparingInt((JobLine line) -> rank(Badge.of(line, now)))
                .thenComparing(line -> line.key().host());
        List<Duration> took = lines.stream()
                .filter(line -> line.status() == JobStatus.SUCCEEDED && line.took() != null)
                .map(JobLine::took)
                .sorted()
                .toList();
        return new Task(
                name.play,
                name.job,
                lines.stream()
                        .filter(line -> line.status() != JobStatus.SUCCEEDED)
                        .sorted(order)
                        .toList(),
                lines.stream()
                        .filter(line -> line.status() == JobStatus.SUCCEEDED)
                        .sorted(order)
                        .toList(),
                took.isEmpty() ? null : took.get(took.size() / 2));
    }

    private static Cell cell(List<JobLine> lines, Instant now) {
        if (lines == null) {
            return null;
        }
        JobLine worst = lines.stream()
                .min(Comparator.comparingInt(line -> rank(Badge.of(line, now))))
                .orElseThrow();
        return new Cell(worst, lines.size(), Badge.of(worst, now));
    }

    private static int rank(Badge badge) {
        int rank = WORST.indexOf(badge.style());
        return rank < 0 ? WORST.size() : rank;
    }

    private static List<Pattern> patterns(List<Row> rows, boolean whole) {
        Map<List<Integer>, List<Row>> alike = new LinkedHashMap<>();
        for (Row row : rows) {
            List<Integer> pattern = new ArrayList<>();
            row.cells.forEach(cell -> pattern.add(cell == null ? WORST.size() : rank(cell.badge)));
            alike.computeIfAbsent(pattern, any -> new ArrayList<>()).add(row);
        }
        return alike.entrySet().stream()
                .sorted(Comparator.comparingInt(entry -> worst(entry.getKey())))
                .map(Map.Entry::getValue)
                .map(same -> whole || same.size() <= ALIKE + 1
                        ? new Pattern(same, 0)
                        : new Pattern(same.subList(0, ALIKE), same.size() - ALIKE))
                .toList();
    }

    private static int worst(Collection<Integer> ranks) {
        return ranks.stream().min(Integer::compare).orElse(WORST.size());
    }

    /** The hosts whose rows are shown, the worst first. */
    public List<String> shown() {
        return patterns.stream()
                .flatMap(pattern -> pattern.rows.stream())
                .map(Row::host)
                .toList();
    }

    /** Whether some hosts are folded. */
    public boolean folded() {
        return patterns.stream().anyMatch(pattern -> pattern.more > 0);
    }

    /** How many hosts there are. */
    public int hosts() {
        return patterns.stream()
                .mapToInt(pattern -> pattern.rows.size() + pattern.more)
                .sum();
    }

    /** The starts of each play that began more than once: it took its hosts in batches. */
    private record Batches(Map<String, List<Instant>> starts) {
        Batches(List<PlayStart> plays) {
            this(new LinkedHashMap<>());
            plays.forEach(play -> starts.computeIfAbsent(play.play(), any -> new ArrayList<>())
                    .add(play.startedAt()));
            starts.values().removeIf(times -> times.size() < 2);
        }

        int of(JobLine line) {
            List<Instant> times = starts.get(line.key().play());
            return times == null
                    ? 0
                    : (int) times.stream()
                            .filter(at -> !at.isAfter(line.startedAt()))
                            .count();
        }
    }
}
