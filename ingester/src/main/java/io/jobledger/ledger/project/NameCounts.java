package io.jobledger.ledger.project;

import io.jobledger.ledger.rows.Facets;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.ledger.rows.RowBatch;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.model.JobRecord;
import io.jobledger.model.JobStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/**
 * Keeps {@code names}, the numbers of each host's and play's jobs, in step with {@code jobs}: whoever adds, changes or
 * removes a job says so here, in the same transaction; executed after the rows of {@code jobs} are written. A name
 * without jobs has no row. Not thread-safe.
 */
final class NameCounts {
    private static final int SORTED = 200;
    private static final List<String> COUNTS =
            Arrays.stream(JobStatus.values()).map(NameCounts::column).toList();

    /** A row's key, and what it says of itself. */
    private record Name(long id, String kind, String name, String playbook) {
        static Stream<Name> of(JobRecord job) {
            return Stream.of(
                    new Name(Facets.host(job.key().host()), "host", job.key().host(), null),
                    new Name(
                            Facets.play(job.key().play(), job.playbook()),
                            "play",
                            job.key().play(),
                            job.playbook()));
        }
    }

    /** One job's change; either may be null. */
    private record Step(JobStatus gone, JobStatus come, Instant startedAt) {}

    /** A row's numbers. */
    private static final class Counts {
        private final Map<JobStatus, Long> jobs = new EnumMap<>(JobStatus.class);
        private Instant last = Instant.EPOCH;

        void add(Step step) {
            if (step.gone != null) {
                jobs.merge(step.gone, -1L, Long::sum);
            }
            if (step.come != null) {
                jobs.merge(step.come, 1L, Long::sum);
                last = step.startedAt.isAfter(last) ? step.startedAt : last;
            }
            if (isEmpty()) {
                last = Instant.EPOCH;
            }
        }

        boolean isEmpty() {
            return jobs.values().stream().allMatch(count -> count == 0);
        }
    }

    private final Map<Long, Name> names = new TreeMap<>();
    private final Map<Long, List<Step>> steps = new TreeMap<>();
    /** Those of which a job went, or moved to an earlier start: the latest start is another job's. */
    private final Set<Long> back = new TreeSet<>();

    /**
     * A job is there now, is another than before, or is there no more.
     *
     * @param before null for one that is new
     * @param after null for one that is removed
     */
    void changed(JobRecord before, JobRecord after) {
        Map<Long, Name> left = before == null ? Map.of() : byId(before);
        Map<Long, Name> entered = after == null ? Map.of() : byId(after);
        left.forEach((id, name) -> {
            if (!entered.containsKey(id)) {
                add(name, new Step(before.status(), null, null));
            }
            if (!entered.containsKey(id) || after.startedAt().isBefore(before.startedAt())) {
                back.add(id);
            }
        });
        entered.forEach((id, name) ->
                add(name, new Step(left.containsKey(id) ? before.status() : null, after.status(), after.startedAt())));
    }

    private static Map<Long, Name> byId(JobRecord job) {
        return Name.of(job).collect(Collectors.toMap(Name::id, name -> name));
    }

    private void add(Name name, Step step) {
        names.putIfAbsent(name.id, name);
        steps.computeIfAbsent(name.id, id -> new ArrayList<>()).add(step);
    }

    /** Writes what was said. In the order of the ids, so that two writers never wait for each other in a circle. */
    void execute(Handle handle) {
        if (steps.isEmpty()) {
            return;
        }
        Map<Long, Counts> rows = read(handle);
        RowBatch updates = new RowBatch(
                handle, "UPDATE names SET " + String.join(" = ?, ", COUNTS) + " = ?, last_started_at = ? WHERE id = ?");
        RowBatch inserts = new RowBatch(
                handle,
                "INSERT INTO names (" + String.join(", ", COUNTS)
                        + ", last_started_at, id, kind, name, playbook, sort_name) VALUES ("
                        + "?, ".repeat(COUNTS.size()) + "?, ?, ?, ?, ?, ?)");
        RowBatch deletes = new RowBatch(handle, "DELETE FROM names WHERE id = ?");
        steps.forEach((id, said) -> {
            Counts counts = rows.get(id);
            boolean there = counts != null;
            counts = there ? counts : new Counts();
            said.forEach(counts::add);
            if (counts.isEmpty()) {
                if (there) {
                    deletes.add(id);
                }
            } else if (there) {
                updates.add(row(counts, id));
            } else {
                Name name = names.get(id);
                inserts.add(row(counts, id, name.kind, name.name, name.playbook, beginning(name.name)));
            }
        });
        Sql.execute(deletes, updates, inserts);
        goBack(handle);
        steps.clear();
        names.clear();
    }

    private void goBack(Handle handle) {
        String latest = "UPDATE names SET last_started_at = (SELECT MAX(started_at) FROM jobs WHERE ";
        RowBatch hosts = new RowBatch(handle, latest + "host_id = ?) WHERE id = ?");
        RowBatch plays = new RowBatch(handle, latest + "play_id = ? AND COALESCE(playbook, '') = ?) WHERE id = ?");
        for (long id : back) {
            Name name = names.get(id);
            if (name.kind.equals("host")) {
                hosts.add(Facets.id(name.name), id);
            } else {
                plays.add(Facets.id(name.name), name.playbook == null ? "" : name.playbook, id);
            }
        }
        Sql.execute(hosts, plays);
        back.clear();
    }

    private Map<Long, Counts> read(Handle handle) {
        try {
            return rows(handle);
        } catch (SQLException e) {
            throw Failures.of("the ledger could not be read", e);
        }
    }

    private Map<Long, Counts> rows(Handle handle) throws SQLException {
        return handle.createQuery("SELECT * FROM names WHERE id = ANY(?)")
                .bindBySqlType(0, Sql.array(handle, "BIGINT", steps.keySet()), Types.ARRAY)
                .map((rows, context) -> Map.entry(rows.getLong("id"), counts(rows)))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static Counts counts(ResultSet rows) throws SQLException {
        Counts counts = new Counts();
        for (JobStatus status : JobStatus.values()) {
            counts.jobs.put(status, rows.getLong(column(status)));
        }
        counts.last = Rows.instant(rows, "last_started_at");
        return counts;
    }

    private static Object[] row(Counts counts, Object... more) {
        List<Object> row = new ArrayList<>();
        for (JobStatus status : JobStatus.values()) {
            row.add(counts.jobs.getOrDefault(status, 0L));
        }
        row.add(Sql.utc(counts.last));
        row.addAll(Arrays.asList(more));
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
