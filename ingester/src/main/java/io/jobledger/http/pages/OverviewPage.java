package io.jobledger.http.pages;

import io.jobledger.http.pages.view.Links;
import io.jobledger.http.pages.view.Timeline;
import io.jobledger.http.pages.view.Window;
import io.jobledger.ledger.query.JobCounts;
import io.jobledger.ledger.query.RunSummary;
import io.jobledger.model.JobRecord;
import java.time.Duration;
import java.util.List;

/**
 * What an operator looks at first.
 *
 * @param open jobs without a known end, whenever they started
 * @param recent jobs that started in the window
 * @param attention jobs that are overdue, or ended badly in the window
 * @param picture of the window
 */
record OverviewPage(
        Window window,
        JobCounts open,
        JobCounts recent,
        List<JobRecord> attention,
        Timeline picture,
        List<RunSummary> runs,
        Duration silence,
        List<MirrorsPage.Row> mirrors,
        List<SinkRow> sinks) {
    /** A number that links to the jobs behind it. */
    record Figure(long number, String words, String style, String link) {}

    List<Figure> figures() {
        String since = window.wire();
        return List.of(
                new Figure(open.running(), "open", "running", Links.jobs("status", "open")),
                new Figure(open.overdue(), "overdue", "overdue", Links.jobs("status", "overdue")),
                new Figure(recent.failed(), "failed", "failed", Links.jobs("status", "failed", "since", since)),
                new Figure(
                        recent.timedOut(), "timed out", "timed-out", Links.jobs("status", "timed_out", "since", since)),
                new Figure(recent.lost(), "lost", "lost", Links.jobs("status", "lost", "since", since)),
                new Figure(
                        recent.succeeded(),
                        "succeeded",
                        "succeeded",
                        Links.jobs("status", "succeeded", "since", since)));
    }

    boolean empty() {
        return open.jobs() == 0 && recent.jobs() == 0 && runs.isEmpty();
    }
}
