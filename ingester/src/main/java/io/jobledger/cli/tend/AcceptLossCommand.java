package io.jobledger.cli.tend;

import io.jobledger.cli.serve.AccessStores;
import io.jobledger.cli.serve.SettingFlags;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.config.Settings;
import io.jobledger.trail.Act;
import io.jobledger.trail.TrailException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code accept-loss}: a ledger that is refused for what it has lost goes on with what is left. */
@Command(
        name = "accept-loss",
        description =
                "Lets a damaged ledger go on with what is left of it, when there is no backup and no mirror. Keeps a"
                        + " copy of every file as it was, stores what its journal still has, and writes into the audit"
                        + " trail that somebody decided so. Stop the ingester first.",
        mixinStandardHelpOptions = true)
public final class AcceptLossCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--yes",
            required = true,
            description = "Needed: what is lost is lost for good, unless it comes back from a copy.")
    private boolean yes;

    private AcceptLossCommand() {}

    public static CommandLine commandLine() {
        CommandLine command = new CommandLine(new AcceptLossCommand());
        SettingFlags.add(command.getCommandSpec(), SettingFlags.ACCESS);
        return command;
    }

    @Override
    public Integer call() {
        Settings settings = SettingFlags.load(spec);
        Path ledger = settings.ledger().file("accept-loss", "use PostgreSQL's own tools to mend or restore it");
        try (AccessStores access = AccessStores.open(settings, Clock.systemUTC())) {
            access.trail()
                    .record(new Act(
                            "ledger.accept-loss",
                            "user " + System.getProperty("user.name", "?"),
                            "local",
                            Map.of("ledger", settings.ledger().toString())));
        } catch (TrailException e) {
            throw new CommandFailed(e.getMessage());
        }
        spec.commandLine().getOut().println(ledger);
        return CommandLine.ExitCode.OK;
    }
}
