package io.jobledger.ledger.h2;

import io.jobledger.ledger.jdbc.JdbcOutbox;
import io.jobledger.ledger.project.Changed;
import io.jobledger.ledger.project.Outboxes;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.model.JobKey;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * The outbox of the embedded ledger, in a file of its own: what mirrors have is no projection, and stays when these are
 * computed again. Thread-safe; only the projector adds to it.
 */
final class H2Outbox extends JdbcOutbox {
    private static final List<String> REQUIRED = List.of(
            "mirror_id",
            "key_id",
            "host",
            "play",
            "job",
            "version",
            "enqueued_at",
            "attempts",
            "next_attempt_at",
            "blocked");

    private final Clock clock;

    H2Outbox(Jdbi jdbi, Clock clock) {
        super(jdbi, clock);
        this.clock = clock;
    }

    /** Filled by the projector, once the records are what the log says. */
    @Override
    protected void joined(Handle handle, int mirror) {}

    /** The mirrors that were fed when the ledger was open last. */
    List<Integer> known() {
        return jdbi().withHandle(handle -> handle.createQuery("SELECT mirror_id FROM mirrors")
                .mapTo(Integer.class)
                .list());
    }

    /** Up to which entry of the log everything is enqueued. */
    long enqueued() {
        return jdbi().withHandle(handle -> handle.createQuery("SELECT entry FROM enqueued")
                .mapTo(Long.class)
                .one());
    }

    /** Makes names due that changed after what is enqueued; from then on that is everything up to {@code entry}. */
    void enqueue(List<Integer> mirrors, Map<UUID, Changed> names, long entry) {
        jdbi().useTransaction(handle -> {
            long before = handle.createQuery("SELECT entry FROM enqueued")
                    .mapTo(Long.class)
                    .one();
            Map<UUID, JobKey> fresh = new HashMap<>();
            names.forEach((id, changed) -> {
                if (changed.entry() > before) {
                    fresh.put(id, changed.key());
                }
            });
            Outboxes.enqueue(handle, mirrors, fresh, Sql.utc(clock.instant()));
            if (entry > before) {
                handle.execute("UPDATE enqueued SET entry = ?", entry);
            }
        });
    }

    /** Fills the mirrors that joined; the records are those of the whole log. */
    void fill(Jdbi projections) {
        List<Integer> joined = jdbi().withHandle(
                        handle -> handle.createQuery("SELECT mirror_id FROM mirrors WHERE filled = FALSE")
                                .mapTo(Integer.class)
                                .list());
        for (int mirror : joined) {
            projections.useHandle(records -> jdbi().useTransaction(outbox -> fill(records, outbox, mirror)));
        }
    }

    /**
     * After the process was killed: H2 may have kept part of a transaction. Its indexes are made again, and what was
     * enqueued last is enqueued again, which costs a few repeated puts.
     *
     * @param margin entries
     */
    void mend(long margin) {
        jdbi().useHandle(handle -> {
            handle.execute("CREATE TABLE mended AS SELECT * FROM outbox");
            handle.execute("DROP TABLE outbox");
            handle.execute("ALTER TABLE mended RENAME TO outbox");
            for (String column : REQUIRED) {
                handle.execute("ALTER TABLE outbox ALTER COLUMN " + column + " SET NOT NULL");
            }
            handle.execute("ALTER TABLE outbox ADD PRIMARY KEY (mirror_id, key_id)");
            handle.execute("CREATE INDEX outbox_due ON outbox (mirror_id, blocked, next_attempt_at)");
            handle.execute("UPDATE enqueued SET entry = GREATEST(0, entry - ?)", margin);
        });
    }
}
