package io.jobledger.cli.jobs;

import io.jobledger.cli.ask.Query;
import io.jobledger.cli.ask.Reading;
import io.jobledger.cli.view.ExitCodes;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jobs close}: the end of a job that nobody can ask any more. */
@Command(
        name = "close",
        description =
                "Closes an open job that nobody can ask any more, like one whose host is gone. A result that is found"
                        + " later takes the closing back. Needs the scope act.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Example:",
            "  jobledger jobs close db1 'Upgrade databases' 'Migrate schema' --reason 'db1 was thrown away'"
        })
final class CloseCommand implements Callable<Integer> {
    @Mixin
    private JobName name;

    @Mixin
    private ActOn which;

    @Option(
            names = "--reason",
            required = true,
            paramLabel = "TEXT",
            description = "Why, for whoever finds the job later.")
    private String reason;

    @Mixin
    private Reading reading;

    @Override
    public Integer call() {
        Query query = which.query(name.find(reading.api())).and("reason", reason);
        reading.done("closed", reading.post(name.path() + "/close" + query));
        return ExitCodes.OK;
    }
}
