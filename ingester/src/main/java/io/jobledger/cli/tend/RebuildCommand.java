package io.jobledger.cli.tend;

import io.jobledger.cli.serve.Ingester;
import io.jobledger.cli.serve.SettingFlags;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.config.Settings;
import io.jobledger.ledger.Ledger;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.sink.mirror.Rebuild;
import io.jobledger.terminal.Printable;
import io.jobledger.terminal.Terminal;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rebuild}: a ledger from a mirror, while no ingester runs on that ledger. */
@Command(
        name = "rebuild",
        description =
                "Fills a ledger from a mirror: a directory, also one that save and load roles wrote, or a bucket. Stop"
                        + " the ingester first. Doing it again stores nothing twice.",
        mixinStandardHelpOptions = true)
public final class RebuildCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    private RebuildCommand() {}

    public static CommandLine commandLine() {
        CommandLine command = new CommandLine(new RebuildCommand());
        SettingFlags.add(command.getCommandSpec(), SettingFlags.OFFLINE);
        return command;
    }

    @Option(
            names = "--from",
            required = true,
            paramLabel = "URI",
            description = "The mirror: file:///DIR, a directory's path, or what --mirror of serve takes.")
    private String from;

    @Override
    public Integer call() {
        Clock clock = Clock.systemUTC();
        Settings settings = SettingFlags.load(spec);
        try (Mirror mirror = Ingester.mirror(from, settings)) {
            mirror.requireReadable();
            List<String> complaints = new ArrayList<>();
            try (Ledger ledger = Ingester.ledger(settings, clock)) {
                Rebuild.Outcome outcome;
                try (ProgressBar bar = progress()) {
                    outcome = new Rebuild(
                                    ledger.sink(),
                                    clock,
                                    bar == null ? seen -> {} : bar::stepTo,
                                    (path, why) -> complaints.add(Printable.of(path + ": " + why)))
                            .from(mirror);
                }
                complaints.forEach(complaint -> spec.commandLine().getErr().println("skipped " + complaint));
                spec.commandLine()
                        .getOut()
                        .printf(
                                "%d records in %s: %d stored in %s, %d already there, %d damaged%n",
                                outcome.seen(),
                                mirror.uri(),
                                outcome.stored(),
                                ledger.location(),
                                outcome.seen() - outcome.stored(),
                                outcome.damaged());
                if (outcome.seen() + outcome.damaged() == 0) {
                    throw new CommandFailed("there is no record in " + mirror.uri()
                            + ": they stand at <host>/<play>/<job>.json below it");
                }
                return outcome.damaged() == 0 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
            }
        } catch (MirrorException e) {
            throw new CommandFailed(e.getMessage());
        }
    }

    /**
     * For a person who watches; a log would only get its control characters. How many records there are is not known
     * before the end.
     */
    private static ProgressBar progress() {
        return !Terminal.error()
                ? null
                : new ProgressBarBuilder()
                        .setTaskName("records")
                        .setInitialMax(-1)
                        .build();
    }
}
