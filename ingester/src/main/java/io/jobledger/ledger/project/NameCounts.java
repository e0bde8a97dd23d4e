package io.jobledger.ledger.project;

import io.jobledger.ledger.rows.Facets;
import io.jobledger.ledger.rows.RowBatch;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.model.JobRecord;
import io.jobledger.model.JobStatus;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/**
 * Keeps {@code names}, the numbers of each host's and play's jobs, in step with {@code jobs}: whoever adds, changes or
 * removes a job says so here, in the same transaction. Not thread-safe.
 */
public final class NameCounts {
    private static final int SORTED = 200;

    private final Map<Long, Change> changes = new TreeMap<>();

    private static final class Change {
        private final String kind;
        private final String name;
        private final String playbook;
        private final Map<JobStatus, Long> counts = new EnumMap<>(JobStatus.class);
        private Instant last = Instant.EPOCH;
        private Instant lastBefore = Instant.EPOCH;

        Change(String kind, String name, String playbook) {
            this.kind = kind;
            this.name = name;
            this.playbook = playbook;
        }

        /** Whether the row says it already: a job that was heard of again is taken out and put back as it was. */
        boolean isNothing() {
            return !last.isAfter(lastBefore) && counts.values().stream().allMatch(count -> count == 0);
        }

        Object[] counts() {
            return java.util.Arrays.stream(JobStatus.values())
                    .map(status -> counts.getOrDefault(status, 0L))
                    .toArray();
        }
    }

    /** A job is there now. */
    void added(JobRecord job) {
        change(job, 1);
    }

    /** A job is there no more, or not as it was. */
    public void removed(JobRecord job) {
        change(job, -1);
    }

    private void change(JobRecord job, long by) {
        Change host = changes.computeIfAbsent(
                Facets.host(job.key().host()),
                id -> new Change("host", job.key().host(), null));
        Change play = changes.computeIfAbsent(
                Facets.play(job.key().play(), job.playbook()),
                id -> new Change("play", job.key().play(), job.playbook()));
        for (Change change : List.of(host, play)) {
            change.counts.merge(job.status(), by, Long::sum);
            if (by > 0 && job.startedAt().isAfter(change.last)) {
                change.last = job.startedAt();
            } else if (by < 0 && job.startedAt().isAfter(change.lastBefore)) {
                // Its row counts that start already.
                change.lastBefore = job.startedAt();
            }
        }
    }

    /** Writes what was said. In the order of the ids, so that two writers never wait for each other in a circle. */
    public void execute(Handle handle) {
        changes.values().removeIf(Change::isNothing);
        if (changes.isEmpty()) {
            return;
        }
        List<String> columns = java.util.Arrays.stream(JobStatus.values())
                .map(NameCounts::column)
                .toList();
        RowBatch updates = new RowBatch(
                handle,
                "UPDATE names SET "
                        + columns.stream()
                                .map(column -> column + " = " + column + " + ?")
                                .collect(Collectors.joining(", "))
                        + ", last_started_at = GREATEST(last_started_at, ?) WHERE id = ?");
        changes.forEach((id, change) -> updates.add(row(change.counts(), Sql.utc(change.last), id)));
        int[] found = updates.execute();
        RowBatch inserts = new RowBatch(
                handle,
                "INSERT INTO names (" + String.join(", ", columns)
                        + ", last_started_at, id, kind, name, playbook, sort_name) VALUES ("
                        + "?, ".repeat(columns.size()) + "?, ?, ?, ?, ?, ?)");
        int i = 0;
        for (Map.Entry<Long, Change> entry : changes.entrySet()) {
            if (found[i++] == 0) {
                Change change = entry.getValue();
                inserts.add(row(
                        change.counts(),
                        Sql.utc(change.last),
                        entry.getKey(),
                        change.kind,
                        change.name,
                        change.playbook,
                        beginning(change.name)));
            }
        }
        Sql.execute(inserts);
        changes.clear();
    }

    private static Object[] row(Object[] counts, OffsetDateTime last, Object... more) {
        List<Object> row = new ArrayList<>(java.util.Arrays.asList(counts));
        row.add(last);
        row.addAll(java.util.Arrays.asList(more));
        return row.toArray();
    }

    /** The column that counts a status. */
    static String column(JobStatus status) {
        return status.wire().toLowerCase(Locale.ROOT);
    }

    private static String beginning(String name) {
        if (name.length() <= SORTED) {
            return name;
        }
        return name.substring(0, Character.isHighSurrogate(name.charAt(SORTED - 1)) ? SORTED - 1 : SORTED);
    }
}
