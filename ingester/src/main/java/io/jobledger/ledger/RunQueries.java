package io.jobledger.ledger;

import io.jobledger.ledger.query.Page;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.RunFilter;
import io.jobledger.model.Run;
import io.jobledger.model.RunId;
import io.jobledger.model.RunState;
import java.time.Duration;
import java.time.Instant;
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

    /** How many runs fit: may cost a scan. */
    long countRuns(RunFilter filter);

    /** How many runs are in each state. */
    Map<RunState, Long> runStates(Duration silence);

    Optional<Run> run(RunId id);

    /** The plays of a run in their order. */
    List<PlayStart> plays(RunId id);

    /** Intents of a run after which no job of the same host, play and task was seen, in their order. */
    List<Intent> unseenIntents(RunId id);

    /** The first stretch of sequence numbers below the run's highest that the ledger does not have. */
    Optional<Gap> firstGap(RunId id);
}
