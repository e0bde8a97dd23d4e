package io.jobledger.ledger.jdbc;

import io.jobledger.ledger.DeliveryState;
import io.jobledger.ledger.query.LogPlace;
import io.jobledger.ledger.rows.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The table of the sinks, for one process or for several that share it. Thread-safe. */
public final class JdbcDeliveryState implements DeliveryState {
    private static final Logger LOG = LoggerFactory.getLogger(JdbcDeliveryState.class);
    private static final int MAX_ERROR = 2000;
    private static final Duration FORGOTTEN_AFTER = Duration.ofDays(30);
    /** No pause is longer: one that is was stamped by a clock that has been set back since. */
    private static final Duration LONGEST_PAUSE = Duration.ofHours(1);

    private static final String STANDING =
            "SELECT epoch, entry, since, attempts, next_attempt_at, blocked, last_error FROM sinks WHERE sink = ?";

    private final Jdbi jdbi;
    private final UUID owner;
    private final boolean shared;
    private final Supplier<LogPlace> end;
    private final boolean lost;
    private final Clock clock;

    /**
     * @param owner this process among those that share the table
     * @param shared whether others may have it, too
     * @param end where the log ends
     * @param lost whether what was here is gone, though the ledger is not new
     */
    public JdbcDeliveryState(Jdbi jdbi, UUID owner, boolean shared, Supplier<LogPlace> end, boolean lost, Clock clock) {
        this.jdbi = jdbi;
        this.owner = owner;
        this.shared = shared;
        this.end = end;
        this.lost = lost;
        this.clock = clock;
    }

    @Override
    public void feed(Map<String, Start> sinks) {
        jdbi.useTransaction(handle -> {
            LogPlace now = end.get();
            forget(handle, sinks);
            sinks.forEach((sink, start) -> join(handle, sink, start, now));
        });
    }

    private void forget(Handle handle, Map<String, Start> sinks) {
        OffsetDateTime until = Sql.utc(clock.instant().minus(shared ? FORGOTTEN_AFTER : Duration.ZERO));
        handle
                .createQuery("SELECT sink, owned_until FROM sinks")
                .map((rows, c) -> Map.entry(rows.getString(1), rows.getObject(2, OffsetDateTime.class)))
                .stream()
                .filter(row -> !sinks.containsKey(row.getKey())
                        && (!shared || row.getValue().isBefore(until)))
                .toList()
                .forEach(row -> handle.execute("DELETE FROM sinks WHERE sink = ?", row.getKey()));
    }

    private void join(Handle handle, String sink, Start start, LogPlace now) {
        Standing known = standing(handle, sink);
        if (known == null) {
            boolean all = start == Start.BEGINNING && !lost;
            if (lost) {
                LOG.warn("What {} had is not known any more; it begins now, after entry {}", sink, now.text());
            }
            LogPlace at = all ? LogPlace.BEGINNING : now;
            OffsetDateTime since = Sql.utc(all ? Instant.EPOCH : clock.instant());
            handle.execute(
                    "INSERT INTO sinks (sink, epoch, entry, since, attempts, next_attempt_at, blocked, owned_until)"
                            + " SELECT CAST(? AS VARCHAR), ?, ?, ?, 0, ?, FALSE, ? WHERE NOT EXISTS (SELECT 1 FROM"
                            + " sinks WHERE sink = ?)",
                    sink,
                    at.epoch(),
                    at.entry(),
                    since,
                    since,
                    Sql.utc(clock.instant()),
                    sink);
        } else if (known.at().entry() > now.entry()) {
            LOG.warn(
                    "{} had everything up to entry {}, and the log ends at {}: a loss was accepted. It goes on from there",
                    sink,
                    known.at().text(),
                    now.text());
            handle.execute("UPDATE sinks SET epoch = ?, entry = ? WHERE sink = ?", now.epoch(), now.entry(), sink);
        }
    }

    @Override
    public Optional<Standing> standing(String sink) {
        return Optional.ofNullable(jdbi.withHandle(handle -> standing(handle, sink)));
    }

    private Standing standing(Handle handle, String sink) {
        return handle.createQuery(STANDING)
                .bind(0, sink)
                .map((rows, context) -> standing(rows))
                .findOne()
                .orElse(null);
    }

    private Standing standing(ResultSet rows) throws SQLException {
        Instant next = rows.getObject(5, OffsetDateTime.class).toInstant();
        Instant latest = clock.instant().plus(LONGEST_PAUSE);
        return new Standing(
                new LogPlace(rows.getInt(1), rows.getLong(2)),
                rows.getObject(3, OffsetDateTime.class).toInstant(),
                rows.getInt(4),
                next.isAfter(latest) ? clock.instant() : next,
                rows.getBoolean(6),
                rows.getString(7));
    }

    @Override
    public Optional<Standing> take(String sink, Duration lease) {
        Instant now = clock.instant();
        return jdbi.inTransaction(handle -> {
            int taken = handle.execute(
                    "UPDATE sinks SET owner = ?, owned_until = ? WHERE sink = ?"
                            + (shared ? " AND (owner IS NULL OR owner = ? OR owned_until < ?)" : ""),
                    shared
                            ? new Object[] {owner, Sql.utc(now.plus(lease)), sink, owner, Sql.utc(now)}
                            : new Object[] {owner, Sql.utc(now.plus(lease)), sink});
            return taken == 0 ? Optional.<Standing>empty() : Optional.ofNullable(standing(handle, sink));
        });
    }

    @Override
    public void leave(String sink) {
        jdbi.useHandle(handle -> handle.execute(
                "UPDATE sinks SET owner = NULL, owned_until = ? WHERE sink = ? AND owner = ?",
                Sql.utc(clock.instant()),
                sink,
                owner));
    }

    @Override
    public boolean reached(String sink, LogPlace upTo) {
        return update(
                "attempts = 0, next_attempt_at = ?, blocked = FALSE, last_error = CAST(? AS VARCHAR)",
                sink,
                upTo,
                null,
                Duration.ZERO);
    }

    @Override
    public boolean failed(String sink, LogPlace upTo, String error, Duration pause) {
        return update("attempts = attempts + 1, next_attempt_at = ?, last_error = ?", sink, upTo, error, pause);
    }

    @Override
    public boolean block(String sink, LogPlace upTo, String error) {
        return update(
                "attempts = attempts + 1, next_attempt_at = ?, last_error = ?, blocked = TRUE",
                sink,
                upTo,
                error,
                Duration.ZERO);
    }

    private boolean update(String what, String sink, LogPlace upTo, String error, Duration pause) {
        String text = error == null || error.length() <= MAX_ERROR ? error : error.substring(0, MAX_ERROR);
        Duration wait = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
        return jdbi.withHandle(handle -> handle.execute(
                        "UPDATE sinks SET " + what + ", epoch = ?, entry = ? WHERE sink = ? AND owner = ?",
                        Sql.utc(clock.instant().plus(wait)),
                        text,
                        upTo.epoch(),
                        upTo.entry(),
                        sink,
                        owner)
                > 0);
    }

    @Override
    public boolean release(String sink) {
        return jdbi.inTransaction(handle -> {
            boolean blocked =
                    handle.execute("UPDATE sinks SET blocked = FALSE WHERE sink = ? AND blocked = TRUE", sink) > 0;
            handle.execute(
                    "UPDATE sinks SET next_attempt_at = ?, attempts = 0 WHERE sink = ?",
                    Sql.utc(clock.instant()),
                    sink);
            return blocked;
        });
    }
}
