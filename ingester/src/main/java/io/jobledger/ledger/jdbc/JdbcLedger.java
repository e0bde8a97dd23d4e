package io.jobledger.ledger.jdbc;

import io.jobledger.ledger.AsOf;
import io.jobledger.ledger.AuditQueries;
import io.jobledger.ledger.ConditionalSink;
import io.jobledger.ledger.EventSink;
import io.jobledger.ledger.Heads;
import io.jobledger.ledger.JobLookup;
import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.LedgerFeed;
import io.jobledger.ledger.NewsSource;
import io.jobledger.ledger.Outbox;
import io.jobledger.ledger.Precondition;
import io.jobledger.ledger.ProjectionLag;
import io.jobledger.ledger.Upkeep;
import io.jobledger.ledger.read.JdbcAudit;
import io.jobledger.ledger.read.JdbcLookup;
import io.jobledger.ledger.read.NewsReader;
import io.jobledger.ledger.retention.LedgerActs;
import io.jobledger.ledger.rows.Reader;
import io.jobledger.ledger.rows.StoreHealth;
import io.jobledger.ledger.verify.SecondPlace;
import io.jobledger.log.EventLog;
import io.jobledger.log.LogHead;
import io.jobledger.model.Event;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.function.Supplier;
import org.jdbi.v3.core.ConnectionFactory;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.argument.AbstractArgumentFactory;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.config.ConfigRegistry;

/**
 * What the ledgers share, whatever database is under them: queries, outbox, and the thread that stores groups of
 * batches.
 */
public abstract class JdbcLedger implements Ledger {
    private static final Duration DRAIN = Duration.ofSeconds(5);

    private final Jdbi jdbi;
    private final Clock clock;
    private final StoreHealth health;
    private final JdbcLookup lookup;
    private final JdbcAudit audit;
    private final EventLog log;
    private final CommitFeed feed;
    private final SeenHeads heads;
    private final JdbcOutbox outbox;
    private final Reader readsAtOnce;
    private final List<Integer> mirrors;
    private final GroupCommitter committer;
    private final JdbcUpkeep upkeep;

    /**
     * @param log what is acknowledged
     * @param mirrors URIs of the mirrors to feed
     * @param queueEvents most events that wait for a commit
     * @param maxGroup most events in one commit
     * @param queryTimeout longest time for one statement of an audit
     * @param places makes a place to compute the projections again, to compare them
     */
    public JdbcLedger(
            Jdbi jdbi,
            EventLog log,
            JdbcOutbox outbox,
            List<String> mirrors,
            int queueEvents,
            int maxGroup,
            Duration queryTimeout,
            Supplier<SecondPlace> places,
            Clock clock) {
        this.jdbi = jdbi;
        this.log = log;
        this.clock = clock;
        this.health = new StoreHealth(jdbi, this::damaged);
        this.readsAtOnce = new Reader(jdbi, queryTimeout, health, () -> {});
        this.lookup = new JdbcLookup(readsAtOnce);
        this.audit =
                new JdbcAudit(new Reader(jdbi, queryTimeout, health, this::settle), log, () -> asOf().entry(), clock);
        this.feed = new CommitFeed();
        this.heads = new SeenHeads(log);
        this.outbox = outbox;
        this.mirrors = List.copyOf(outbox.feed(mirrors));
        this.committer = new GroupCommitter(batches -> commit(batches, null), heads::check, queueEvents, maxGroup);
        this.upkeep = new JdbcUpkeep(jdbi, log, committer, new Acts(), places, this::bytes, health, this::lag, clock);
    }

    /**
     * Stores batches in one durable transaction, and returns how many events of each were new. Runs on the writer's
     * thread alone.
     *
     * @param precondition what must hold before, or null
     */
    protected abstract List<Integer> commit(List<List<Event>> batches, Precondition precondition) throws Exception;

    /** A question met damage in what is stored. */
    protected void damaged() {}

    /** Waits a moment, before a list is read, for what was acknowledged and is not yet in the records. */
    protected void settle() {}

    /**
     * Asks when no other writer can come between. A commit of which the answer was lost is done again, and must not
     * take its own event for somebody else's.
     *
     * @param precondition or null
     */
    protected final void require(Precondition precondition, List<List<Event>> batches, Handle handle)
            throws SQLException {
        if (precondition != null && !batches.stream().flatMap(List::stream).allMatch(this::isStored)) {
            require(precondition, handle);
        }
    }

    /** Asks of what is not stored yet. */
    protected static void require(Precondition precondition, Handle handle) throws SQLException {
        if (!precondition
                .holds()
                .test(JdbcLookup.known(handle.getConnection(), precondition.key(), precondition.narrowing()))) {
            throw new LedgerException(
                    LedgerException.Kind.CONFLICT, "job " + precondition.key() + " is not as the request has it");
        }
    }

    private boolean isStored(Event event) {
        return log.ranges(event.head().run().value()).contains(event.head().seq());
    }

    /**
     * Does an act of the ledger itself: it sees everything that is in the log, its facts are on disk when this returns,
     * and no other writer comes between. Runs on the writer's thread alone.
     */
    protected abstract <T> T record(LedgerActs.Work<T> work) throws Exception;

    /** An act is in the log: whoever asks after its answer must see what it did. Not in the writer's turn. */
    protected void acted() {}

    /**
     * Tells live views that the events up to {@code entry} are in the records. To be called once when the ledger is
     * open, before anybody can ask for the feed.
     */
    protected final void committed(long entry) {
        feed.committed(entry);
    }

    public static Jdbi jdbi(ConnectionFactory connections) {
        return Jdbi.create(connections).registerArgument(new TimeArguments());
    }

    /** Whether what is stored can be read. */
    protected final StoreHealth health() {
        return health;
    }

    protected final EventLog log() {
        return log;
    }

    public final Jdbi jdbi() {
        return jdbi;
    }

    protected final Instant now() {
        return clock.instant();
    }

    /** Takes no more batches, and stores those that wait; says whether the writer is done. */
    protected final boolean drain() {
        return committer.drain(DRAIN);
    }

    @Override
    public final EventSink sink() {
        return committer;
    }

    @Override
    public final ConditionalSink conditionalSink() {
        return (events, precondition) -> committer.alone(
                events, () -> commit(List.of(events), precondition).get(0));
    }

    @Override
    public JobLookup jobs() {
        return lookup;
    }

    @Override
    public final AuditQueries audit() {
        return audit;
    }

    @Override
    public final Heads heads() {
        return heads;
    }

    /** How far the records are behind the log. */
    private ProjectionLag lag() {
        AsOf asOf = asOf();
        long entries = Math.max(0, log.head().entry() - asOf.entry());
        Duration behind = entries == 0 ? Duration.ZERO : Duration.between(asOf.at(), clock.instant());
        return new ProjectionLag(entries, behind.isNegative() ? Duration.ZERO : behind, trouble());
    }

    /** Why the records do not follow the log at the moment; null while they do. */
    protected String trouble() {
        return null;
    }

    /** @throws LedgerException when the log lacks what somebody was told of it */
    protected final void checkHeads() {
        heads.check();
    }

    /** Records and log are written at once; where they are not, this is overridden. */
    @Override
    public AsOf asOf() {
        LogHead head = log.head();
        // Others may have written since this one last looked, and told of it.
        return new AsOf(head.epoch(), Math.max(head.entry(), feed.committed()), clock.instant());
    }

    @Override
    public final LedgerFeed feed() {
        return feed;
    }

    @Override
    public final Upkeep upkeep() {
        return upkeep;
    }

    @Override
    public final NewsSource news() {
        return new NewsReader(readsAtOnce, log, () -> asOf().entry());
    }

    @Override
    public final Outbox outbox() {
        return outbox;
    }

    @Override
    public final List<Integer> mirrors() {
        return mirrors;
    }

    private final class Acts implements LedgerActs {
        @Override
        public <T> T act(Work<T> work) {
            T result = committer.inTurn(() -> record(work));
            acted();
            return result;
        }
    }

    /** Binds times as the standard says, without the detour over the JVM's time zone. */
    private static final class TimeArguments extends AbstractArgumentFactory<OffsetDateTime> {
        TimeArguments() {
            super(Types.TIMESTAMP_WITH_TIMEZONE);
        }

        @Override
        protected Argument build(OffsetDateTime value, ConfigRegistry config) {
            return (position, statement, context) -> statement.setObject(position, value);
        }
    }
}
