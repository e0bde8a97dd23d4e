package io.jobledger.ledger.postgres;

import io.jobledger.ledger.Retention;
import io.jobledger.ledger.chain.LedgerHead;
import io.jobledger.ledger.retention.ChainRemover;
import io.jobledger.ledger.rows.Sql;
import java.sql.SQLException;
import java.sql.Types;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
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
    private static final int CHAINS_IN_ONE_STEP = 500;

    /** Days that are known to have a partition, so that a writer need not ask. */
    private final Set<LocalDate> covered = ConcurrentHashMap.newKeySet();

    /** Sees to it that the days from now on have theirs. Blocks on the database, and for a moment keeps writers out. */
    void makeAhead(Jdbi jdbi, LocalDate today) {
        if (covered.contains(today) && covered.contains(today.plusDays(AHEAD_DAYS))) {
            return;
        }
        jdbi.useTransaction(handle -> {
            PostgresWriteTransaction.lock(handle);
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
    public void cover(Handle handle, LocalDate day) {
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

    /**
     * Drops the events of runs that the ledger first heard of in weeks that ended before {@code day}; runs and jobs
     * stay, and each chain leaves its stub. A run of such a week that speaks again is kept from then on like a new one.
     * Blocks on the database, and for moments keeps writers out.
     *
     * @return the partitions that are gone
     */
    List<String> drop(Jdbi jdbi, LocalDate day, Instant now) throws SQLException {
        record Partition(LocalDate first, LocalDate end, String name) {}
        List<Partition> old = jdbi.withHandle(handle -> handle.createQuery(
                        "SELECT first_day, end_day, name FROM event_partitions WHERE end_day <= ? ORDER BY first_day")
                .bind(0, day)
                .map((rows, c) -> new Partition(
                        rows.getObject(1, LocalDate.class), rows.getObject(2, LocalDate.class), rows.getString(3)))
                .list());
        for (Partition partition : old) {
            // From then on none puts an event into the partition: a run without a day gets today's.
            while (jdbi.<Integer, SQLException>inTransaction(handle ->
                            endChains(handle, partition.first, partition.end, now.truncatedTo(ChronoUnit.MICROS)))
                    > 0) {
                // In steps, so that writers have their turn.
            }
            jdbi.useHandle(handle -> detach(handle, partition.name));
            jdbi.useTransaction(handle -> {
                handle.execute("DROP TABLE IF EXISTS " + partition.name);
                handle.execute("DELETE FROM event_partitions WHERE first_day = ?", partition.first);
                handle.execute(
                        "UPDATE stubs s SET swept = TRUE WHERE swept = FALSE AND NOT EXISTS (SELECT 1 FROM events e"
                                + " WHERE e.run_id = s.run_id AND e.entry >= s.first_entry AND e.entry <="
                                + " s.last_entry)");
            });
            LOG.info("The events of the runs from {} to {} are gone", partition.first, partition.end.minusDays(1));
        }
        return old.stream().map(Partition::name).toList();
    }

    /** Ends the chains of some of the runs of these days, with the writers out; says of how many. */
    private static int endChains(Handle handle, LocalDate first, LocalDate end, Instant now) throws SQLException {
        PostgresWriteTransaction.lock(handle);
        List<UUID> runs = handle.createQuery(
                        "SELECT run_id FROM run_days WHERE day >= ? AND day < ? ORDER BY day LIMIT ?")
                .bind(0, first)
                .bind(1, end)
                .bind(2, CHAINS_IN_ONE_STEP)
                .mapTo(UUID.class)
                .list();
        LedgerHead head = LedgerHead.read(handle);
        new ChainRemover(handle, head, new Retention.Order("jobledger", "event-retention"), now).endChains(runs);
        head.write();
        return handle.createUpdate("DELETE FROM run_days WHERE run_id = ANY(?)")
                .bindBySqlType(0, Sql.array(handle, "uuid", runs), Types.ARRAY)
                .execute();
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
