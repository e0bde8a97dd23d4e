package io.jobledger.cli.tend;

import io.jobledger.cli.ask.Connection;
import io.jobledger.cli.serve.Ingester;
import io.jobledger.cli.serve.SettingFlags;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code backup}: a copy of the whole ledger as of one moment, from an ingester that goes on working. */
@Command(
        name = "backup",
        description = "Copies the whole ledger of a running ingester, as of one moment, to a file or into a mirror.",
        mixinStandardHelpOptions = true)
public final class BackupCommand implements Callable<Integer> {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    @Spec
    private CommandSpec spec;

    private BackupCommand() {}

    public static CommandLine commandLine() {
        CommandLine command = new CommandLine(new BackupCommand());
        SettingFlags.add(command.getCommandSpec(), SettingFlags.OFFLINE);
        return command;
    }

    @Mixin
    private Connection connection;

    @ArgGroup(multiplicity = "1")
    private Target target;

    static final class Target {
        @Parameters(paramLabel = "FILE", description = "A file that does not exist yet.")
        private Path file;

        @Option(
                names = "--to",
                paramLabel = "URI",
                description = "A mirror; the backup is kept beside its records, under a name with the time.")
        private String mirror;
    }

    @Override
    public Integer call() throws IOException {
        Path file = target.file;
        if (file != null) {
            if (Files.exists(file)) {
                throw new CommandFailed(file + " exists already; a backup never replaces a file");
            }
            connection.api().download("/api/v1/backup", file);
            spec.commandLine()
                    .getOut()
                    .println("backup of " + connection.api().url() + " in " + file + " (" + Files.size(file)
                            + " bytes)");
            return CommandLine.ExitCode.OK;
        }
        Path copy = Files.createTempDirectory("jobledger-backup-").resolve("ledger.zip");
        String name = "ledger-" + STAMP.format(Instant.now()) + ".zip";
        try (Mirror mirror = Ingester.mirror(target.mirror, SettingFlags.load(spec))) {
            connection.api().download("/api/v1/backup", copy);
            mirror.putBackup(name, copy);
            spec.commandLine()
                    .getOut()
                    .println("backup of " + connection.api().url() + " in " + mirror.uri() + " as " + name + " ("
                            + Files.size(copy) + " bytes)");
            return CommandLine.ExitCode.OK;
        } catch (MirrorException e) {
            throw new CommandFailed(e.getMessage());
        } finally {
            Files.deleteIfExists(copy);
            Files.deleteIfExists(copy.getParent());
        }
    }
}
