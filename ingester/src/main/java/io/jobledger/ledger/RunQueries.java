package io.jobledger.ledger;

import io.jobledger.ledger.query.JobLine;
import io.jobledger.ledger.query.Page;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.RunFilter;
import io.jobledger.ledger.query.RunOutcome;
import io.jobledger.ledger.query.RunSummary;
import io.jobledger.model.Run;
import io.jobledger.model.RunId;
import io.jobledger.model.RunIdStart;
import io.jobledger.model.RunState;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Questions about runs; see {@link AuditQueries}. A cursor of another list or sorting is an
 * {@link IllegalArgumentException}.
 */
public interface RunQueries {
    /** A play of a run, as it began. */
    record PlayStart(long seq, String play, String playbook, Instant startedAt) {}

    /** A task of a run that may have started a job; {@code at} is when it was about to run. */
    record Intent(long seq, String host, String play, String job, String task, Instant at) {}

    /** Sequence numbers, both included. */
    record Gap(long from, long to) {}

    /** Runs by {@code started_at} (newest first is the usual order) or {@code finished_at} (finished ones only). */
    Page<Run> runs(RunFilter filter, PageRequest page);

    /** As {@link #runs}, each with how it went. */
    default Page<RunSummary> summaries(RunFilter filter, PageRequest page) {
        Page<Run> found = runs(filter, page);
        Map<RunId, RunOutcome> outcomes =
                outcomes(found.items().stream().map(Run::id).toList());
        return found.map(run -> new RunSummary(run, outcomes.get(run.id())));
    }

    /** How each of these runs went; one that started no job is there too. */
    Map<RunId, RunOutcome> outcomes(Collection<RunId> ids);

    /** How one run went. */
    default RunOutcome outcome(RunId id) {
        return outcomes(List.of(id)).get(id);
    }

    /** The jobs of a run in their order of start; at most {@code limit}, the first of them. */
    List<JobLine> lines(RunId id, int limit);

    /** How many runs fit: may cost a scan. */
    long countRuns(RunFilter filter);

    /** How many runs are in each state. */
    Map<RunState, Long> runStates(Duration silence);

    Optional<Run> run(RunId id);

    /** Runs whose ids begin so, at most {@code most} of them, by id. */
    List<RunId> runsBeginning(RunIdStart start, int most);

    /** The plays of a run in their order. */
    List<PlayStart> plays(RunId id);

    /** Intents of a run after which no job of the same host, play and task was seen, in their order. */
    List<Intent> unseenIntents(RunId id);

    /** The first stretch of sequence numbers below the run's highest that the ledger does not have. */
    Optional<Gap> firstGap(RunId id);
}
