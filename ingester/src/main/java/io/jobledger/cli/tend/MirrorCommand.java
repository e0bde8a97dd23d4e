package io.jobledger.cli.tend;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.ask.Reading;
import java.util.Collections;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mirror}: how the mirrors stand, whether one works, and what to do with entries that wait for an operator. */
@Command(
        name = "mirror",
        description = "Shows, checks and releases mirrors.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "(ls | check | retry)")
public final class MirrorCommand {
    @Spec
    private CommandSpec spec;

    private MirrorCommand() {}

    public static CommandLine commandLine() {
        return new CommandLine(new MirrorCommand()).addSubcommand(MirrorCheckCommand.commandLine());
    }

    @Command(
            name = "ls",
            aliases = "list",
            description = "Shows what each mirror of a running ingester lacks, and why.",
            mixinStandardHelpOptions = true)
    void ls(@Mixin Reading reading) {
        reading.list(
                reading.get("/api/v1/mirrors"),
                "mirrors",
                "uri",
                "pending",
                "blocked",
                "oldest",
                "last_error",
                "log_copy",
                "log_copy_as_of",
                "log_copy_lag_seconds",
                "log_copy_error");
    }

    @Command(
            name = "retry",
            description =
                    "Makes a running ingester try every entry again now, those too that are blocked since someone had"
                            + " to mend something.",
            mixinStandardHelpOptions = true)
    void retry(
            @Mixin Reading reading,
            @Option(names = "--mirror", paramLabel = "URI", description = "Only this mirror, as 'mirror ls' shows it.")
                    String uri) {
        JsonNode answer = reading.post(
                "/api/v1/mirrors/retry" + Reading.query(uri == null ? Collections.emptyMap() : Map.of("uri", uri)));
        if (!reading.forPeople()) {
            reading.json(answer);
            return;
        }
        long released = answer.path("released").asLong();
        reading.out()
                .println(
                        released == 0
                                ? "No entry was blocked. Those that wait for their next attempt are tried now."
                                : released
                                        + (released == 1
                                                ? " entry was blocked and is"
                                                : " entries were blocked and are")
                                        + " tried now, with those that wait for their next attempt.");
        reading.out().println("'jobledger mirror ls' shows how it went.");
        reading.out().flush();
    }
}
