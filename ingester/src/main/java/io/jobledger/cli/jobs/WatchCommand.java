package io.jobledger.cli.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.ask.JobFilters;
import io.jobledger.cli.ask.Query;
import io.jobledger.cli.ask.Reading;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.terminal.Terminal;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code jobs watch}: open jobs while they change. */
@Command(
        name = "watch",
        description =
                "Shows open jobs live until Ctrl-C: on a terminal a table that is drawn anew, elsewhere a line for"
                        + " each change. -o json writes a record for each change.",
        mixinStandardHelpOptions = true,
        footer = {"", "Example:", "  jobledger jobs watch --play 'Upgrade databases'"})
final class WatchCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private JobFilters filters;

    @Mixin
    private Reading reading;

    private final JobBoard board = new JobBoard();

    @Override
    public Integer call() {
        Query query = filters.query(reading);
        if (filters.narrowsStatus()) {
            throw new ParameterException(
                    spec.commandLine(), "watch shows open jobs, and how they end; it takes no --status");
        }
        WatchView view = view();
        BlockingQueue<JobFeed.News> news = new LinkedBlockingQueue<>();
        Thread feed = new Thread(new JobFeed(reading.api(), query, news), "feed");
        feed.setDaemon(true);
        feed.start();
        try (view) {
            while (true) {
                JobFeed.News one = news.poll(1, TimeUnit.SECONDS);
                if (one != null) {
                    take(one, view);
                }
                board.tick(Instant.now()).forEach(view::changed);
                if (news.isEmpty()) {
                    view.draw(board);
                }
            }
        } catch (InterruptedException e) {
            return ExitCodes.OK;
        } finally {
            feed.interrupt();
        }
    }

    private WatchView view() {
        return switch (reading.format()) {
            case table, wide -> Terminal.output() ? new WatchView.Screen(reading) : new WatchView.Lines(reading);
            case json, ndjson -> new WatchView.Records(reading);
            case csv ->
                throw new ParameterException(
                        spec.commandLine(), "watch writes no csv; -o is table, wide, json or ndjson");
        };
    }

    private void take(JobFeed.News news, WatchView view) {
        Instant now = Instant.now();
        if (news instanceof JobFeed.News.Failed failed) {
            throw failed.reason();
        } else if (news instanceof JobFeed.News.Trouble trouble) {
            view.trouble(trouble.text());
        } else if (news instanceof JobFeed.News.Changed changed) {
            board.take(changed.job(), now).forEach(view::changed);
        } else if (news instanceof JobFeed.News.Open open) {
            open.jobs().forEach(job -> board.take(job, now).forEach(view::changed));
            board.missingFrom(open.jobs()).forEach(job -> ended(job, view));
        }
    }

    /** Asks how a job ended that is not open any more. */
    private void ended(JsonNode job, WatchView view) {
        Query query = new Query();
        List.of("host", "play", "run_id", "ansible_job_id")
                .forEach(name -> query.and(name, job.path(name).asText(null)));
        try {
            JsonNode found = reading.get(
                    "/api/v1/jobs" + query.and("job", job.path("job_name").asText(null)));
            for (JsonNode one : found.path("jobs")) {
                if (JobBoard.identity(one).equals(JobBoard.identity(job))) {
                    board.take(one, Instant.now()).forEach(view::changed);
                    return;
                }
            }
            board.drop(job);
        } catch (CommandFailed e) {
            // The next look tells.
            view.trouble(e.getMessage());
        }
    }
}
