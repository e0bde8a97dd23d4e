package io.jobledger.ledger.read;

import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.Label;
import io.jobledger.ledger.read.AccessPath.Branch;
import io.jobledger.ledger.rows.Facets;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.model.JobStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A {@link JobFilter} in the terms of the table {@code jobs}. */
final class JobCriteria {
    static final Keyset.Table JOBS =
            new Keyset.Table("jobs", "jobs.started_at", "jobs.finished_at", "jobs.entry", "TRUE");

    private final List<AccessPath> drivers = new ArrayList<>();
    private final List<Condition> residuals = new ArrayList<>();

    private JobCriteria() {}

    static Criteria of(JobFilter filter, Instant now) {
        return new JobCriteria().add(filter, now);
    }

    /** Those that leave the fewest rows come first: among long stretches the first is taken. */
    private Criteria add(JobFilter filter, Instant now) {
        if (filter.ansibleJobId() != null) {
            drivers.add(new AccessPath(
                    List.of(branch(Condition.of("ansible_job_id = ?", filter.ansibleJobId()), null)),
                    Condition.of(Condition.blind("ansible_job_id") + " = ?", filter.ansibleJobId()),
                    false));
        }
        equal("run_id", filter.run() == null ? null : filter.run().value());
        equal("run_name_id", Facets.id(filter.runName()));
        equal("host_id", Facets.id(filter.host()));
        executionHost(filter.executionHost());
        finished(filter);
        equal("name_id", Facets.id(filter.job()));
        equal("task_id", Facets.id(filter.task()));
        equal("play_id", Facets.id(filter.play()));
        playbook(filter.playbook());
        equal("user_id", Facets.id(filter.user()));
        equal("controller_id", Facets.id(filter.controller()));
        equal("action_id", Facets.id(filter.action()));
        filter.labels().forEach(this::label);
        status(filter, now);
        duration(filter, now);
        if (filter.unseenFor() != null) {
            residuals.add(Condition.of(
                    "COALESCE((SELECT d.last_seen_at FROM job_docs d WHERE d.entry = jobs.entry), jobs.started_at) <= ?",
                    Sql.utc(now.minus(filter.unseenFor()))));
        }
        text(filter.text());
        return new Criteria(drivers, residuals, filter.started());
    }

    private static Branch branch(Condition condition, String prefix) {
        return new Branch(JOBS.name(), condition, prefix, JOBS.start(), JOBS.tie());
    }

    private void equal(String column, Object value) {
        if (value != null) {
            drivers.add(AccessPath.equal(JOBS, column, value));
        }
    }

    private void executionHost(String host) {
        if (host != null) {
            Long id = Facets.id(host);
            drivers.add(new AccessPath(
                    List.of(
                            branch(Condition.of("execution_id = ?", id), "execution_id"),
                            branch(
                                    Condition.of("host_id = ? AND " + Condition.blind("execution_id") + " IS NULL", id),
                                    "host_id")),
                    Condition.of("COALESCE(execution_id, host_id) = ?", id),
                    true));
        }
    }

    private void finished(JobFilter filter) {
        if (!filter.finished().always()) {
            drivers.add(new AccessPath(
                    List.of(branch(Condition.all(Criteria.range("finished_at", filter.finished())), null)),
                    Condition.all(Criteria.range(Condition.blind("finished_at"), filter.finished())),
                    false));
        }
    }

    private void playbook(String playbook) {
        if (playbook != null) {
            equal("playbook_id", Facets.playbook(playbook, null));
            residuals.add(
                    Condition.of("(" + Condition.blind("playbook") + " = ? OR playbook_path = ?)", playbook, playbook));
        }
    }

    private void label(Label label) {
        Long id = Facets.label(label);
        drivers.add(new AccessPath(
                List.of(new Branch(
                        "job_labels l JOIN jobs ON jobs.entry = l.entry",
                        Condition.of("l.label_id = ?", id),
                        "l.label_id",
                        "l.started_at",
                        "l.entry")),
                Condition.of(
                        "EXISTS (SELECT 1 FROM job_labels l WHERE l.label_id = ? AND l.started_at = jobs.started_at"
                                + " AND l.entry = jobs.entry)",
                        id),
                true));
    }

    private void status(JobFilter filter, Instant now) {
        List<Branch> branches = new ArrayList<>();
        for (JobStatus status : JobStatus.values()) {
            if (filter.statuses().contains(status)) {
                branches.add(branch(Condition.of("status = ?", status.wire()), "status"));
            } else if (status == JobStatus.RUNNING && filter.overdue()) {
                branches.add(branch(Condition.of("status = 'running' AND deadline < ?", Sql.utc(now)), "status"));
            }
        }
        if (!branches.isEmpty()) {
            List<Object> values = new ArrayList<>();
            List<String> either = new ArrayList<>();
            for (Branch branch : branches) {
                either.add(branch.condition().sql().replace("status =", Condition.blind("status") + " ="));
                values.addAll(branch.condition().values());
            }
            drivers.add(new AccessPath(branches, new Condition("(" + String.join(" OR ", either) + ")", values), true));
        }
    }

    private void duration(JobFilter filter, Instant now) {
        if (filter.minDuration() == null && filter.maxDuration() == null) {
            return;
        }
        long least = filter.minDuration() == null ? 0 : filter.minDuration().toMillis();
        long most = filter.maxDuration() == null
                ? Long.MAX_VALUE
                : filter.maxDuration().toMillis();
        Condition ended = Condition.of("duration_ms >= ? AND duration_ms <= ?", least, most);
        List<Condition> startedThen = new ArrayList<>();
        startedThen.add(Condition.of("duration_ms IS NULL"));
        if (filter.minDuration() != null) {
            startedThen.add(Condition.of(
                    Condition.blind("jobs.started_at") + " <= ?", Sql.utc(now.minus(filter.minDuration()))));
        }
        if (filter.maxDuration() != null) {
            startedThen.add(Condition.of(
                    Condition.blind("jobs.started_at") + " >= ?", Sql.utc(now.minus(filter.maxDuration()))));
        }
        Condition open = Condition.all(startedThen);
        List<Branch> branches = new ArrayList<>();
        branches.add(branch(Condition.all(List.of(Condition.of("duration_class = -1"), open)), "duration_class"));
        for (int digits = Facets.durationClass(least); digits <= Facets.durationClass(most); digits++) {
            branches.add(branch(
                    Condition.all(List.of(Condition.of("duration_class = ?", digits), ended)), "duration_class"));
        }
        List<Object> values = new ArrayList<>(ended.values());
        values.addAll(open.values());
        drivers.add(
                new AccessPath(branches, new Condition("(" + ended.sql() + " OR " + open.sql() + ")", values), true));
    }

    private void text(String text) {
        if (text != null) {
            String like = Sql.containing(text);
            residuals.add(Condition.of(
                    "("
                            + String.join(
                                    " OR ",
                                    Arrays.asList("host", "play", "job", "task", "message").stream()
                                            .map(column -> "jobs." + column + " ILIKE ? ESCAPE '!'")
                                            .toList())
                            + ")",
                    like,
                    like,
                    like,
                    like,
                    like));
        }
    }
}
