package io.jobledger.cli.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.ask.Paging;
import io.jobledger.cli.ask.Query;
import io.jobledger.cli.ask.Reading;
import io.jobledger.cli.view.ShownTimes;
import io.jobledger.terminal.Palette;
import io.jobledger.terminal.Printable;
import io.jobledger.terminal.ShortDurations;
import io.jobledger.terminal.Style;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Overdue jobs for a person who was woken by them: which, since when, how far over, and what to paste. Not a table,
 * since nothing of it may be cut.
 */
final class OverdueJobs {
    private final Reading reading;
    private final Paging paging;

    OverdueJobs(Reading reading, Paging paging) {
        this.reading = reading;
        this.paging = paging;
    }

    /** Prints them; returns how many there are on the pages that were asked for. */
    long print(Query filters) {
        PrintWriter out = reading.out();
        Palette palette = reading.palette();
        ShownTimes times = reading.times();
        long seen = 0;
        JsonNode page = reading.get("/api/v1/jobs" + paging.first(filters));
        while (true) {
            for (JsonNode job : reading.rows(page, "jobs")) {
                if (seen++ > 0) {
                    out.println();
                }
                card(out, palette, times, job);
            }
            out.flush();
            if (!paging.all() || !page.hasNonNull("next")) {
                break;
            }
            page = reading.get(
                    "/api/v1/jobs" + paging.next(filters, page.get("next").asText()));
        }
        if (seen == 0) {
            out.println("no overdue jobs");
        } else if (page.hasNonNull("next")) {
            reading.err().println("There are more: --limit N shows up to 1000, --all shows all.");
        }
        out.flush();
        reading.err().flush();
        return seen;
    }

    private static void card(PrintWriter out, Palette palette, ShownTimes times, JsonNode job) {
        String name = String.join(
                " / ",
                job.path("host").asText(),
                job.path("play").asText(),
                job.path("job_name").asText());
        Optional<Instant> started = ShownTimes.parse(job.path("started_at").asText(null));
        Optional<Instant> deadline = ShownTimes.parse(job.path("deadline").asText(null));
        String over = deadline.map(at -> "  over by " + ShortDurations.text(Duration.between(at, times.now())))
                .orElse("");
        out.println(palette.paint(Style.ALARM, "overdue") + "  " + palette.paint(Style.TITLE, Printable.of(name))
                + palette.paint(Style.ALARM, over));
        started.ifPresent(at -> line(
                out,
                "started",
                times.text(at) + " (" + times.age(at) + ")"
                        + job.path("async").asText("").transform(OverdueJobs::allowed)));
        deadline.ifPresent(at -> line(out, "deadline", times.text(at)));
        ShownTimes.parse(job.path("save_time").asText(null))
                .ifPresent(at -> line(out, "last seen", times.text(at) + " (" + times.age(at) + ")"));
        line(
                out,
                "playbook",
                job.path("playbook").asText("-") + ", run " + job.path("run_id").asText("-"));
        line(
                out,
                "job id",
                job.path("ansible_job_id").asText("-") + " on "
                        + job.path("execution_host").asText("-"));
        ResumeHint.of(job).forEach(text -> line(out, "resume", text));
    }

    private static String allowed(String seconds) {
        return seconds.matches("\\d{1,12}")
                ? ", allowed " + ShortDurations.text(Duration.ofSeconds(Long.parseLong(seconds)))
                : "";
    }

    private static void line(PrintWriter out, String title, String value) {
        out.printf("  %-10s %s%n", title, Printable.of(value));
    }
}
