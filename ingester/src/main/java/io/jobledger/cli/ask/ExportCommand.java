package io.jobledger.cli.ask;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code export}: everything that fits, for another program. */
@Command(
        name = "export",
        description =
                "Writes jobs, runs or events as NDJSON or CSV to a file or to standard output, however many there are.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "(jobs | runs | events)",
        footer = {
            "",
            "Examples:",
            "  jobledger export jobs --since 30d --format csv --to jobs.csv",
            "  jobledger export runs | gzip > runs.ndjson.gz"
        })
public final class ExportCommand {
    @Command(name = "jobs", description = "Exports jobs.", mixinStandardHelpOptions = true)
    void jobs(@Mixin JobFilters filters, @Mixin Export export) {
        export.write("/api/v1/jobs", filters.query(export.connection(), export.err()));
    }

    @Command(name = "runs", description = "Exports runs.", mixinStandardHelpOptions = true)
    void runs(@Mixin RunFilters filters, @Mixin Export export) {
        export.write("/api/v1/runs", filters.query(export.connection(), export.err()));
    }

    @Command(
            name = "events",
            description = "Exports the events of a run, as they were sent. Exits with 3 when the run is not there.",
            mixinStandardHelpOptions = true)
    void events(
            @Parameters(paramLabel = "RUN_ID", description = "As 'runs ls' shows it.") String runId,
            @Mixin Export export) {
        export.write("/api/v1/runs/" + ApiClient.escape(runId) + "/events", new Query());
    }
}
