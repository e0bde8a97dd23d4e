package io.jobledger.ledger.postgres;

import io.jobledger.ledger.jdbc.JdbcOutbox;
import io.jobledger.ledger.project.Outboxes;
import io.jobledger.ledger.rows.RowBatch;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.log.postgres.HeadRow;
import io.jobledger.model.JobKey;
import java.sql.Types;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * The outbox that several ingesters work off. An entry is claimed before it is put, so that no two put the same key;
 * the claim ends by itself, so that a dead ingester's entries come back. One whose claim ended while it was putting may
 * have put an older record over a newer one: it finds that out when it reports, and the key is put again.
 */
final class PostgresOutbox extends JdbcOutbox {
    private static final Duration SILENCE = Duration.ofMinutes(10);

    private final UUID instance;
    private final Duration claim;
    private volatile List<Integer> mine = List.of();

    /**
     * @param instance this ingester among all that share the ledger
     * @param claim how long an entry is its own: a put must begin in the first half, and the other half is for it to
     *     end
     */
    PostgresOutbox(Jdbi jdbi, UUID instance, Duration claim, Clock clock) {
        super(jdbi, clock);
        this.instance = instance;
        this.claim = claim;
    }

    /** A mirror that any other ingester feeds stays. Keeps writers out, since none must miss a new mirror. */
    @Override
    public List<Integer> feed(List<String> uris) {
        List<Integer> ids = jdbi().inTransaction(handle -> {
            HeadRow.lock(handle);
            List<Integer> fed = new ArrayList<>();
            for (String uri : uris) {
                fed.add(handle.createQuery("SELECT mirror_id FROM mirrors WHERE uri = ?")
                        .bind(0, uri)
                        .mapTo(Integer.class)
                        .findOne()
                        .orElseGet(() -> {
                            int id = handle.createQuery(
                                            "INSERT INTO mirrors (mirror_id, uri, filled) SELECT COALESCE(MAX(mirror_id), 0) +"
                                                    + " 1, ?, FALSE FROM mirrors RETURNING mirror_id")
                                    .bind(0, uri)
                                    .mapTo(Integer.class)
                                    .one();
                            joined(handle, id);
                            return id;
                        }));
            }
            handle.execute("DELETE FROM mirror_users WHERE instance = ?", instance);
            seen(handle, fed);
            forget(handle);
            return fed;
        });
        mine = List.copyOf(ids);
        return ids;
    }

    private void seen(Handle handle, List<Integer> mirrors) {
        for (int mirror : mirrors) {
            handle.execute(
                    "INSERT INTO mirror_users (mirror_id, instance, seen_at) SELECT mirror_id, ?, ? FROM mirrors WHERE"
                            + " mirror_id = ? ON CONFLICT (mirror_id, instance) DO UPDATE SET seen_at ="
                            + " EXCLUDED.seen_at",
                    instance,
                    Sql.utc(now()),
                    mirror);
        }
    }

    /** Mirrors that nobody feeds any more. */
    private void forget(Handle handle) {
        for (String table : List.of("mirror_users", "instances")) {
            handle.execute("DELETE FROM " + table + " WHERE seen_at < ?", Sql.utc(now().minus(SILENCE)));
        }
        handle.execute("DELETE FROM outbox WHERE mirror_id NOT IN (SELECT mirror_id FROM mirror_users)");
        handle.execute("DELETE FROM mirrors WHERE mirror_id NOT IN (SELECT mirror_id FROM mirror_users)");
    }

    /** Says that this ingester feeds its mirrors still. */
    void stillHere() {
        jdbi().useTransaction(handle -> seen(handle, mine));
    }

    /** Says that this ingester stops. Its mirrors stay until another one starts that does not name them. */
    void leave() {
        jdbi().useTransaction(handle -> {
            handle.execute("DELETE FROM mirror_users WHERE instance = ?", instance);
            handle.execute("DELETE FROM instances WHERE instance = ?", instance);
        });
    }

    @Override
    public List<Entry> due(int mirror, int limit) {
        Instant now = now();
        List<Entry> due = new ArrayList<>(claimed(mirror, "<= :when", now, limit));
        if (due.size() < limit) {
            // Stamped by a clock that has been set back since.
            due.addAll(claimed(mirror, "> :when", now.plus(LONGEST_PAUSE), limit - due.size()));
        }
        return due;
    }

    private List<Entry> claimed(int mirror, String when, Instant moment, int limit) {
        UUID token = UUID.randomUUID();
        Instant until = now().plus(claim.dividedBy(2));
        return jdbi().withHandle(handle -> handle.createQuery(
                        "WITH due AS MATERIALIZED (SELECT mirror_id, key_id FROM outbox"
                                + " WHERE mirror_id = :mirror AND blocked = FALSE AND next_attempt_at " + when
                                + " ORDER BY next_attempt_at LIMIT :limit FOR UPDATE SKIP LOCKED) UPDATE outbox o SET"
                                + " claim = :claim, next_attempt_at = :until FROM due WHERE o.mirror_id ="
                                + " due.mirror_id AND o.key_id = due.key_id RETURNING o.host, o.play, o.job,"
                                + " o.version, o.attempts")
                .bind("mirror", mirror)
                .bind("when", Sql.utc(moment))
                .bind("limit", limit)
                .bind("claim", token)
                .bind("until", Sql.utc(now().plus(claim)))
                .map((rows, c) -> new Entry(
                        mirror,
                        new JobKey(rows.getString(1), rows.getString(2), rows.getString(3)),
                        rows.getLong(4),
                        rows.getInt(5),
                        token,
                        until))
                .list());
    }

    @Override
    public void done(List<Entry> entries) {
        if (entries.isEmpty()) {
            return;
        }
        List<Entry> sorted = sorted(entries);
        List<Entry> changed = new ArrayList<>();
        jdbi().useTransaction(handle -> {
            RowBatch rows = new RowBatch(
                    handle, "DELETE FROM outbox WHERE mirror_id = ? AND key_id = ? AND version = ? AND claim = ?");
            sorted.forEach(entry -> rows.add(entry.mirror(), entry.key().digest(), entry.version(), entry.claim()));
            int[] counts = rows.execute();
            for (int i = 0; i < counts.length; i++) {
                if (counts[i] == 0) {
                    changed.add(sorted.get(i));
                }
            }
        });
        if (!changed.isEmpty()) {
            jdbi().useTransaction(handle -> again(handle, changed));
        }
    }

    /**
     * What changed during its put is due again at once. Where the claim had ended, the key is put once more after
     * whoever has it now.
     */
    private void again(Handle handle, List<Entry> entries) {
        HeadRow.lock(handle);
        for (Entry entry : entries) {
            if (free(handle, entry, "next_attempt_at = :now") == 0) {
                Outboxes.enqueue(
                        handle, List.of(entry.mirror()), Map.of(entry.key().digest(), entry.key()), Sql.utc(now()));
            }
        }
    }

    @Override
    public void leave(List<Entry> entries) {
        if (!entries.isEmpty()) {
            jdbi().useTransaction(
                            handle -> sorted(entries).forEach(entry -> free(handle, entry, "next_attempt_at = :now")));
        }
    }

    private static List<Entry> sorted(List<Entry> entries) {
        return entries.stream()
                .sorted(Comparator.comparing(Entry::mirror)
                        .thenComparing(entry -> entry.key().digest()))
                .toList();
    }

    /** What somebody is just putting stays with them. */
    @Override
    protected void unblock(Handle handle, int mirror) {
        handle.execute(
                "UPDATE outbox SET blocked = FALSE, attempts = 0, claim = NULL, next_attempt_at = ? WHERE mirror_id ="
                        + " ? AND (claim IS NULL OR next_attempt_at <= ?)",
                Sql.utc(now()),
                mirror,
                Sql.utc(now()));
    }

    @Override
    public void failed(Entry entry, String error, Duration pause) {
        jdbi().useHandle(handle -> free(
                handle,
                entry,
                "attempts = attempts + 1, last_error = :error, next_attempt_at = :now",
                cut(error),
                pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE));
    }

    @Override
    public void block(Entry entry, String error) {
        jdbi().useHandle(handle -> free(
                handle,
                entry,
                "attempts = attempts + 1, last_error = :error, blocked = TRUE",
                cut(error),
                Duration.ZERO));
    }

    private int free(Handle handle, Entry entry, String change) {
        return free(handle, entry, change, null, Duration.ZERO);
    }

    /** Ends the claim, if it is still this one. */
    private int free(Handle handle, Entry entry, String change, String error, Duration pause) {
        return handle.createUpdate("UPDATE outbox SET claim = NULL, " + change
                        + " WHERE mirror_id = :mirror AND key_id = :key AND claim = :claim")
                .bind("mirror", entry.mirror())
                .bind("key", entry.key().digest())
                .bind("claim", entry.claim())
                .bindBySqlType("error", error, Types.VARCHAR)
                .bind("now", Sql.utc(now().plus(pause)))
                .execute();
    }
}
