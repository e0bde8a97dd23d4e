package io.jobledger.cli.tend;

import io.jobledger.auth.FileTokenStore;
import io.jobledger.auth.Token;
import io.jobledger.cli.serve.SettingFlags;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.config.InvalidSetting;
import io.jobledger.config.LedgerLocation;
import io.jobledger.config.Setting;
import io.jobledger.config.Settings;
import io.jobledger.ledger.move.LedgerMove;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code migrate-ledger}: from the embedded ledger to PostgreSQL, while no ingester runs on either. */
@Command(
        name = "migrate-ledger",
        description = "Moves an embedded ledger and its tokens into an empty PostgreSQL database and compares both."
                + " Stop the ingester first. Started again, it goes on where it was. The old files stay.",
        mixinStandardHelpOptions = true)
public final class MigrateLedgerCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    private MigrateLedgerCommand() {}

    public static CommandLine commandLine() {
        CommandLine command = new CommandLine(new MigrateLedgerCommand());
        SettingFlags.add(command.getCommandSpec(), List.of(Setting.LEDGER_USER, Setting.LEDGER_PASSWORD_FILE));
        return command;
    }

    @Option(names = "--from", required = true, paramLabel = "h2:FILE", description = "The embedded ledger's directory.")
    private String from;

    @Option(
            names = "--to",
            required = true,
            paramLabel = "URL",
            description = "jdbc:postgresql://HOST/DATABASE, as --ledger of serve takes it.")
    private String to;

    @Option(
            names = "--tokens",
            paramLabel = "FILE",
            description = "The embedded ledger's tokens. Default: tokens.json beside it.")
    private Path tokens;

    @Override
    public Integer call() {
        if (!(location("--from", from.startsWith("h2:") ? from.substring("h2:".length()) : from)
                instanceof LedgerLocation.File source)) {
            throw new CommandFailed("--from must be h2:FILE, an embedded ledger");
        }
        if (!(location("--to", to) instanceof LedgerLocation.Postgres target)) {
            throw new CommandFailed("--to must be jdbc:postgresql://HOST/DATABASE");
        }
        Path file = tokens == null ? source.base().resolveSibling("tokens.json") : tokens;
        List<Token> held = new FileTokenStore(file).read().orElse(List.of());
        List<LedgerMove.Moved> moved;
        try (Bars bars = new Bars()) {
            moved = new LedgerMove(source.base(), target, new LedgerMove.Access(held, TokenCommand.user()), bars).run();
        }
        moved.forEach(part -> spec.commandLine()
                .getOut()
                .printf("%-12s %,12d, the same on both sides: %s%n", part.part(), part.rows(), part.digest()));
        spec.commandLine()
                .getOut()
                .println(
                        held.isEmpty()
                                ? "no tokens in " + file
                                : "the tokens in " + file + ", " + held.size()
                                        + " in all, are good at every ingester of " + target);
        spec.commandLine()
                .getOut()
                .println("moved " + source + " to " + target + ". Start the ingesters with --ledger " + to
                        + "; they fill their mirrors anew");
        return CommandLine.ExitCode.OK;
    }

    private LedgerLocation location(String option, String text) {
        try {
            Settings settings = SettingFlags.load(spec, Map.of(Setting.LEDGER, text));
            return settings.ledger();
        } catch (InvalidSetting e) {
            throw new CommandFailed(e.getMessage().replace(Setting.LEDGER.flag() + " must", option + " must"));
        }
    }

    /** A bar for each part, for a person who watches; a log would only get its control characters. */
    private static final class Bars implements LedgerMove.Progress, AutoCloseable {
        private ProgressBar bar;

        @Override
        public void begin(String what, long total) {
            close();
            bar = System.console() == null
                    ? null
                    : new ProgressBarBuilder()
                            .setTaskName(what)
                            .setInitialMax(total)
                            .build();
        }

        @Override
        public void step(long done) {
            if (bar != null) {
                bar.stepTo(done);
            }
        }

        @Override
        public void close() {
            if (bar != null) {
                bar.close();
                bar = null;
            }
        }
    }
}
