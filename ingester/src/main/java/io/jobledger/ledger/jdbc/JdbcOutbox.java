package io.jobledger.ledger.jdbc;

import io.jobledger.ledger.Outbox;
import io.jobledger.ledger.project.Outboxes;
import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.ledger.rows.RowBatch;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.model.JobKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * The outbox table, for one process alone. Losing one of its commits in a crash costs a repeated put, so none of them
 * is synced.
 */
public class JdbcOutbox implements Outbox {
    private static final int MAX_ERROR = 2000;

    private final Jdbi jdbi;
    private final Clock clock;

    public JdbcOutbox(Jdbi jdbi, Clock clock) {
        this.jdbi = jdbi;
        this.clock = clock;
    }

    protected final Jdbi jdbi() {
        return jdbi;
    }

    protected final Instant now() {
        return clock.instant();
    }

    @Override
    public boolean mine(Entry entry) {
        return clock.instant().isBefore(entry.until());
    }

    @Override
    public List<Integer> feed(List<String> uris) {
        return jdbi.inTransaction(handle -> {
            Map<String, Integer> known = new LinkedHashMap<>();
            handle.createQuery("SELECT mirror_id, uri FROM mirrors")
                    .map((rows, c) -> Map.entry(rows.getString(2), rows.getInt(1)))
                    .forEach(row -> known.put(row.getKey(), row.getValue()));
            known.forEach((uri, id) -> {
                if (!uris.contains(uri)) {
                    handle.execute("DELETE FROM outbox WHERE mirror_id = ?", id);
                    handle.execute("DELETE FROM mirrors WHERE mirror_id = ?", id);
                }
            });
            int last = known.values().stream().mapToInt(Integer::intValue).max().orElse(0);
            List<Integer> ids = new ArrayList<>();
            for (String uri : uris) {
                Integer id = known.get(uri);
                if (id == null) {
                    id = ++last;
                    known.put(uri, id);
                    handle.execute("INSERT INTO mirrors (mirror_id, uri, filled) VALUES (?, ?, FALSE)", id, uri);
                    joined(handle, id);
                }
                ids.add(id);
            }
            return ids;
        });
    }

    /** A mirror joined: sooner or later it is to be {@link #fill filled}. */
    protected void joined(Handle handle, int mirror) {
        fill(handle, handle, mirror);
    }

    /**
     * Gives a mirror that joined the newest record of every key.
     *
     * @param records where the jobs are
     * @param outbox in the transaction that fills it
     */
    protected final void fill(Handle records, Handle outbox, int mirror) {
        Map<UUID, JobKey> page = new LinkedHashMap<>();
        try (var docs = records
                .createQuery("SELECT doc FROM job_docs")
                .setFetchSize(1000)
                .map((rows, c) -> JobDocs.job(rows.getString(1)))
                .stream()) {
            docs.filter(job -> !job.checkMode()).forEach(job -> {
                job.keys().forEach(key -> page.put(key.digest(), key));
                if (page.size() >= 1000) {
                    Outboxes.enqueue(outbox, List.of(mirror), page, Sql.utc(clock.instant()));
                    page.clear();
                }
            });
        }
        Outboxes.enqueue(outbox, List.of(mirror), page, Sql.utc(clock.instant()));
        outbox.execute("UPDATE mirrors SET filled = TRUE WHERE mirror_id = ?", mirror);
    }

    @Override
    public List<Entry> due(int mirror, int limit) {
        Instant now = clock.instant();
        return jdbi.withHandle(handle -> {
            List<Entry> due = new ArrayList<>(entries(handle, mirror, "<= ?", now, limit));
            if (due.size() < limit) {
                due.addAll(entries(handle, mirror, "> ?", now.plus(LONGEST_PAUSE), limit - due.size()));
            }
            return due;
        });
    }

    private static List<Entry> entries(Handle handle, int mirror, String when, Instant moment, int limit) {
        return handle.createQuery(
                        "SELECT host, play, job, version, attempts FROM outbox WHERE mirror_id = ? AND blocked = FALSE"
                                + " AND next_attempt_at "
                                + when + " ORDER BY next_attempt_at LIMIT ?")
                .bind(0, mirror)
                .bind(1, Sql.utc(moment))
                .bind(2, limit)
                .map((rows, c) -> new Entry(
                        mirror,
                        new JobKey(rows.getString(1), rows.getString(2), rows.getString(3)),
                        rows.getLong(4),
                        rows.getInt(5),
                        null,
                        Instant.MAX))
                .list();
    }

    @Override
    public void done(List<Entry> entries) {
        if (entries.isEmpty()) {
            return;
        }
        jdbi.useTransaction(handle -> {
            RowBatch rows =
                    new RowBatch(handle, "DELETE FROM outbox WHERE mirror_id = ? AND key_id = ? AND version = ?");
            entries.forEach(entry -> rows.add(entry.mirror(), entry.key().digest(), entry.version()));
            rows.execute();
        });
    }

    /** They never were anybody's. */
    @Override
    public void leave(List<Entry> entries) {}

    @Override
    public void failed(Entry entry, String error, Duration pause) {
        jdbi.useHandle(handle -> handle.execute(
                "UPDATE outbox SET attempts = attempts + 1, last_error = ?, next_attempt_at = ? WHERE mirror_id = ?"
                        + " AND key_id = ?",
                cut(error),
                Sql.utc(clock.instant().plus(pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause)),
                entry.mirror(),
                entry.key().digest()));
    }

    @Override
    public void block(Entry entry, String error) {
        jdbi.useHandle(handle -> handle.execute(
                "UPDATE outbox SET attempts = attempts + 1, last_error = ?, blocked = TRUE WHERE mirror_id = ? AND"
                        + " key_id = ?",
                cut(error),
                entry.mirror(),
                entry.key().digest()));
    }

    @Override
    public int release(int mirror) {
        return jdbi.inTransaction(handle -> {
            int blocked = handle.createQuery("SELECT COUNT(*) FROM outbox WHERE mirror_id = ? AND blocked = TRUE")
                    .bind(0, mirror)
                    .mapTo(Integer.class)
                    .one();
            unblock(handle, mirror);
            return blocked;
        });
    }

    protected void unblock(Handle handle, int mirror) {
        handle.execute(
                "UPDATE outbox SET blocked = FALSE, attempts = 0, next_attempt_at = ? WHERE mirror_id = ?",
                Sql.utc(clock.instant()),
                mirror);
    }

    @Override
    public Backlog backlog(int mirror) {
        return jdbi.withHandle(handle -> {
            String lastError = handle.createQuery(
                            "SELECT last_error FROM outbox WHERE mirror_id = ? AND last_error IS NOT NULL ORDER BY"
                                    + " next_attempt_at DESC LIMIT 1")
                    .bind(0, mirror)
                    .mapTo(String.class)
                    .findOne()
                    .orElse(null);
            return handle.createQuery(
                            "SELECT COUNT(*) AS entries, COALESCE(SUM(CASE WHEN blocked THEN 1 ELSE 0 END), 0) AS"
                                    + " blocked, MIN(enqueued_at) AS oldest FROM outbox WHERE mirror_id = ?")
                    .bind(0, mirror)
                    .map((rows, c) -> new Backlog(
                            rows.getLong("entries") - rows.getLong("blocked"),
                            rows.getLong("blocked"),
                            Rows.instant(rows, "oldest"),
                            lastError))
                    .one();
        });
    }

    protected static String cut(String error) {
        return error.length() > MAX_ERROR ? error.substring(0, MAX_ERROR) : error;
    }
}
