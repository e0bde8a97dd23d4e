package io.jobledger.log.postgres;

import io.jobledger.log.EventLog;
import io.jobledger.log.LogChain;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogException;
import io.jobledger.log.LogFact;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogRecord;
import io.jobledger.log.LogStep;
import io.jobledger.log.SeqRanges;
import io.jobledger.model.Event;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/**
 * The log in PostgreSQL. An append and what is computed from it are one transaction under the head's lock, so any
 * number of ingesters may append. Thread-safe.
 */
public final class PostgresLog implements EventLog {
    /** Where it is told, after each commit, where the log ends: {@link LogHead#text}. */
    public static final String CHANNEL = "jobledger_events";

    /** What else is to be known of runs whose events are dropped while they stay. */
    public interface Keeping {
        List<LogFact> of(Handle handle, List<UUID> runs) throws SQLException;
    }

    private final Jdbi jdbi;
    private final UUID instance;
    private final Clock clock;
    private final AppendHook projecting;
    private final Transactions transactions;
    private final RowReading reading;
    private final EventPartitions partitions = new EventPartitions();
    private volatile LogHead head;

    /**
     * Opens the log of a database that has its tables.
     *
     * @param instance this process among all that share the log
     * @param projecting what happens with every append
     */
    public PostgresLog(Jdbi jdbi, UUID instance, AppendHook projecting, Clock clock) {
        this.jdbi = jdbi;
        this.instance = instance;
        this.clock = clock;
        this.projecting = projecting;
        this.transactions = new Transactions(jdbi);
        this.reading = new RowReading(transactions);
        this.head = end().head();
    }

    /** Where the log ends, and whether it is being moved here; asks the database. */
    public HeadRow end() {
        return transactions.each("the end of the log cannot be read", HeadRow::read);
    }

    /** What this process has appended or heard of; another one may have appended more just now. */
    @Override
    public LogHead head() {
        return head;
    }

    /** Somebody appended. */
    public void heard(LogHead later) {
        synchronized (this) {
            head = later.entry() > head.entry() ? later : head;
        }
    }

    /** Sees to it that the events of these days have a place, so that no writer must make it. */
    public void makeAhead(LocalDate today) {
        partitions.makeAhead(jdbi, today);
    }

    @Override
    public Appended append(List<List<Event>> batches, Instant received) {
        return append(batches, received, projecting);
    }

    /** As {@link #append(List, Instant)}, with something else in the same transaction. */
    public Appended append(List<List<Event>> batches, Instant received, AppendHook within) {
        Instant kept = LogChain.instant(LogChain.micros(received));
        Appended appended = projected("the events cannot be stored", within, (handle, way) -> {
            LogHead before = locked(handle);
            RowIntake intake = new RowIntake(handle, before.entry());
            intake.take(batches);
            if (intake.entries().isEmpty()) {
                return new Appended(intake.stored(), List.of(), intake.changed(), before);
            }
            way.before(handle);
            LogHead now = new RecordWriter(handle, partitions).append(before, before.epoch(), kept, intake.entries());
            List<Logged> fresh = new ArrayList<>();
            for (int i = 0; i < intake.fresh().size(); i++) {
                fresh.add(new Logged(
                        intake.entries().get(i).entry(), kept, intake.fresh().get(i)));
            }
            way.apply(handle, fresh.stream().map(LogStep::of).toList(), now);
            return new Appended(intake.stored(), fresh, intake.changed(), now);
        });
        heard(appended.head());
        return appended;
    }

    @Override
    public LogHead append(Instant received, List<LogFact> facts) {
        LogHead now = projected(
                "the facts cannot be stored",
                projecting,
                (handle, way) -> append(handle, locked(handle), received, facts, way));
        heard(now);
        return now;
    }

    /** Something that the ledger itself does. */
    public interface Act<T> {
        /**
         * Decides while no other writer can come between.
         *
         * @param handle sees the records of everything that is in the log
         * @param facts takes what is to be appended
         */
        T in(Handle handle, List<LogFact> facts) throws SQLException;
    }

    /** Does an act and appends its facts, in one transaction. */
    public <T> T act(Instant received, Act<T> act) {
        record Done<T>(T result, LogHead head) {}
        Done<T> done = projected("the ledger could not be changed", projecting, (handle, way) -> {
            LogHead before = locked(handle);
            List<LogFact> facts = new ArrayList<>();
            T result = act.in(handle, facts);
            return new Done<>(result, append(handle, before, received, facts, way));
        });
        heard(done.head);
        return done.result;
    }

    private LogHead append(Handle handle, LogHead before, Instant received, List<LogFact> facts, AppendHook way)
            throws SQLException {
        if (facts.isEmpty()) {
            return before;
        }
        int epoch = before.epoch();
        List<LogEntry> entries = new ArrayList<>();
        List<LogStep> applied = new ArrayList<>();
        for (LogFact fact : facts) {
            long number = before.entry() + entries.size() + 1;
            entries.add(RowReading.fact(number, fact.json()));
            applied.add(LogStep.of(number, fact));
            epoch = fact instanceof LogFact.EpochBegan began ? began.epoch() : epoch;
        }
        Instant kept = LogChain.instant(LogChain.micros(received));
        LogHead now = new RecordWriter(handle, partitions).append(before, epoch, kept, entries);
        way.apply(handle, applied, now);
        return now;
    }

    private static LogHead locked(Handle handle) {
        HeadRow row = HeadRow.lock(handle);
        row.requireWhole();
        return row.head();
    }

    private interface Appending<T> {
        T in(Handle handle, AppendHook way) throws SQLException;
    }

    /** One transaction; when an entry of it cannot be projected, once more in the careful way. */
    private <T> T projected(String what, AppendHook within, Appending<T> work) {
        try {
            return transactions.run(what, handle -> work.in(handle, within));
        } catch (RuntimeException e) {
            AppendHook careful = within.careful(e);
            if (careful == null) {
                throw e;
            }
            return transactions.run(what, handle -> work.in(handle, careful));
        }
    }

    /**
     * Begins, or goes on with, a copy of another log. Until it is {@link #finishCopy finished}, nothing else is stored.
     *
     * @param from names the other log
     * @param may is asked whether what is there already is a beginning of that log; throws when it is not
     */
    public void beginCopy(String from, Consumer<HeadRow> may) {
        transactions.run("the copy cannot be begun", handle -> {
            may.accept(HeadRow.lock(handle));
            return handle.execute("UPDATE log_head SET moved_from = ?", from);
        });
    }

    /** The log is whole, and open to all. */
    public void finishCopy(LogHead source) {
        transactions.run("the copy cannot be finished", handle -> {
            LogHead copied = HeadRow.lock(handle).head();
            if (!copied.equals(source)) {
                throw new LogException(
                        LogException.Kind.UNUSABLE,
                        "the copy ends with " + copied + ", and what was copied with " + source);
            }
            HeadRow.write(handle, copied);
            return handle.execute("UPDATE log_head SET moved_from = NULL");
        });
    }

    /**
     * Writes records of another log that follow, as they are, and projects them.
     *
     * @param numbers those of a run that its log has or has had
     */
    public void copy(List<LogRecord> records, Function<UUID, SeqRanges> numbers) {
        LogHead now = projected("the log cannot be copied", projecting, (handle, way) -> {
            LogHead before = HeadRow.lock(handle).head();
            LogCopy copy = new LogCopy(handle, new RecordWriter(handle, partitions), numbers);
            LogHead after = copy.write(before, records);
            way.apply(handle, copy.applied(), after);
            return after;
        });
        heard(now);
    }

    /**
     * Drops the events of runs that the log first heard of in weeks that ended before {@code day}; their numbers, and
     * their digests, stay. A run of such a week that speaks again is kept from then on like a new one. Keeps writers
     * out for moments.
     *
     * @return the partitions that are gone
     */
    public List<String> drop(LocalDate day, Instant now, Keeping keeping) {
        List<String> gone = new ArrayList<>();
        for (EventPartitions.Week week : transactions.each(
                "the events' partitions cannot be read", handle -> EventPartitions.before(handle, day))) {
            // In steps, so that writers have their turn.
            while (forget(week, now, keeping)) {
                // The next ones.
            }
            try {
                EventPartitions.drop(jdbi, week);
            } catch (JdbiException e) {
                throw Transactions.failed("the events' partition " + week.name() + " cannot be dropped", e);
            }
            gone.add(week.name());
        }
        return gone;
    }

    /** Gives up some of a week's runs; returns whether there were any. */
    private boolean forget(EventPartitions.Week week, Instant now, Keeping keeping) {
        LogHead after = projected("old events cannot be dropped", projecting, (handle, way) -> {
            LogHead before = locked(handle);
            List<UUID> runs = EventPartitions.runs(handle, week);
            if (runs.isEmpty()) {
                return null;
            }
            LogHead appended = append(handle, before, now, keeping.of(handle, runs), way);
            EventPartitions.leave(handle, runs);
            return appended;
        });
        if (after != null) {
            heard(after);
        }
        return after != null;
    }

    @Override
    public void read(long from, Predicate<LogRecord> each) {
        reading.read(from, end().head().entry(), each);
    }

    @Override
    public void ofRun(UUID run, long from, long upTo, Predicate<LogEntry> each) {
        reading.ofRun(run, from, upTo, each);
    }

    @Override
    public SeqRanges ranges(UUID run) {
        return reading.ranges(run);
    }

    /**
     * As promised, with one limit: the server's write-ahead log, and a base backup, still hold what was there. The
     * pages of single entries are tidied at once, those of whole runs when the server tidies up.
     */
    @Override
    public long purge(Purge purge) {
        return new RowPurge(transactions).purge(purge);
    }

    @Override
    public long bytes() {
        return transactions.each(
                "the size of the log cannot be read",
                handle -> handle.createQuery(
                                "SELECT SUM(pg_total_relation_size(relid)) FROM (SELECT relid FROM pg_partition_tree('events')"
                                        + " UNION ALL SELECT unnest(ARRAY['log_records', 'facts', 'run_days',"
                                        + " 'forgotten_numbers']::regclass[])) parts")
                        .mapTo(Long.class)
                        .one());
    }

    /** Writes that this process lives. */
    @Override
    public void check() {
        transactions.each(
                "the log cannot be written",
                handle -> handle.execute(
                        "INSERT INTO instances (instance, seen_at) VALUES (?, ?) ON CONFLICT (instance) DO UPDATE SET seen_at ="
                                + " EXCLUDED.seen_at",
                        instance,
                        clock.instant().atOffset(ZoneOffset.UTC)));
    }

    /** Connections are the caller's. */
    @Override
    public void close() {}
}
