package io.jobledger.ledger.retention;

import io.jobledger.ledger.Retention;
import io.jobledger.ledger.query.NamePatterns;
import io.jobledger.ledger.retention.Removal.OwnedJob;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.log.EventLog;
import io.jobledger.log.LogFact;
import io.jobledger.model.JobStatus;
import io.jobledger.model.Run;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** One call of {@link Retention#prune}. Not thread-safe. */
final class PruneRound {
    private static final int PAGE = 100;
    /** How long the writer is kept from the batches that wait, in nanoseconds; one run may take longer. */
    private static final long TURN = 20_000_000;

    private final Jdbi jdbi;
    private final EventLog log;
    private final LedgerActs acts;
    private final Retention.Order order;
    private final Instant now;
    private final Duration silence;
    private final long deadline;
    private final Map<JobStatus, Instant> cutoffs;
    private final NamePatterns names;
    private final RetentionTally tally = new RetentionTally();

    /** @param acts null to look only */
    PruneRound(
            Jdbi jdbi,
            EventLog log,
            LedgerActs acts,
            Retention.Policy policy,
            Retention.Order order,
            Instant now,
            Duration silence,
            Duration patience) {
        this.jdbi = jdbi;
        this.log = log;
        this.acts = acts;
        this.order = order;
        this.now = now;
        this.silence = silence;
        this.deadline = System.nanoTime() + patience.toNanos();
        this.names = policy.names();
        this.cutoffs = jdbi.withHandle(handle -> RetentionRules.cutoffs(handle, policy, now));
    }

    private boolean late() {
        return System.nanoTime() > deadline;
    }

    Retention.Removed run() {
        boolean complete = runs();
        for (JobStatus status : cutoffs.keySet()) {
            complete = complete && saves(status);
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
        return jdbi.withHandle(handle -> handle.createQuery(Removal.JOBS
                        + "status = ? AND started_at >= ? AND started_at < ? AND"
                        + " (started_at > ? OR j.entry > ?) AND (j.run_id IS NULL OR NOT EXISTS (SELECT 1"
                        + " FROM runs r WHERE r.run_id = j.run_id)) ORDER BY status, started_at, j.entry"
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

    /** Removes, or counts, those of a page that may go. Decided in the writer's own turn: nothing comes in between. */
    private <T> void take(List<T> page, Rule<T> rule) {
        if (acts == null) {
            look(page, rule);
            return;
        }
        List<T> rest = likely(page, rule);
        while (!rest.isEmpty()) {
            List<T> todo = rest;
            int done = acts.act((handle, facts) -> each(handle, todo, rule, facts));
            tally.settle();
            rest = rest.subList(done, rest.size());
        }
    }

    /** Only what looks removable is worth the writer's time. */
    private <T> List<T> likely(List<T> page, Rule<T> rule) {
        RetentionTally scratch = new RetentionTally();
        return jdbi.withHandle(handle -> {
            RetentionRules rules = new RetentionRules(handle, cutoffs, names, now, silence, scratch);
            return page.stream()
                    .filter(candidate -> rule.apply(rules, candidate)
                            .map(removal -> {
                                scratch.goes(removal);
                                return true;
                            })
                            .orElse(false))
                    .toList();
        });
    }

    private <T> void look(List<T> page, Rule<T> rule) {
        try {
            jdbi.useHandle(handle -> each(handle, page, rule, null));
        } catch (SQLException e) {
            throw Failures.of("the ledger could not be read", e);
        }
    }

    /**
     * Handles candidates until the turn is over; returns how many were handled.
     *
     * @param facts takes what goes; null to look only
     */
    private <T> int each(Handle handle, List<T> candidates, Rule<T> rule, List<LogFact> facts) throws SQLException {
        RetentionRules rules = new RetentionRules(handle, cutoffs, names, now, silence, tally);
        Forgetting forgetting = new Forgetting(handle, log, tally::gone);
        List<LogFact.Forgotten> runs = new ArrayList<>();
        long began = System.nanoTime();
        int handled = 0;
        for (T candidate : candidates) {
            Removal removal = rule.apply(rules, candidate).orElse(null);
            if (removal != null) {
                List<LogFact.Forgotten> gone = forgetting.runs(removal);
                tally.add(removal, gone);
                runs.addAll(gone);
            }
            handled++;
            if (facts != null && System.nanoTime() - began > TURN) {
                break;
            }
        }
        if (facts != null && !runs.isEmpty()) {
            facts.add(new LogFact.RunsForgotten(order.by(), order.reason(), runs));
        }
        return handled;
    }
}
