package io.jobledger.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.view.Views;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code runs}: what ran. */
@Command(
        name = "runs",
        description = "Lists, shows and deletes runs.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "(ls | show | diff | jobs | delete)")
public final class RunsCommand {
    private static final String RUNS = "/api/v1/runs/";

    @Command(
            name = "ls",
            aliases = "list",
            description = "Lists runs, newest first.",
            mixinStandardHelpOptions = true,
            footer = {
                "",
                "Examples:",
                "  jobledger runs ls --run-name release-42",
                "  jobledger runs ls --state interrupted --since 7d"
            })
    void ls(@Mixin RunFilters filters, @Mixin Paging paging, @Mixin Reading reading) {
        new Listing(reading, paging).print("/api/v1/runs", filters.query(reading), "runs", Views.RUNS);
    }

    @Command(
            name = "show",
            description = "Shows how one run went, and what it was. Exits with 3 when it is not there.",
            mixinStandardHelpOptions = true)
    void show(@Parameters(paramLabel = "RUN_ID", description = RunIds.MEANT) String runId, @Mixin Reading reading) {
        RunReport.print(reading, reading.get(RUNS + ApiClient.escape(runId)));
    }

    @Command(
            name = "diff",
            description = "Compares two runs: which jobs failed now and not before, took longer, are new or gone. Exits"
                    + " with 3 when a run is not there.",
            mixinStandardHelpOptions = true)
    void diff(
            @Parameters(paramLabel = "BEFORE", description = "The earlier run, as 'runs ls' shows it.") String before,
            @Parameters(paramLabel = "AFTER", description = "The later run.") String after,
            @Mixin Reading reading) {
        RunReport.printComparison(
                reading, reading.get(RUNS + ApiClient.escape(before) + "/compare/" + ApiClient.escape(after)));
    }

    @Command(
            name = "jobs",
            description = "Lists the jobs that a run started, newest first. Exits with 3 when the run is not there.",
            mixinStandardHelpOptions = true)
    void jobs(
            @Parameters(paramLabel = "RUN_ID", description = RunIds.MEANT) String runId,
            @Mixin Paging paging,
            @Mixin Reading reading) {
        new Listing(reading, paging)
                .print(
                        RUNS + ApiClient.escape(RunIds.whole(reading.api(), runId)) + "/jobs",
                        new Query(),
                        "jobs",
                        Views.JOBS);
    }

    @Command(
            name = "delete",
            description =
                    "Deletes a run with its events and jobs. It cannot be undone. Exits with 3 when the run is not"
                            + " there.",
            mixinStandardHelpOptions = true)
    void delete(
            @Parameters(paramLabel = "RUN_ID", description = RunIds.MEANT) String runId,
            @Option(names = "--force", description = "Delete it although jobs of it are open.") boolean force,
            @Option(
                            names = "--reason",
                            paramLabel = "TEXT",
                            description = "Why; it is kept with the record of the deletion.")
                    String reason,
            @Option(names = "--yes", description = "Do not ask. Without a terminal nothing is deleted without it.")
                    boolean yes,
            @Mixin Reading reading) {
        String path = RUNS + ApiClient.escape(RunIds.whole(reading.api(), runId));
        if (!yes) {
            JsonNode run = reading.get(path);
            Confirmation.ask(
                    reading,
                    "Delete the run " + runId + " of " + run.path("playbook").asText("no playbook") + ", started "
                            + run.path("started_at").asText("-") + ", with its "
                            + run.path("events").asText("0") + " events and their jobs?");
        }
        JsonNode answer =
                reading.api().delete(path + new Query().flag("force", force).and("reason", reason));
        if (answer.isEmpty()) {
            reading.out().println("deleted " + runId);
            reading.out().flush();
        } else {
            reading.show(answer);
        }
    }
}
