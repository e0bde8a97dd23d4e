package io.jobledger.cli.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.ask.JobFilters;
import io.jobledger.cli.ask.Listing;
import io.jobledger.cli.ask.Paging;
import io.jobledger.cli.ask.Query;
import io.jobledger.cli.ask.Reading;
import io.jobledger.cli.ask.RunIds;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.cli.view.Views;
import io.jobledger.terminal.Printable;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jobs}: what was started, and how it stands. */
@Command(
        name = "jobs",
        description = "Lists, shows and watches jobs, waits for them, and acts on them.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "(ls | show | history | watch | wait | output | cancel | close | name)",
        subcommands = {
            WatchCommand.class,
            WaitCommand.class,
            OutputCommand.class,
            CancelCommand.class,
            CloseCommand.class,
            NameCommand.class
        })
public final class JobsCommand {
    @Command(
            name = "ls",
            aliases = "list",
            description = "Lists jobs, newest first.",
            mixinStandardHelpOptions = true,
            footer = {
                "",
                "Examples:",
                "  jobledger jobs ls --overdue                     what runs past its deadline, and how to resume it",
                "  jobledger jobs ls --status failed,lost --since 7d",
                "  jobledger jobs ls --open --host db1 -o json",
                "  jobledger jobs ls --overdue --exit-code         for a monitor: exit code 4 when there are any"
            })
    int ls(
            @Mixin JobFilters filters,
            @Option(
                            names = "--overdue",
                            description =
                                    "Only jobs that run past their deadline, each with what is needed to resume it.")
                    boolean overdue,
            @Option(names = "--open", description = "Only jobs that have not ended.") boolean open,
            @Mixin Paging paging,
            @Option(
                            names = "--exit-code",
                            description = "Exit with 4 when there is such a job, with 0 when there is none.")
                    boolean exitCode,
            @Mixin Reading reading) {
        Query query =
                filters.query(reading).and("status", overdue ? "overdue" : null).and("status", open ? "open" : null);
        Listing listing = new Listing(reading, paging);
        long seen = overdue && reading.format() == Reading.Format.table
                ? new OverdueJobs(reading, paging).print(query)
                : listing.print("/api/v1/jobs", query, "jobs", Views.JOBS);
        return exitCode && seen > 0 ? ExitCodes.ATTENTION : ExitCodes.OK;
    }

    @Command(
            name = "show",
            description =
                    "Shows what a name answers, an open job before one that ended, and how to resume it. Exits with 3"
                            + " when there is none.",
            mixinStandardHelpOptions = true,
            footer = {
                "",
                "Examples:",
                "  jobledger jobs show db1 'Upgrade databases' 'Migrate schema'",
                "  jobledger jobs show j512305873206.31337"
            })
    void show(
            @Mixin JobName name,
            @Option(names = "--playbook", paramLabel = "NAME", description = "Only jobs of this playbook.")
                    String playbook,
            @Option(
                            names = {"--run-id", "--run"},
                            paramLabel = "RUN_ID",
                            description = "Only jobs of this run.")
                    String run,
            @Option(names = "--id", paramLabel = "JOB_ID", description = "The job with this ansible_job_id.") String id,
            @Option(
                            names = "--which",
                            paramLabel = "WHICH",
                            description = "Of several open jobs, the newest or the oldest.")
                    String which,
            @Option(
                            names = "--nth",
                            paramLabel = "N",
                            description = "Of all jobs of the name by their start, open or not: 1 is the latest.")
                    Integer nth,
            @Option(names = "--check-mode", description = "A job of a dry run; without this, none answers.")
                    boolean checkMode,
            @Mixin Reading reading) {
        Optional<String> byId = name.find(reading.api());
        JsonNode job = reading.get(name.path()
                + new Query()
                        .and("playbook", playbook)
                        .and("run_id", RunIds.whole(reading.api(), run))
                        .and("id", id == null ? byId.orElse(null) : id)
                        .and("which", which)
                        .and("nth", nth == null ? null : nth.toString())
                        .and("check_mode", checkMode ? "true" : null));
        reading.show(reading.forPeople() ? JobName.withoutCandidates(job) : job);
        if (reading.forPeople()) {
            List<String> resume = ResumeHint.of(job);
            resume.forEach(line -> reading.line("resume", line));
            if (job.path("past_deadline_total").asInt() > 0) {
                reading.err()
                        .println(job.path("past_deadline_total").asInt()
                                + " other open jobs of this name are past their deadline and do not count;"
                                + " 'jobs history' lists them");
            }
            if (job.path("ambiguous").asBoolean()) {
                reading.err()
                        .println(job.path("candidates_total").asInt()
                                + " open jobs have this name; say which with --id, --which, --run-id or --playbook:");
                job.path("candidates").forEach(one -> reading.err().println("  " + candidate(one)));
            }
            reading.out().flush();
            reading.err().flush();
        }
    }

    private static String candidate(JsonNode job) {
        return Printable.of("--id " + job.path("ansible_job_id").asText() + "  started "
                + job.path("started_at").asText() + "  run "
                + job.path("run_id").asText("-") + "  playbook "
                + job.path("playbook").asText("-"));
    }

    @Command(
            name = "history",
            description = "Lists every job of a name, newest first. Exits with 3 when there is none.",
            mixinStandardHelpOptions = true)
    int history(@Mixin JobName name, @Mixin Paging paging, @Mixin Reading reading) {
        name.find(reading.api());
        long seen = new Listing(reading, paging).print(name.path() + "/history", new Query(), "jobs", Views.JOBS);
        return seen == 0 ? ExitCodes.NOT_FOUND : ExitCodes.OK;
    }
}
