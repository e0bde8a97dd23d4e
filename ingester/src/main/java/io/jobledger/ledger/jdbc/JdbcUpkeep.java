package io.jobledger.ledger.jdbc;

import io.jobledger.ledger.Eraser;
import io.jobledger.ledger.LedgerFigures;
import io.jobledger.ledger.ProjectionLag;
import io.jobledger.ledger.Retention;
import io.jobledger.ledger.Upkeep;
import io.jobledger.ledger.Verifier;
import io.jobledger.ledger.WriteObserver;
import io.jobledger.ledger.retention.LedgerActs;
import io.jobledger.ledger.retention.LogEraser;
import io.jobledger.ledger.retention.LogRetention;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.ledger.rows.StoreHealth;
import io.jobledger.ledger.verify.LogVerifier;
import io.jobledger.ledger.verify.SecondPlace;
import io.jobledger.log.EventLog;
import io.jobledger.log.LogFact;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/** The upkeep of a ledger in SQL. */
final class JdbcUpkeep implements Upkeep {
    private final Jdbi jdbi;
    private final EventLog log;
    private final GroupCommitter committer;
    private final LedgerActs acts;
    private final Supplier<SecondPlace> places;
    private final LongSupplier bytes;
    private final StoreHealth health;
    private final Supplier<ProjectionLag> lag;
    private final Clock clock;

    /** @param bytes size of the database on its disk */
    JdbcUpkeep(
            Jdbi jdbi,
            EventLog log,
            GroupCommitter committer,
            LedgerActs acts,
            Supplier<SecondPlace> places,
            LongSupplier bytes,
            StoreHealth health,
            Supplier<ProjectionLag> lag,
            Clock clock) {
        this.jdbi = jdbi;
        this.log = log;
        this.committer = committer;
        this.acts = acts;
        this.places = places;
        this.bytes = bytes;
        this.health = health;
        this.lag = lag;
        this.clock = clock;
    }

    @Override
    public Verifier verifier() {
        return new LogVerifier(log, jdbi, places);
    }

    @Override
    public Retention retention(Duration silence) {
        return new LogRetention(jdbi, log, acts, clock, silence);
    }

    @Override
    public Eraser eraser() {
        return new LogEraser(log, acts);
    }

    @Override
    public int tellOverdue(Set<Duration> after, Instant since) {
        OverdueFacts facts = new OverdueFacts(after, since, clock.instant());
        try {
            // A look first: acts keep the writer.
            if (after.isEmpty() || jdbi.withHandle(facts::find).isEmpty()) {
                return 0;
            }
        } catch (JdbiException e) {
            throw Failures.of("the ledger could not be read", e);
        }
        return acts.act((handle, told) -> {
            told.addAll(facts.find(handle));
            return told.size();
        });
    }

    @Override
    public void tellBlocked(String sink, String reason) {
        acts.act((handle, told) -> told.add(new LogFact.SinkBlocked(sink, reason)));
    }

    @Override
    public LedgerFigures figures(Duration silence) {
        OffsetDateTime now = Sql.utc(clock.instant());
        try {
            return jdbi.withHandle(handle -> {
                long open = handle.createQuery("SELECT COUNT(*) FROM jobs WHERE status = 'running'")
                        .mapTo(Long.class)
                        .one();
                long overdue = handle.createQuery("SELECT COUNT(*) FROM jobs WHERE status = 'running' AND deadline < ?")
                        .bind(0, now)
                        .mapTo(Long.class)
                        .one();
                long lost = handle.createQuery("SELECT COUNT(*) FROM jobs WHERE status = 'lost'")
                        .mapTo(Long.class)
                        .one();
                return handle.createQuery(
                                "SELECT COUNT(*) AS runs, COALESCE(SUM(CASE WHEN finished_seq = max_seq THEN 1 ELSE 0"
                                        + " END), 0) AS finished, COALESCE(SUM(CASE WHEN (finished_seq IS NULL OR"
                                        + " finished_seq <> max_seq) AND (last_received_at < ? OR interrupted_seq ="
                                        + " max_seq) THEN 1 ELSE 0 END), 0) AS interrupted FROM runs")
                        .bind(0, now.minus(silence))
                        .map((rows, context) -> new LedgerFigures(
                                open - overdue,
                                overdue,
                                lost,
                                rows.getLong("runs") - rows.getLong("finished") - rows.getLong("interrupted"),
                                rows.getLong("finished"),
                                rows.getLong("interrupted"),
                                bytes.getAsLong()))
                        .one();
            });
        } catch (JdbiException e) {
            throw Failures.of("the ledger could not be read", e);
        }
    }

    @Override
    public ProjectionLag lag() {
        return lag.get();
    }

    @Override
    public long setAside() {
        try {
            return jdbi.withHandle(handle -> handle.createQuery("SELECT COUNT(*) FROM set_aside")
                    .mapTo(Long.class)
                    .one());
        } catch (JdbiException e) {
            throw Failures.of("the ledger could not be read", e);
        }
    }

    @Override
    public long damagedReads() {
        return health.failures();
    }

    @Override
    public int waitingEvents() {
        return committer.waitingEvents();
    }

    @Override
    public void observe(WriteObserver observer) {
        committer.observe(observer);
    }
}
