package io.jobledger.http.pages;

import io.jobledger.ledger.RunQueries.Gap;
import io.jobledger.ledger.RunQueries.Intent;
import io.jobledger.ledger.RunQueries.PlayStart;
import io.jobledger.model.JobRecord;
import io.jobledger.model.Run;
import io.jobledger.model.RunState;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * One run.
 *
 * @param firstGap null when no event is missing, or which is not known
 * @param stats host to counts, as the run's goodbye said; empty before it
 * @param moreJobs the rest of its jobs; null when that is all
 */
record RunPage(
        Run run,
        RunState state,
        List<PlayStart> plays,
        List<Intent> unseen,
        Gap firstGap,
        Map<String, Map<String, Long>> stats,
        List<JobRecord> jobs,
        String moreJobs) {
    static final List<String> COUNTS =
            List.of("ok", "changed", "failures", "unreachable", "skipped", "rescued", "ignored");

    long missing() {
        return run.maxSeq() - run.events();
    }

    Instant end() {
        return run.finished() ? run.finishedAt() : run.lastAt();
    }

    Timeline picture(Instant now) {
        Instant to = jobs.stream().anyMatch(job -> job.status().open())
                ? now
                : jobs.stream()
                        .map(JobRecord::finishedAt)
                        .filter(at -> at != null)
                        .max(Instant::compareTo)
                        .filter(at -> at.isAfter(end()))
                        .orElse(end());
        return Timeline.of(
                jobs,
                run.firstAt(),
                to.isAfter(run.firstAt()) ? to : run.firstAt().plusSeconds(60));
    }
}
