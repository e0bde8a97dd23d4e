package io.jobledger.ledger.postgres;

import com.zaxxer.hikari.HikariDataSource;
import io.jobledger.config.LedgerLocation;
import io.jobledger.ledger.DeliveryState;
import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Precondition;
import io.jobledger.ledger.h2.H2SecondPlace;
import io.jobledger.ledger.jdbc.JdbcDeliveryState;
import io.jobledger.ledger.jdbc.JdbcLedger;
import io.jobledger.ledger.jdbc.Migrations;
import io.jobledger.ledger.query.LogPlace;
import io.jobledger.ledger.retention.LedgerActs;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.log.EventLog.Appended;
import io.jobledger.log.LogException;
import io.jobledger.log.LogFact;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogStep;
import io.jobledger.log.postgres.AppendHook;
import io.jobledger.log.postgres.PostgresLog;
import io.jobledger.model.Event;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.argument.AbstractArgumentFactory;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.config.ConfigRegistry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ledger in a PostgreSQL database that any number of ingesters share. A commit is durable as the server is set up
 * to be: see docs/explanation/scale.md. A server that restarts or fails over is waited for: meanwhile nothing is
 * acknowledged, callers are told to come back, and {@link #check} says so.
 */
public final class PostgresLedger extends JdbcLedger {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresLedger.class);

    /**
     * How to open a ledger.
     *
     * @param queueEvents most events waiting for a commit
     * @param maxGroup most events in one commit
     * @param retention events of runs that are older are dropped by the week; null keeps them
     * @param claim how long an entry of the outbox is this ingester's alone
     * @param queryTimeout longest time for one statement of an audit
     */
    public record Options(
            LedgerLocation.Postgres location,
            int queueEvents,
            int maxGroup,
            Duration retention,
            Duration claim,
            Duration queryTimeout) {}

    private final Options options;
    private final HikariDataSource pool;
    private final PostgresLog log;
    private final PostgresOutbox outbox;
    private final Clock clock;
    private final PostgresNews feed;
    private final DeliveryState deliveryState;
    private final Maintenance maintenance;

    private PostgresLedger(
            Options options,
            HikariDataSource pool,
            Jdbi jdbi,
            PostgresLog log,
            PostgresOutbox outbox,
            DeliveryState deliveryState,
            List<String> mirrors,
            Clock clock) {
        super(
                jdbi,
                log,
                outbox,
                mirrors,
                options.queueEvents(),
                options.maxGroup(),
                options.queryTimeout(),
                () -> H2SecondPlace.below(Path.of(System.getProperty("java.io.tmpdir"))),
                clock);
        this.options = options;
        this.pool = pool;
        this.log = log;
        this.outbox = outbox;
        this.deliveryState = deliveryState;
        this.clock = clock;
        committed(asOf().entry());
        this.feed = new PostgresNews(options.location(), head -> {
            log.heard(head);
            committed(head.entry());
        });
        feed.start();
        this.maintenance = new Maintenance(this::maintain, Duration.ofMinutes(1));
    }

    /**
     * Opens the ledger and brings it to this program's version.
     *
     * @param mirrors URIs of the mirrors to feed
     * @throws LedgerException of kind {@code UNUSABLE} that says what to do
     */
    public static PostgresLedger open(Options options, List<String> mirrors, Clock clock) {
        HikariDataSource pool = PostgresConnections.pool(options.location());
        try {
            migrate(options.location());
            Jdbi jdbi = jdbi(pool);
            UUID instance = UUID.randomUUID();
            PostgresLog log = new PostgresLog(jdbi, instance, new PostgresProjecting(clock), clock);
            if (log.end().movedFrom() != null) {
                throw new LedgerException(
                        LedgerException.Kind.UNUSABLE,
                        "the ledger " + options.location()
                                + " is not whole: a ledger is being moved there. Let 'jobledger migrate-ledger'"
                                + " finish, or start it again");
            }
            log.makeAhead(day(clock.instant()));
            warnOfRisks(jdbi);
            return new PostgresLedger(
                    options,
                    pool,
                    jdbi,
                    log,
                    new PostgresOutbox(jdbi, instance, options.claim(), clock),
                    new JdbcDeliveryState(
                            jdbi, instance, true, () -> place(log.end().head()), false, clock),
                    mirrors,
                    clock);
        } catch (RuntimeException e) {
            pool.close();
            throw unusable(options.location(), e);
        }
    }

    private static LogPlace place(LogHead head) {
        return new LogPlace(head.epoch(), head.entry());
    }

    /**
     * Begins a new epoch of a ledger that lacks what somebody was told: a database that was restored from an older
     * copy. Ingesters that have noticed it store nothing until they are started again.
     *
     * @param by who accepts the loss
     * @throws LedgerException of kind {@code UNUSABLE} when the database cannot be reached
     */
    public static LogHead acceptLoss(LedgerLocation.Postgres location, String by, Clock clock) {
        try (HikariDataSource pool = PostgresConnections.pool(location)) {
            migrate(location);
            PostgresLog log = new PostgresLog(jdbi(pool), UUID.randomUUID(), new PostgresProjecting(clock), clock);
            log.makeAhead(day(clock.instant()));
            LogHead before = log.head();
            return log.append(
                    clock.instant(),
                    List.of(new LogFact.EpochBegan(
                            before.epoch() + 1, by, "a loss was accepted: the database was restored", before.text())));
        } catch (RuntimeException e) {
            throw unusable(location, e);
        }
    }

    /** Brings the database to this program's version, however long that takes. */
    public static void migrate(LedgerLocation.Postgres location) {
        try (HikariDataSource patient = PostgresConnections.patientPool(location)) {
            Migrations.run(patient, "the ledger " + location, "common", "delivery", "postgresql");
        }
    }

    /** The way to speak to the database. */
    public static Jdbi jdbi(HikariDataSource pool) {
        return JdbcLedger.jdbi(pool::getConnection).registerArgument(new TextArguments());
    }

    private static LocalDate day(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC).toLocalDate();
    }

    /** What an acknowledgement rests on and the program cannot set. */
    private static void warnOfRisks(Jdbi jdbi) {
        String off = jdbi.withHandle(handle -> handle.createQuery(
                        "SELECT string_agg(name, ' and ') FROM pg_settings WHERE name IN ('fsync', 'full_page_writes')"
                                + " AND setting = 'off'")
                .mapTo(String.class)
                .findOne()
                .orElse(null));
        if (off != null) {
            LOG.warn(
                    "The PostgreSQL server has {} switched off: what is acknowledged may be lost when its machine"
                            + " loses power",
                    off);
        }
    }

    /** Why a ledger cannot be opened, and what to do. */
    public static LedgerException unusable(LedgerLocation.Postgres location, RuntimeException e) {
        if (e instanceof LedgerException known && known.kind() == LedgerException.Kind.UNUSABLE) {
            return known;
        }
        String hint = switch (Failures.state(e)) {
            case "28P01", "28000" ->
                ". Give the user as --ledger-user or PGUSER, the password as PGPASSWORD, in a passfile or as"
                        + " --ledger-password-file";
            case "3D000" -> ". Make the database first: docs/how-to/postgresql.md says how";
            case "42501" -> ". The user must own the database or its schema: docs/how-to/postgresql.md says how";
            case "08001", "08004", "08006", "57P03" -> ". Is the server up, and the address right?";
            default -> "";
        };
        return new LedgerException(
                LedgerException.Kind.UNUSABLE,
                "the ledger " + location + " cannot be opened: " + Failures.text(e) + hint,
                e);
    }

    @Override
    protected List<Integer> commit(List<List<Event>> batches, Precondition precondition) {
        // What was committed without a word is found to be there already: doing it again does no harm.
        Appended appended;
        try {
            appended = log.append(batches, now(), new Conditional(clock, false, precondition));
        } catch (LogException e) {
            throw refused(e);
        }
        committed(appended.head().entry());
        return appended.stored();
    }

    /** Stores what is new only if something holds. */
    private static final class Conditional extends PostgresProjecting {
        private final Clock clock;
        private final Precondition precondition;

        Conditional(Clock clock, boolean careful, Precondition precondition) {
            super(clock, careful);
            this.clock = clock;
            this.precondition = precondition;
        }

        @Override
        public void before(Handle handle) throws SQLException {
            if (precondition != null) {
                require(precondition, handle);
            }
        }

        /** Saves alone make a job grow without end: one that is too large is refused before it is acknowledged. */
        @Override
        protected boolean refuses(LogStep entry) {
            return entry.event() != null && entry.event().event() instanceof Event.JobSaved;
        }

        @Override
        public AppendHook careful(Throwable failure) {
            return super.careful(failure) == null ? null : new Conditional(clock, true, precondition);
        }
    }

    private static LedgerException refused(LogException e) {
        return e.kind() == LogException.Kind.UNUSABLE
                ? new LedgerException(LedgerException.Kind.AWAY, e.getMessage(), e)
                : Failures.of("the ledger could not store the batch", e);
    }

    @Override
    protected <T> T record(LedgerActs.Work<T> work) {
        try {
            T result = log.act(now(), work::in);
            committed(log.head().entry());
            return result;
        } catch (LogException e) {
            throw refused(e);
        }
    }

    @Override
    public DeliveryState deliveryState() {
        return deliveryState;
    }

    private void maintain() {
        LocalDate today = day(now());
        log.makeAhead(today);
        log.check();
        outbox.stillHere();
        if (options.retention() != null) {
            drop(today.minusDays(options.retention().toDays()));
        }
    }

    /** Drops the events of runs of weeks that ended before a day; says which partitions are gone. */
    List<String> drop(LocalDate day) {
        return log.drop(day, now(), DroppedEvents::facts);
    }

    @Override
    public long bytes() {
        try {
            return jdbi().withHandle(handle -> handle.createQuery("SELECT pg_database_size(current_database())")
                    .mapTo(Long.class)
                    .one());
        } catch (JdbiException e) {
            throw Failures.of("the size of the ledger " + location() + " cannot be read", e);
        }
    }

    @Override
    public void check() {
        checkHeads();
        health().check();
        try {
            log.check();
        } catch (LogException e) {
            throw Failures.of("the ledger " + location() + " cannot be written", e);
        }
    }

    @Override
    public void backup(Path file) {
        throw new LedgerException(
                LedgerException.Kind.UNSUPPORTED,
                "the ledger " + location()
                        + " is backed up with PostgreSQL's own tools: pg_dump, or a base backup with archived WAL. See"
                        + " docs/how-to/postgresql.md");
    }

    @Override
    public Ledger.Copied files() {
        throw new LedgerException(
                LedgerException.Kind.UNSUPPORTED,
                "the log of the ledger " + location()
                        + " is in the database, and is copied with PostgreSQL's own tools: archived WAL, or a standby."
                        + " See docs/how-to/postgresql.md");
    }

    @Override
    public void computeAgain() {
        throw new LedgerException(
                LedgerException.Kind.UNSUPPORTED,
                "the ledger " + location()
                        + " stores records with the log, in one transaction: there is nothing to compute again."
                        + " 'jobledger verify --deep' says whether they are as the log says");
    }

    @Override
    public String location() {
        return options.location().toString();
    }

    @Override
    public void close() {
        maintenance.close();
        drain();
        feed.close();
        try {
            outbox.leave();
        } catch (RuntimeException e) {
            // The others find out by themselves that this ingester says nothing more.
        }
        pool.close();
    }

    /** PostgreSQL has no NUL in a text: a question that has one is to find nothing, not to fail. */
    private static final class TextArguments extends AbstractArgumentFactory<String> {
        TextArguments() {
            super(Types.VARCHAR);
        }

        @Override
        protected Argument build(String value, ConfigRegistry config) {
            return (position, statement, context) -> statement.setString(position, value.replace('\0', '\uFFFD'));
        }
    }
}
