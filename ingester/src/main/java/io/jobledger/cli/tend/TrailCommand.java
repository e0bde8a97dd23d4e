package io.jobledger.cli.tend;

import io.jobledger.cli.serve.AccessStores;
import io.jobledger.cli.serve.SettingFlags;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.config.Settings;
import io.jobledger.trail.TrailException;
import java.io.PrintWriter;
import java.time.Clock;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code trail}: the administrative acts, as they were written down. Reads the data directory or the database itself,
 * like {@code token}.
 */
@Command(
        name = "trail",
        description =
                "Shows the audit trail: a line of JSON for each administrative act, the oldest first. Works whether"
                        + " the ingester runs or not.",
        mixinStandardHelpOptions = true)
public final class TrailCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    private TrailCommand() {}

    public static CommandLine commandLine() {
        CommandLine command = new CommandLine(new TrailCommand());
        SettingFlags.add(command.getCommandSpec(), SettingFlags.ACCESS);
        return command;
    }

    @Override
    public Integer call() {
        Settings settings = SettingFlags.load(spec);
        PrintWriter out = spec.commandLine().getOut();
        try (AccessStores access = AccessStores.open(settings, Clock.systemUTC())) {
            access.trail().each(out::println);
        } catch (TrailException e) {
            throw new CommandFailed(e.getMessage());
        }
        return CommandLine.ExitCode.OK;
    }
}
