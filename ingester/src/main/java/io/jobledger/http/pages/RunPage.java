package io.jobledger.http.pages;

import io.jobledger.http.pages.view.Links;
import io.jobledger.http.pages.view.RunBoard;
import io.jobledger.http.pages.view.Timeline;
import io.jobledger.ledger.RunQueries.Gap;
import io.jobledger.ledger.RunQueries.Intent;
import io.jobledger.ledger.RunQueries.PlayStart;
import io.jobledger.ledger.query.RunOutcome;
import io.jobledger.ledger.query.RunSummary;
import io.jobledger.model.Run;
import io.jobledger.model.RunId;
import io.jobledger.model.RunState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * One run.
 *
 * @param before the run before it of the same playbook; null when there is none
 * @param firstGap null when no event is missing, or which is not known
 * @param stats host to counts, as the run's goodbye said; empty before it
 * @param cut how many of its jobs are not on the board
 */
record RunPage(
        RunSummary summary,
        RunState state,
        RunId before,
        List<PlayStart> plays,
        List<Intent> unseen,
        Gap firstGap,
        Map<String, Map<String, Long>> stats,
        RunBoard board,
        Timeline picture,
        View view,
        long cut) {
    static final List<String> COUNTS =
            List.of("ok", "changed", "failures", "unreachable", "skipped", "rescued", "ignored");

    /**
     * What the reader wants to see of it.
     *
     * @param allHosts every host in its row
     * @param from begin of the time line; null for that of the run
     * @param to end of the time line; null for that of the run
     */
    record View(boolean allHosts, Instant from, Instant to) {
        boolean zoomed() {
            return from != null || to != null;
        }
    }

    Run run() {
        return summary.run();
    }

    RunOutcome outcome() {
        return summary.outcome();
    }

    long missing() {
        return run().maxSeq() - run().events();
    }

    Instant end() {
        return run().finished() ? run().finishedAt() : run().lastAt();
    }

    private String address(boolean all, Instant from, Instant to, String anchor) {
        String query = Links.query(
                "hosts",
                all ? "all" : null,
                "from",
                from == null ? null : from.toString(),
                "to",
                to == null ? null : to.toString());
        return Links.run(run().id()) + (query.isEmpty() ? "" : "?" + query) + "#" + anchor;
    }

    /** This page with every host in its row, or with those folded that are alike. */
    String hosts(boolean all) {
        return address(all, view.from, view.to, "matrix");
    }

    /** This page with a part of the time line. */
    String zoom(Instant from, Instant to) {
        return address(view.allHosts, from, to, "picture");
    }

    /** The time line moved, by a share of what it shows now, or stretched about its middle. */
    String moved(double by, double stretch) {
        Duration width = Duration.between(picture.from(), picture.to());
        Instant middle = picture.from().plus(width.dividedBy(2)).plusMillis((long) (width.toMillis() * by));
        Duration half = Duration.ofMillis((long) Math.max(1000, width.toMillis() * stretch / 2));
        return zoom(middle.minus(half), middle.plus(half));
    }
}
