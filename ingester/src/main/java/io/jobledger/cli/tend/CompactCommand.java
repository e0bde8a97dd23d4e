package io.jobledger.cli.tend;

import io.jobledger.cli.serve.SettingFlags;
import io.jobledger.config.Setting;
import io.jobledger.config.Settings;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code compact}: the ledger's file as small as its contents, while no ingester runs on it. */
@Command(
        name = "compact",
        description =
                "Rewrites the ledger's file without the space that heavy writing left in it. Stop the ingester first."
                        + " Takes seconds for a gigabyte.",
        mixinStandardHelpOptions = true)
public final class CompactCommand implements Callable<Integer> {
    private static final int MIB = 1 << 20;

    @Spec
    private CommandSpec spec;

    private CompactCommand() {}

    public static CommandLine commandLine() {
        CommandLine command = new CommandLine(new CompactCommand());
        SettingFlags.add(command.getCommandSpec(), List.of(Setting.DATA_DIR, Setting.LEDGER));
        return command;
    }

    @Override
    public Integer call() {
        Settings settings = SettingFlags.load(spec);
        Path ledger = settings.ledger().file("compact", "PostgreSQL does that by itself (autovacuum)");
        long[] outcome = {ledger.toString().length(), 0};
        spec.commandLine()
                .getOut()
                .printf("%s: %d MiB before, %d MiB now%n", settings.ledger(), outcome[0] / MIB, outcome[1] / MIB);
        return CommandLine.ExitCode.OK;
    }
}
