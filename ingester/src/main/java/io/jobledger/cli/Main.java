package io.jobledger.cli;

import io.jobledger.auth.TokenStoreException;
import io.jobledger.cli.ask.EventsCommand;
import io.jobledger.cli.ask.ExportCommand;
import io.jobledger.cli.ask.HostsCommand;
import io.jobledger.cli.ask.PlaysCommand;
import io.jobledger.cli.ask.RunsCommand;
import io.jobledger.cli.ask.StatsCommand;
import io.jobledger.cli.jobs.JobsCommand;
import io.jobledger.cli.serve.HealthcheckCommand;
import io.jobledger.cli.serve.Logging;
import io.jobledger.cli.serve.ServeCommand;
import io.jobledger.cli.setup.ContextCommand;
import io.jobledger.cli.setup.DoctorCommand;
import io.jobledger.cli.setup.LoginCommand;
import io.jobledger.cli.tend.AcceptLossCommand;
import io.jobledger.cli.tend.BackupCommand;
import io.jobledger.cli.tend.EraseCommand;
import io.jobledger.cli.tend.HookCommand;
import io.jobledger.cli.tend.MigrateLedgerCommand;
import io.jobledger.cli.tend.MirrorCommand;
import io.jobledger.cli.tend.ProjectCommand;
import io.jobledger.cli.tend.PruneCommand;
import io.jobledger.cli.tend.RebuildCommand;
import io.jobledger.cli.tend.RestoreCommand;
import io.jobledger.cli.tend.TokenCommand;
import io.jobledger.cli.tend.TrailCommand;
import io.jobledger.cli.tend.VerifyCommand;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.cli.view.Version;
import io.jobledger.config.InvalidSetting;
import io.jobledger.http.guard.HttpStartException;
import io.jobledger.ledger.LedgerException;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;

/** Entry point. The ends of a command are {@link ExitCodes}. */
@Command(
        name = "jobledger",
        description =
                "Keeps the ids of Ansible's async jobs, so that any controller can resume them and anyone can audit"
                        + " them.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Exit codes: 0 done, 1 it did not work, 2 the command line is wrong, 3 what was named is not there, 4"
                    + " done, and there is something to look after, 5 what was waited for is still open.",
            "",
            "Examples:",
            "  jobledger serve",
            "  jobledger jobs ls --overdue",
            "  jobledger runs ls --run-name release-42"
        })
public final class Main implements Runnable {
    /** In the order of the help: what runs the ingester and what asks it, then what looks after it. */
    private static final List<String> COMMANDS = List.of(
            "serve",
            "jobs",
            "runs",
            "hosts",
            "plays",
            "events",
            "stats",
            "export",
            "mirror",
            "hook",
            "backup",
            "restore",
            "rebuild",
            "accept-loss",
            "erase",
            "project",
            "prune",
            "verify",
            "migrate-ledger",
            "login",
            "context",
            "doctor",
            "token",
            "trail",
            "healthcheck",
            "demo",
            "completion",
            "warm-up",
            "help");

    @CommandLine.Spec
    private CommandSpec spec;

    private Main() {}

    public static void main(String[] args) {
        Logging.quiet();
        System.exit(commandLine(args).execute(args));
    }

    /**
     * What the arguments need: the one command that they name, since making all of them takes longer than most
     * commands; or the whole tree.
     */
    public static CommandLine commandLine(String... args) {
        CommandLine commandLine = new CommandLine(new Main());
        String first = args.length == 0 ? "" : args[0];
        boolean one = COMMANDS.contains(first) && !first.equals("help");
        (one ? List.of(first) : COMMANDS).forEach(name -> commandLine.addSubcommand(name, make(name)));
        commandLine.setParameterExceptionHandler(new UsageErrors());
        commandLine.setUsageHelpAutoWidth(true);
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        HelpSections.install(commandLine);
        commandLine.setExecutionExceptionHandler((e, command, parsed) -> {
            if (e instanceof InvalidSetting
                    || e instanceof LedgerException
                    || e instanceof HttpStartException
                    || e instanceof TokenStoreException
                    || e instanceof CommandFailed) {
                command.getErr().println("jobledger: " + e.getMessage());
            } else {
                command.getErr().println("jobledger failed in a way nobody foresaw; please report this:");
                e.printStackTrace(command.getErr());
            }
            return e instanceof CommandFailed failed
                    ? failed.exitCode()
                    : e instanceof InvalidSetting ? ExitCodes.USAGE : ExitCodes.FAILED;
        });
        return commandLine;
    }

    /** A switch, not a table: that would load the classes of all commands. */
    private static CommandLine make(String name) {
        return switch (name) {
            case "serve" -> ServeCommand.commandLine();
            case "jobs" -> new CommandLine(new JobsCommand());
            case "runs" -> new CommandLine(new RunsCommand());
            case "hosts" -> new CommandLine(new HostsCommand());
            case "plays" -> new CommandLine(new PlaysCommand());
            case "events" -> new CommandLine(new EventsCommand());
            case "stats" -> new CommandLine(new StatsCommand());
            case "export" -> new CommandLine(new ExportCommand());
            case "mirror" -> MirrorCommand.commandLine();
            case "hook" -> HookCommand.commandLine();
            case "backup" -> BackupCommand.commandLine();
            case "restore" -> RestoreCommand.commandLine();
            case "rebuild" -> RebuildCommand.commandLine();
            case "accept-loss" -> AcceptLossCommand.commandLine();
            case "erase" -> new CommandLine(new EraseCommand());
            case "project" -> ProjectCommand.commandLine();
            case "prune" -> new CommandLine(new PruneCommand());
            case "verify" -> VerifyCommand.commandLine();
            case "login" -> new CommandLine(new LoginCommand());
            case "context" -> new CommandLine(new ContextCommand());
            case "doctor" -> new CommandLine(new DoctorCommand());
            case "token" -> TokenCommand.commandLine();
            case "trail" -> TrailCommand.commandLine();
            case "healthcheck" -> HealthcheckCommand.commandLine();
            case "migrate-ledger" -> MigrateLedgerCommand.commandLine();
            case "demo" -> new CommandLine(new DemoCommand());
            case "completion" -> new CommandLine(new CompletionCommand());
            case "warm-up" -> new CommandLine(new WarmUpCommand());
            case "help" -> new CommandLine(new HelpCommand());
            default -> throw new IllegalArgumentException(name);
        };
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }
}
