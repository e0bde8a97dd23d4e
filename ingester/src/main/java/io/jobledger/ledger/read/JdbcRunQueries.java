package io.jobledger.ledger.read;

import io.jobledger.ledger.RunQueries;
import io.jobledger.ledger.query.JobLine;
import io.jobledger.ledger.query.Page;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.RunFilter;
import io.jobledger.ledger.query.RunOutcome;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.ledger.rows.Reader;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.log.SeqRanges;
import io.jobledger.model.Run;
import io.jobledger.model.RunId;
import io.jobledger.model.RunIdStart;
import io.jobledger.model.RunState;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.jdbi.v3.core.Handle;

/** {@link RunQueries} by SQL; what only the events say, from the log. */
final class JdbcRunQueries implements RunQueries {
    private final Reader reader;
    private final LogReads log;
    private final RunEvents events;
    private final Clock clock;
    private final RunOutcomes outcomes;
    private final Keyset keyset = new Keyset(RunCriteria.RUNS);

    JdbcRunQueries(Reader reader, LogReads log, LongSupplier projected, Clock clock) {
        this.reader = reader;
        this.log = log;
        this.events = new RunEvents(reader, log, projected);
        this.clock = clock;
        this.outcomes = new RunOutcomes(reader, clock);
    }

    @Override
    public Page<Run> runs(RunFilter filter, PageRequest page) {
        Criteria criteria = RunCriteria.of(filter, clock.instant());
        return reader.audit(query -> keyset.page(
                query,
                criteria,
                page,
                UUID::fromString,
                ids -> load(query.handle(), ids.stream().map(UUID.class::cast).toList())));
    }

    /** The runs of these ids, as far as they are there. */
    static Map<Object, Run> load(Handle handle, Collection<UUID> ids) {
        Map<Object, Run> runs = new HashMap<>();
        try {
            handle.createQuery("SELECT " + Rows.RUN_COLUMNS + " FROM runs WHERE run_id = ANY(?)")
                    .bindBySqlType(0, Sql.array(handle, "UUID", ids), Types.ARRAY)
                    .map(Rows::run)
                    .forEach(run -> runs.put(run.id().value(), run));
        } catch (SQLException e) {
            throw Failures.of("the ledger could not be read", e);
        }
        return runs;
    }

    @Override
    public Map<RunId, RunOutcome> outcomes(Collection<RunId> ids) {
        return outcomes.of(ids);
    }

    @Override
    public List<JobLine> lines(RunId id, int limit) {
        return outcomes.lines(id, limit);
    }

    @Override
    public long countRuns(RunFilter filter) {
        Criteria criteria = RunCriteria.of(filter, clock.instant());
        return reader.audit(query -> keyset.count(query, criteria));
    }

    @Override
    public Map<RunState, Long> runStates(Duration silence) {
        Map<RunState, Long> states = new EnumMap<>(RunState.class);
        for (RunState state : RunState.values()) {
            states.put(
                    state,
                    countRuns(RunFilter.builder().state(state).silence(silence).build()));
        }
        return states;
    }

    @Override
    public Optional<Run> run(RunId id) {
        return reader.lookup(handle -> handle.createQuery("SELECT " + Rows.RUN_COLUMNS + " FROM runs WHERE run_id = ?")
                .bind(0, id.value())
                .map(Rows::run)
                .findOne());
    }

    @Override
    public List<RunId> runsBeginning(RunIdStart start, int most) {
        return reader.lookup(handle -> handle.createQuery(
                        "SELECT run_id FROM runs WHERE run_id >= ? AND run_id <= ? ORDER BY run_id LIMIT ?")
                .bind(0, start.first())
                .bind(1, start.last())
                .bind(2, most)
                .map((rows, c) -> new RunId(rows.getObject(1, UUID.class)))
                .list());
    }

    @Override
    public List<PlayStart> plays(RunId id) {
        return reader.lookup(handle -> handle.createQuery(
                        "SELECT seq, play, playbook, started_at FROM plays WHERE run_id = ? ORDER BY seq")
                .bind(0, id.value())
                .map((rows, c) -> new PlayStart(
                        rows.getLong(1), rows.getString(2), rows.getString(3), Rows.instant(rows, "started_at")))
                .list());
    }

    @Override
    public List<Intent> unseenIntents(RunId id) {
        return events.bounds(id).map(bounds -> Intents.unseen(log, id, bounds)).orElse(List.of());
    }

    @Override
    public Optional<Gap> firstGap(RunId id) {
        List<SeqRanges.Range> there = log.ranges(id.value()).ranges();
        if (there.isEmpty()) {
            return Optional.empty();
        }
        SeqRanges.Range first = there.get(0);
        if (first.from() > 1) {
            return Optional.of(new Gap(1, first.from() - 1));
        }
        return there.size() == 1
                ? Optional.empty()
                : Optional.of(new Gap(first.to() + 1, there.get(1).from() - 1));
    }
}
