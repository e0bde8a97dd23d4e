package io.jobledger.cli.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.view.ShownTimes;
import io.jobledger.terminal.Printable;
import io.jobledger.terminal.ShortDurations;
import io.jobledger.terminal.Terminal;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What a wait tells beside its lines: how far it is, on a terminal, and at its end what is missing. All of it goes to
 * standard error.
 */
final class WaitReport {
    private static final String SETTLE =
            "The ledger knows only what somebody has seen of a job. To go and look: ansible-playbook"
                    + " jobledger.core.settle -i INVENTORY";
    private static final int MOST = 20;

    private final PrintWriter err;
    private final boolean progress = Terminal.error();
    private boolean drawn;

    WaitReport(PrintWriter err) {
        this.err = err;
    }

    /** Whether somebody sees the wait go on. */
    boolean progress() {
        return progress;
    }

    /** Says, where a job is open, how its end comes to be known. */
    void begin(WaitedJobs jobs) {
        if (!jobs.open().isEmpty()) {
            say(SETTLE);
        }
    }

    /** There is nothing to wait for. */
    void nothingOpen() {
        say("no open job fits");
    }

    void draw(WaitedJobs jobs, Duration waited) {
        if (progress) {
            String text = "waiting " + ShortDurations.text(waited) + ": "
                    + jobs.open().size() + " of " + jobs.size() + " open, last seen " + seen(newest(jobs.open()));
            err.print("\r\u001b[K" + Printable.cut(text, Terminal.width(System.getenv()) - 1));
            err.flush();
            drawn = true;
        }
    }

    /** Takes the progress away, before something else is written. */
    void clear() {
        if (drawn) {
            err.print("\r\u001b[K");
            err.flush();
            drawn = false;
        }
    }

    void trouble(String text) {
        say("jobledger: " + Printable.of(text.lines().findFirst().orElse("no ingester answers")) + "; trying again");
    }

    /** Some ended otherwise than asked. */
    void missed(WaitedJobs jobs) {
        List<JsonNode> missed = jobs.missed();
        say("jobledger: not as asked: " + missed.size() + " of " + jobs.size() + " ended otherwise"
                + (jobs.open().isEmpty() ? "" : ", " + jobs.open().size() + " still open"));
        list(missed, job -> JobBoard.word(job) + why(job));
    }

    /** The time was up. */
    void open(WaitedJobs jobs, Duration waited) {
        say("jobledger: after " + ShortDurations.text(waited) + " still open: "
                + jobs.open().size() + " of " + jobs.size());
        list(jobs.open(), job -> "last seen " + seen(job));
        say(SETTLE);
    }

    /** One word or more on a job. */
    private interface Remark {
        String on(JsonNode job);
    }

    private void list(List<JsonNode> jobs, Remark remark) {
        jobs.stream().limit(MOST).forEach(job -> say("  " + Printable.of(name(job) + ": " + remark.on(job))));
        if (jobs.size() > MOST) {
            say("  and " + (jobs.size() - MOST) + " more");
        }
    }

    private void say(String line) {
        clear();
        err.println(line);
        err.flush();
    }

    static String name(JsonNode job) {
        return String.join(
                " / ",
                job.path("host").asText(),
                job.path("play").asText(),
                job.path("job_name").asText());
    }

    private static String why(JsonNode job) {
        List<String> parts = new ArrayList<>();
        for (String field : List.of("reason", "message")) {
            if (job.hasNonNull(field)) {
                parts.add(job.get(field).asText());
            }
        }
        if (job.hasNonNull("ended_by")) {
            parts.add("by " + job.get("ended_by").asText());
        }
        if (job.hasNonNull("rc")) {
            parts.add("rc " + job.get("rc").asText());
        }
        return parts.isEmpty() ? "" : " (" + String.join("; ", parts) + ")";
    }

    private static JsonNode newest(List<JsonNode> jobs) {
        return jobs.stream()
                .max((a, b) -> a.path("save_time")
                        .asText()
                        .compareTo(b.path("save_time").asText()))
                .orElse(null);
    }

    private static String seen(JsonNode job) {
        return job == null
                ? "-"
                : ShownTimes.parse(job.path("save_time").asText(null))
                        .map(at -> ShortDurations.text(Duration.between(at, Instant.now())) + " ago")
                        .orElse("-");
    }
}
