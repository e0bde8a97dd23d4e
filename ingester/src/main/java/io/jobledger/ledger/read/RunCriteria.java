package io.jobledger.ledger.read;

import io.jobledger.ledger.query.Label;
import io.jobledger.ledger.query.RunFilter;
import io.jobledger.ledger.read.AccessPath.Branch;
import io.jobledger.ledger.rows.Facets;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.model.RunState;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A {@link RunFilter} in the terms of the table {@code runs}. */
final class RunCriteria {
    static final Keyset.Table RUNS =
            new Keyset.Table("runs", "runs.first_at", "runs.finished_at", "runs.run_id", "ended = TRUE");

    private final List<AccessPath> drivers = new ArrayList<>();
    private final List<Condition> residuals = new ArrayList<>();

    private RunCriteria() {}

    static Criteria of(RunFilter filter, Instant now) {
        return new RunCriteria().add(filter, now);
    }

    private Criteria add(RunFilter filter, Instant now) {
        equal("run_name_id", Facets.id(filter.runName()));
        if (filter.host() != null) {
            host(Facets.id(filter.host()));
        }
        if (!filter.finished().always()) {
            drivers.add(new AccessPath(
                    List.of(branch(Condition.all(Criteria.range("finished_at", filter.finished())), null)),
                    Condition.all(Criteria.range(Condition.blind("finished_at"), filter.finished())),
                    false));
            residuals.add(Condition.of(Condition.blind("ended") + " = TRUE"));
        }
        if (filter.playbook() != null) {
            equal("playbook_id", Facets.playbook(filter.playbook(), null));
            residuals.add(Condition.of(
                    "(" + Condition.blind("playbook") + " = ? OR playbook_path = ?)",
                    filter.playbook(),
                    filter.playbook()));
        }
        equal("user_id", Facets.id(filter.user()));
        equal("controller_id", Facets.id(filter.controller()));
        filter.labels().forEach(this::label);
        equal("gaps", filter.incomplete());
        state(filter, now);
        equal("kind", filter.kind());
        equal("check_mode", filter.checkMode());
        if (filter.text() != null) {
            String like = Sql.containing(filter.text());
            residuals.add(Condition.of(
                    "("
                            + Stream.of("run_name", "playbook", "run_user", "controller")
                                    .map(column -> column + " ILIKE ? ESCAPE '!'")
                                    .collect(Collectors.joining(" OR "))
                            + ")",
                    like,
                    like,
                    like,
                    like));
        }
        return new Criteria(drivers, residuals, filter.started());
    }

    private static Branch branch(Condition condition, String prefix) {
        return new Branch(RUNS.name(), condition, prefix, RUNS.start(), RUNS.tie());
    }

    private void equal(String column, Object value) {
        if (value != null) {
            drivers.add(AccessPath.equal(RUNS, column, value));
        }
    }

    private void host(Long id) {
        drivers.add(new AccessPath(
                List.of(branch(
                        Condition.of("runs.run_id IN (SELECT j.run_id FROM jobs j WHERE j.host_id = ?)", id), null)),
                Condition.of(
                        "EXISTS (SELECT 1 FROM jobs j WHERE j.run_id = runs.run_id AND " + Condition.blind("j.host_id")
                                + " = ?)",
                        id),
                false));
    }

    private void label(Label label) {
        Long id = Facets.label(label);
        drivers.add(new AccessPath(
                List.of(new Branch(
                        "run_labels l JOIN runs ON runs.run_id = l.run_id",
                        Condition.of("l.label_id = ?", id),
                        "l.label_id",
                        "l.first_at",
                        "l.run_id")),
                Condition.of(
                        "EXISTS (SELECT 1 FROM run_labels l WHERE l.label_id = ? AND l.first_at = runs.first_at AND"
                                + " l.run_id = runs.run_id)",
                        id),
                true));
    }

    private void state(RunFilter filter, Instant now) {
        if (filter.states().isEmpty() || filter.states().size() == RunState.values().length) {
            return;
        }
        OffsetDateTime silentSince = Sql.utc(now.minus(filter.silence()));
        List<Branch> branches = new ArrayList<>();
        if (filter.states().contains(RunState.FINISHED)) {
            branches.add(branch(Condition.of("ended = TRUE"), "ended"));
        }
        boolean running = filter.states().contains(RunState.RUNNING);
        boolean interrupted = filter.states().contains(RunState.INTERRUPTED);
        if (running && interrupted) {
            branches.add(branch(Condition.of("ended = FALSE"), "ended"));
        } else if (running) {
            branches.add(branch(
                    Condition.of(
                            "ended = FALSE AND last_received_at >= ? AND (interrupted_seq IS NULL OR interrupted_seq"
                                    + " <> max_seq)",
                            silentSince),
                    "ended"));
        } else if (interrupted) {
            branches.add(branch(
                    Condition.of("ended = FALSE AND (last_received_at < ? OR interrupted_seq = max_seq)", silentSince),
                    "ended"));
        }
        drivers.add(new AccessPath(
                branches,
                new Condition(
                        branches.stream()
                                .map(branch ->
                                        branch.condition().sql().replace("ended =", Condition.blind("ended") + " ="))
                                .collect(Collectors.joining(" OR ", "(", ")")),
                        branches.stream()
                                .flatMap(branch -> branch.condition().values().stream())
                                .toList()),
                true));
    }
}
