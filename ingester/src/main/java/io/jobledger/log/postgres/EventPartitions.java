package io.jobledger.log.postgres;

import java.sql.Array;
import java.sql.SQLException;
import java.sql.Types;
import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAdjusters;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The events' partitions, each of a week of runs by the day on which the ledger first heard of them. They are made
 * ahead; one that is missing all the same is made by the writer that needs it. Thread-safe.
 */
public final class EventPartitions {
    private static final Logger LOG = LoggerFactory.getLogger(EventPartitions.class);
    private static final int AHEAD_DAYS = 14;
    private static final int RUNS_IN_ONE_STEP = 500;

    /** Days that are known to have a partition, so that a writer need not ask. */
    private final Set<LocalDate> covered = ConcurrentHashMap.newKeySet();

    /** Sees to it that the days from now on have theirs. Blocks on the database, and for a moment keeps writers out. */
    public void makeAhead(Jdbi jdbi, LocalDate today) {
        if (covered.contains(today) && covered.contains(today.plusDays(AHEAD_DAYS))) {
            return;
        }
        jdbi.useTransaction(handle -> {
            HeadRow.lock(handle);
            for (int days = 0; days <= AHEAD_DAYS; days++) {
                find(handle, today.plusDays(days));
            }
        });
        // Only after the commit: a partition that was rolled back is none.
        for (int days = 0; days <= AHEAD_DAYS; days++) {
            covered.add(today.plusDays(days));
        }
    }

    /** Sees to it that {@code day} has its partition, in a transaction that holds the writers' lock. */
    void cover(Handle handle, LocalDate day) {
        if (!covered.contains(day)) {
            find(handle, day);
        }
    }

    private static void find(Handle handle, LocalDate day) {
        boolean there = handle.createQuery(
                        "SELECT EXISTS (SELECT 1 FROM event_partitions WHERE first_day <= ? AND end_day > ?)")
                .bind(0, day)
                .bind(1, day)
                .mapTo(Boolean.class)
                .one();
        if (!there) {
            LocalDate first = day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
            String name = "events_" + first.format(DateTimeFormatter.BASIC_ISO_DATE);
            // Attaching, unlike creating in place, lets readers and the writers of other partitions go on. Dates and
            // the name hold digits and dashes only.
            handle.execute("CREATE TABLE " + name + " (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)");
            handle.execute("ALTER TABLE events ATTACH PARTITION " + name + " FOR VALUES FROM ('" + first + "') TO ('"
                    + first.plusWeeks(1) + "')");
            handle.execute(
                    "INSERT INTO event_partitions (first_day, end_day, name) VALUES (?, ?, ?)",
                    first,
                    first.plusWeeks(1),
                    name);
        }
    }

    /** One partition. @param end the first day after it */
    record Week(LocalDate first, LocalDate end, String name) {}

    /** Those of weeks that ended before {@code day}, oldest first. */
    static List<Week> before(Handle handle, LocalDate day) {
        return handle.createQuery(
                        "SELECT first_day, end_day, name FROM event_partitions WHERE end_day <= ? ORDER BY first_day")
                .bind(0, day)
                .map((rows, c) -> new Week(
                        rows.getObject(1, LocalDate.class), rows.getObject(2, LocalDate.class), rows.getString(3)))
                .list();
    }

    /** Some of the runs whose events are in a partition; none once all of them are {@link #leave gone}. */
    static List<UUID> runs(Handle handle, Week week) {
        return handle.createQuery("SELECT run_id FROM run_days WHERE day >= ? AND day < ? ORDER BY day LIMIT ?")
                .bind(0, week.first)
                .bind(1, week.end)
                .bind(2, RUNS_IN_ONE_STEP)
                .mapTo(UUID.class)
                .list();
    }

    /**
     * Keeps the numbers of runs and gives up their days, with the writers out: what they say from then on goes into
     * another partition.
     */
    static void leave(Handle handle, List<UUID> runs) throws SQLException {
        Array ids = handle.getConnection().createArrayOf("uuid", runs.toArray());
        handle.createUpdate("WITH gone AS (SELECT run_id, seq FROM events WHERE run_id = ANY(?))" + RowPurge.FORGET)
                .bindBySqlType(0, ids, Types.ARRAY)
                .execute();
        handle.createUpdate("DELETE FROM run_days WHERE run_id = ANY(?)")
                .bindBySqlType(0, ids, Types.ARRAY)
                .execute();
    }

    /** Drops a partition whose runs are all gone. */
    static void drop(Jdbi jdbi, Week week) {
        jdbi.useHandle(handle -> detach(handle, week.name));
        jdbi.useTransaction(handle -> {
            handle.execute("DROP TABLE IF EXISTS " + week.name);
            handle.execute("DELETE FROM event_partitions WHERE first_day = ?", week.first);
        });
        LOG.info("The events of the runs from {} to {} are gone", week.first, week.end.minusDays(1));
    }

    /**
     * Takes a partition out without stopping those who read the others. What was interrupted in the middle is finished.
     */
    private static void detach(Handle handle, String name) {
        handle.createQuery("SELECT i.inhdetachpending FROM pg_inherits i WHERE i.inhparent = 'events'::regclass AND"
                        + " i.inhrelid = to_regclass(?)")
                .bind(0, name)
                .mapTo(Boolean.class)
                .findOne()
                .ifPresent(pending -> handle.execute(
                        "ALTER TABLE events DETACH PARTITION " + name + (pending ? " FINALIZE" : " CONCURRENTLY")));
    }
}
