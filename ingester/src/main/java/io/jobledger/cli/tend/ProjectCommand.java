package io.jobledger.cli.tend;

import io.jobledger.cli.ask.Reading;
import io.jobledger.cli.serve.SettingFlags;
import io.jobledger.config.Setting;
import io.jobledger.config.Settings;
import io.jobledger.ledger.h2.LedgerComputing;
import io.jobledger.log.LogHead;
import io.jobledger.terminal.Terminal;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code project}: the records computed again from the log; by a running ingester, or in a directory. */
@Command(
        name = "project",
        description =
                "Throws the records away and computes them again from the log. Asks a running ingester, which goes on"
                        + " meanwhile; or with --ledger or --data-dir does it in a directory that no ingester has open,"
                        + " and shows how far it is.",
        mixinStandardHelpOptions = true)
public final class ProjectCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private Reading reading;

    private ProjectCommand() {}

    public static CommandLine commandLine() {
        CommandLine command = new CommandLine(new ProjectCommand());
        SettingFlags.add(command.getCommandSpec(), List.of(Setting.DATA_DIR, Setting.LEDGER));
        return command;
    }

    @Override
    public Integer call() {
        boolean offline = spec.commandLine().getParseResult().hasMatchedOption(Setting.LEDGER.flag())
                || spec.commandLine().getParseResult().hasMatchedOption(Setting.DATA_DIR.flag());
        if (!offline) {
            reading.post("/api/v1/project");
            spec.commandLine()
                    .getOut()
                    .println("The records are computed again. GET /readyz and the metric"
                            + " jobledger_projection_lag_entries say how far that is");
            return CommandLine.ExitCode.OK;
        }
        Settings settings = SettingFlags.load(spec);
        Path ledger = settings.ledger().file("project", "it stores records with the log, in one transaction");
        LogHead head;
        try (ProgressBar bar = progress()) {
            head = LedgerComputing.run(ledger, (int) (settings.ledgerCache() / 1024), (entry, of) -> {
                if (bar != null) {
                    bar.maxHint(of).stepTo(entry);
                }
            });
        }
        spec.commandLine()
                .getOut()
                .println(settings.ledger() + ": the records are computed from " + head.entry() + " entries");
        return CommandLine.ExitCode.OK;
    }

    /** For a person who watches. */
    private static ProgressBar progress() {
        return !Terminal.error()
                ? null
                : new ProgressBarBuilder().setTaskName("entries").build();
    }
}
