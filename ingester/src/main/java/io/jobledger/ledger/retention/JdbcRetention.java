package io.jobledger.ledger.retention;

import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Retention;
import io.jobledger.ledger.chain.LedgerHead;
import io.jobledger.ledger.retention.Removal.OwnedJob;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.model.JobStatus;
import io.jobledger.model.Run;
import io.jobledger.model.RunId;
import io.jobledger.model.RunState;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/** Retention by whole runs, in SQL that both databases understand. */
public final class JdbcRetention implements Retention {
    private static final int PAGE = 25;
    /** How long the writer is kept from the batches that wait, in nanoseconds; one run may take longer. */
    private static final long TURN = 20_000_000;

    /** Runs work as the single writer, in a transaction that is on disk when this returns. */
    public interface Writer {
        <T> T write(Work<T> work);
    }

    /** What is done in the writer's transaction. */
    public interface Work<T> {
        T in(Handle handle) throws SQLException;
    }

    private final Jdbi jdbi;
    private final Writer writer;
    private final Clock clock;
    private final Duration silence;

    public JdbcRetention(Jdbi jdbi, Writer writer, Clock clock, Duration silence) {
        this.jdbi = jdbi;
        this.writer = writer;
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
            return new Round(policy, order, dryRun, System.nanoTime() + patience.toNanos()).run();
        } catch (JdbiException e) {
            throw Failures.of("the ledger could not be pruned", e);
        }
    }

    /** One call of {@link #prune}. */
    private final class Round {
        private final Order order;
        private final boolean dryRun;
        private final long deadline;
        private final Instant now = now();
        private final Map<JobStatus, Instant> cutoffs;
        private final RetentionTally tally = new RetentionTally();

        Round(Policy policy, Order order, boolean dryRun, long deadline) {
            this.order = order;
            this.dryRun = dryRun;
            this.deadline = deadline;
            this.cutoffs = jdbi.withHandle(handle -> RetentionRules.cutoffs(handle, policy, now));
        }

        private boolean late() {
            return System.nanoTime() > deadline;
        }

        Removed run() {
            boolean complete = runs();
            for (JobStatus status : cutoffs.keySet()) {
                complete = complete && saves(status);
            }
            if (!dryRun) {
                sweep();
            }
            return tally.removed(complete);
        }

        private boolean runs() {
            Instant newest = cutoffs.values().stream().max(Instant::compareTo).orElse(Instant.EPOCH);
            Instant start = Instant.EPOCH;
            UUID last = new UUID(0, 0);
            while (!late()) {
                List<Run> page = runs(start, last, newest);
                if (page.isEmpty()) {
                    return true;
                }
                take(page, (rules, run) -> rules.run(run));
                start = page.get(page.size() - 1).firstAt();
                last = page.get(page.size() - 1).id().value();
            }
            return false;
        }

        private List<Run> runs(Instant start, UUID last, Instant before) {
            return jdbi.withHandle(handle -> handle.createQuery("SELECT " + Rows.RUN_COLUMNS
                            + " FROM runs WHERE first_at >= ? AND first_at < ? AND (first_at > ? OR run_id >"
                            + " ?) ORDER BY first_at, run_id LIMIT ?")
                    .bind(0, Sql.utc(start))
                    .bind(1, Sql.utc(before))
                    .bind(2, Sql.utc(start))
                    .bind(3, last)
                    .bind(4, PAGE)
                    .map(Rows::run)
                    .list());
        }

        private boolean saves(JobStatus status) {
            Instant start = Instant.EPOCH;
            long last = 0;
            while (!late()) {
                List<OwnedJob> page = saves(status, start, last);
                if (page.isEmpty()) {
                    return true;
                }
                take(page, (rules, job) -> rules.saved(job));
                start = page.get(page.size() - 1).startedAt();
                last = page.get(page.size() - 1).entry();
            }
            return false;
        }

        /** Jobs that no run of this ledger started. */
        private List<OwnedJob> saves(JobStatus status, Instant start, long last) {
            return jdbi.withHandle(handle -> handle.createQuery("SELECT " + Removal.JOB_COLUMNS
                            + " FROM jobs j WHERE status = ? AND started_at >= ? AND started_at < ? AND"
                            + " (started_at > ? OR entry > ?) AND (j.run_id IS NULL OR NOT EXISTS (SELECT 1"
                            + " FROM runs r WHERE r.run_id = j.run_id)) ORDER BY status, started_at, entry"
                            + " LIMIT ?")
                    .bind(0, status.wire())
                    .bind(1, Sql.utc(start))
                    .bind(2, Sql.utc(cutoffs.get(status)))
                    .bind(3, Sql.utc(start))
                    .bind(4, last)
                    .bind(5, PAGE)
                    .map((rows, context) -> OwnedJob.of(rows))
                    .list());
        }

        private interface Rule<T> {
            Optional<Removal> apply(RetentionRules rules, T candidate);
        }

        /**
         * Removes, or counts, those of a page that may go. Decided in the writer's own transaction: nothing comes in
         * between.
         */
        private <T> void take(List<T> page, Rule<T> rule) {
            if (dryRun) {
                look(page, rule);
                return;
            }
            List<T> rest = likely(page, rule);
            while (!rest.isEmpty()) {
                List<T> todo = rest;
                int done = writer.write(handle -> {
                    LedgerHead head = LedgerHead.read(handle);
                    ChainRemover remover = new ChainRemover(handle, head, order, now);
                    int taken = each(handle, todo, rule, remover::remove);
                    head.write();
                    return taken;
                });
                rest = rest.subList(done, rest.size());
            }
        }

        /** Only what looks removable is worth the writer's time. */
        private <T> List<T> likely(List<T> page, Rule<T> rule) {
            RetentionTally scratch = new RetentionTally();
            return jdbi.withHandle(handle -> {
                RetentionRules rules = new RetentionRules(handle, cutoffs, now, silence, scratch);
                return page.stream()
                        .filter(candidate -> {
                            Optional<Removal> removal = rule.apply(rules, candidate);
                            removal.ifPresent(gone -> scratch.add(gone, 0, 0, true));
                            return removal.isPresent();
                        })
                        .toList();
            });
        }

        private <T> void look(List<T> page, Rule<T> rule) {
            try {
                jdbi.useHandle(handle -> each(handle, page, rule, removal -> ChainRemover.count(handle, removal)));
            } catch (SQLException e) {
                throw Failures.of("the ledger could not be read", e);
            }
        }

        private interface Take {
            ChainRemover.Gone from(Removal removal) throws SQLException;
        }

        /**
         * Handles candidates until a step's worth of events went or the turn is over; returns how many were handled.
         */
        private <T> int each(Handle handle, List<T> candidates, Rule<T> rule, Take take) throws SQLException {
            RetentionRules rules = new RetentionRules(handle, cutoffs, now, silence, tally);
            long began = System.nanoTime();
            long events = 0;
            int handled = 0;
            for (T candidate : candidates) {
                Optional<Removal> removal = rule.apply(rules, candidate);
                if (removal.isPresent()) {
                    ChainRemover.Gone gone = take.from(removal.get());
                    tally.add(removal.get(), gone.chains(), gone.events(), dryRun);
                    events += gone.events();
                }
                handled++;
                if (!dryRun && (events >= ChainRemover.STEP || System.nanoTime() - began > TURN)) {
                    break;
                }
            }
            return handled;
        }
    }

    @Override
    public Optional<Removed> delete(RunId id, boolean force, Order order) {
        Instant now = now();
        Optional<Removed> removed = writer.write(handle -> {
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
            LedgerHead head = LedgerHead.read(handle);
            ChainRemover.Gone gone = new ChainRemover(handle, head, order, now).remove(removal);
            head.write();
            RetentionTally tally = new RetentionTally();
            tally.add(removal, gone.chains(), gone.events(), false);
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
        while (jdbi.withHandle(handle -> handle.createQuery("SELECT COUNT(*) FROM stubs WHERE swept = FALSE")
                        .mapTo(Long.class)
                        .one())
                > 0) {
            writer.write(ChainRemover::sweep);
        }
    }
}
