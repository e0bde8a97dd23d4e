package io.jobledger.cli.jobs;

import io.jobledger.cli.ask.Query;
import io.jobledger.cli.ask.Reading;
import io.jobledger.cli.view.ExitCodes;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jobs name}: a name for a job whose start nobody recorded. */
@Command(
        name = "name",
        description = "Gives a name to a job that was adopted: one that was found on its host, and whose start nobody"
                + " recorded. 'jobs ls --play unknown' lists them. Needs the scope act.",
        mixinStandardHelpOptions = true,
        footer = {"", "Example:", "  jobledger jobs name j889214147243.9938 db1 'Upgrade databases' 'Migrate schema'"})
final class NameCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "ID", description = "The job's ansible_job_id.")
    private String id;

    @Parameters(index = "1", paramLabel = "HOST", description = "The host's inventory name.")
    private String host;

    @Parameters(index = "2", paramLabel = "PLAY", description = "The play's name.")
    private String play;

    @Parameters(index = "3", paramLabel = "JOB", description = "The name that the job gets.")
    private String job;

    @Option(
            names = "--execution-host",
            paramLabel = "HOST",
            description = "Of several jobs with this id, the one that runs on this host.")
    private String executionHost;

    @Mixin
    private Reading reading;

    @Override
    public Integer call() {
        reading.done(
                "named",
                reading.post(JobName.path(host, play, job) + "/name"
                        + new Query().and("ansible_job_id", id).and("execution_host", executionHost)));
        return ExitCodes.OK;
    }
}
