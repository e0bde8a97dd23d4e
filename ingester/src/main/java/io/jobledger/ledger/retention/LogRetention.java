package io.jobledger.ledger.retention;

import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Retention;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.log.EventLog;
import io.jobledger.log.LogFact;
import io.jobledger.model.Run;
import io.jobledger.model.RunId;
import io.jobledger.model.RunState;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/**
 * Retention by whole runs: decides on the projections, tells the log what goes, and takes it out there. The same for
 * every database.
 */
public final class LogRetention implements Retention {
    private final Jdbi jdbi;
    private final EventLog log;
    private final LedgerActs acts;
    private final Clock clock;
    private final Duration silence;

    public LogRetention(Jdbi jdbi, EventLog log, LedgerActs acts, Clock clock, Duration silence) {
        this.jdbi = jdbi;
        this.log = log;
        this.acts = acts;
        this.clock = clock;
        this.silence = silence;
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    @Override
    public Removed prune(Policy policy, Order order, boolean dryRun, Duration patience) {
        if (policy.off()) {
            return new RetentionTally().removed(true);
        }
        try {
            // What was acknowledged before the call counts.
            acts.act((handle, facts) -> null);
            Removed removed =
                    new PruneRound(jdbi, log, dryRun ? null : acts, policy, order, now(), silence, patience).run();
            if (!dryRun) {
                sweep();
            }
            return removed;
        } catch (JdbiException e) {
            throw Failures.of("the ledger could not be pruned", e);
        }
    }

    @Override
    public Optional<Removed> delete(RunId id, boolean force, Order order) {
        Instant now = now();
        Optional<Removed> removed = acts.act((handle, facts) -> {
            Run run = handle.createQuery("SELECT " + Rows.RUN_COLUMNS + " FROM runs WHERE run_id = ?")
                    .bind(0, id.value())
                    .map(Rows::run)
                    .findOne()
                    .orElse(null);
            if (run == null) {
                return Optional.empty();
            }
            Removal removal = new Removal(run, RetentionRules.jobs(handle, run));
            if (!force) {
                refuseOpen(removal, now);
            }
            List<LogFact.Forgotten> runs = new Forgetting(handle, log, job -> false).runs(removal);
            facts.add(new LogFact.RunsForgotten(order.by(), order.reason(), runs));
            facts.addAll(Snapshots.ofOthers(
                    handle, runs.stream().map(LogFact.Forgotten::run).toList()));
            RetentionTally tally = new RetentionTally();
            tally.add(removal, runs);
            return Optional.of(tally.removed(true));
        });
        sweep();
        return removed;
    }

    private void refuseOpen(Removal removal, Instant now) {
        long open = removal.jobs().stream().filter(job -> job.status().open()).count();
        if (open > 0) {
            throw new LedgerException(
                    LedgerException.Kind.CONFLICT,
                    "run " + removal.run().id() + " has " + open + " open jobs, which could not be resumed without it");
        }
        if (removal.run().state(now, silence) == RunState.RUNNING) {
            throw new LedgerException(
                    LedgerException.Kind.CONFLICT, "run " + removal.run().id() + " is still running");
        }
    }

    @Override
    public void sweep() {
        new Purging(log, acts).run();
    }
}
