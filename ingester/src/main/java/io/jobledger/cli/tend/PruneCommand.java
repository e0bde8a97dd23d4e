package io.jobledger.cli.tend;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.ask.Query;
import io.jobledger.cli.ask.Reading;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.cli.view.RecordColumn;
import io.jobledger.cli.view.ShownTimes;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code prune}: removes what is old, after it showed what that is. */
@Command(
        name = "prune",
        description =
                "Shows what would be deleted of the ledger, and deletes it with --yes. Open jobs and their runs stay."
                        + " Without --older-than and --keep the ingester's own settings count.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Examples:",
            "  jobledger prune --older-than 90d",
            "  jobledger prune --older-than 30d --status succeeded --keep 1000 --yes"
        })
public final class PruneCommand implements Callable<Integer> {
    /** How a job ended. */
    enum End {
        succeeded,
        failed,
        timed_out,
        cancelled,
        lost,
        closed
    }

    private static final List<RecordColumn> EXAMPLES = Stream.of(
                    "started_at", "playbook", "run_name", "jobs", "events", "run_id")
            .map(RecordColumn::named)
            .toList();

    @Option(names = "--older-than", paramLabel = "AGE", description = "What ended longer ago: 36h, 90d.")
    private String olderThan;

    @Option(names = "--keep", paramLabel = "N", description = "Keep the newest N whatever their age.")
    private Integer keep;

    @Option(
            names = "--status",
            paramLabel = "STATUS",
            split = ",",
            description = "Only what ended like this: ${COMPLETION-CANDIDATES}. Can be repeated.")
    private List<End> status;

    @Option(
            names = "--host",
            paramLabel = "PATTERN",
            description = "With --older-than: only runs and saves all of whose jobs are of such hosts: db1, 'db*'.")
    private String host;

    @Option(names = "--play", paramLabel = "PATTERN", description = "The same by the play's name.")
    private String play;

    @Option(names = "--job", paramLabel = "PATTERN", description = "The same by the job's name.")
    private String job;

    @Option(names = "--reason", paramLabel = "TEXT", description = "Why; it is kept with the record of the deletion.")
    private String reason;

    @Option(names = "--yes", description = "Delete it. Without this nothing is deleted.")
    private boolean yes;

    @Mixin
    private Reading reading;

    @Override
    public Integer call() {
        Query query = new Query()
                .and("older_than", olderThan)
                .and("keep", keep)
                .and("status", status)
                .and("host", host)
                .and("play", play)
                .and("job", job)
                .and("reason", reason)
                .and("dry_run", Boolean.toString(!yes));
        JsonNode answer;
        do {
            // The ingester stops after a while, so that no answer takes for ever.
            answer = reading.post("/api/v1/prune" + query);
            show(answer);
        } while (yes && !answer.path("complete").asBoolean(true));
        if (!yes) {
            reading.err().println("Nothing was deleted. The same command with --yes deletes it.");
            reading.err().flush();
        }
        return ExitCodes.OK;
    }

    private void show(JsonNode answer) {
        if (!reading.forPeople()) {
            reading.json(answer);
            return;
        }
        ShownTimes times = reading.times();
        String jobs = answer.path("jobs").properties().stream()
                .filter(count -> count.getValue().asLong() > 0)
                .map(count -> count.getValue().asText() + " " + count.getKey())
                .collect(Collectors.joining(", "));
        String span = ShownTimes.parse(answer.path("oldest").asText())
                .map(oldest -> ", started " + times.text(oldest)
                        + ShownTimes.parse(answer.path("newest").asText())
                                .map(newest -> " to " + times.text(newest))
                                .orElse(""))
                .orElse("");
        reading.out()
                .println((yes ? "deleted" : "would delete") + " "
                        + answer.path("runs").asLong() + " runs and saves with "
                        + answer.path("events").asLong() + " events" + (jobs.isEmpty() ? "" : " and jobs: " + jobs)
                        + span);
        if (!answer.path("complete").asBoolean(true) && !yes) {
            reading.out().println("there was no time to look at everything: it may be more");
        }
        JsonNode examples = answer.path("examples");
        if (!examples.isEmpty()) {
            reading.out().println();
            reading.table(EXAMPLES).print(examples);
        }
        reading.out().flush();
    }
}
