package io.jobledger.ledger.project;

import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.model.Run;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What a ledger's only writer wrote last of the runs and jobs that are going on, so that it need not be read again for
 * each of their events. It is written inside a transaction, so whoever rolls one back, or changes runs or jobs in
 * another way, {@link #forget forgets} all of it. Used by the writer's thread alone.
 */
public final class WriterMemory {
    /** What takes more characters than this is not remembered: a few such would fill the heap. */
    private static final int LARGE = 8000;

    private final Map<UUID, Run> runs;
    private final Map<UUID, JobWriter.Stored> jobs;

    /**
     * @param most runs that are remembered, and as many jobs, those that were heard of last; 0 where others write, too
     */
    public WriterMemory(int most) {
        this.runs = latest(most);
        this.jobs = latest(most);
    }

    private static <V> Map<UUID, V> latest(int most) {
        return new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<UUID, V> eldest) {
                return size() > most;
            }
        };
    }

    /** The rows of {@code runs} as they are now, by the run's id; to be read only. */
    public Map<UUID, Run> runs() {
        return runs;
    }

    /** A run is now so. */
    void remember(Run run) {
        UUID id = run.id().value();
        Run before = runs.get(id);
        if (run.info() == null
                || before != null && before.info() == run.info()
                || JobDocs.write(run.info()).length() <= LARGE) {
            runs.put(id, run);
        } else {
            runs.remove(id);
        }
    }

    /** The rows of {@code jobs} as they are now, by the job's identity; to be read only. */
    Map<UUID, JobWriter.Stored> jobs() {
        return jobs;
    }

    /** A job is now so, and {@code doc} is how it is written. */
    void remember(UUID uid, JobWriter.Stored job, String doc) {
        if (doc.length() <= LARGE) {
            jobs.put(uid, job);
        } else {
            jobs.remove(uid);
        }
    }

    /** Reads what is not remembered. */
    interface Reading<V> {
        Map<UUID, V> of(List<UUID> runs) throws SQLException;
    }

    /** The rows of these runs, those that are there: out of {@code remembered}, or read, all at once. */
    static <V> Map<UUID, V> rows(Map<UUID, V> remembered, Collection<UUID> runs, Reading<V> reading)
            throws SQLException {
        Map<UUID, V> rows = new HashMap<>();
        List<UUID> asked = new ArrayList<>();
        for (UUID run : runs) {
            V row = remembered.get(run);
            if (row == null) {
                asked.add(run);
            } else {
                rows.put(run, row);
            }
        }
        if (!asked.isEmpty()) {
            rows.putAll(reading.of(asked));
        }
        return rows;
    }

    /** Jobs were changed in another way. */
    void forgetJobs() {
        jobs.clear();
    }

    public void forget() {
        runs.clear();
        jobs.clear();
    }
}
