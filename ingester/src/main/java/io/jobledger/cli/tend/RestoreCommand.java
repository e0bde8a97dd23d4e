package io.jobledger.cli.tend;

import io.jobledger.cli.serve.Ingester;
import io.jobledger.cli.serve.SettingFlags;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.config.Settings;
import io.jobledger.ledger.h2.LedgerRestore;
import io.jobledger.log.LogHead;
import io.jobledger.sink.copy.LogCopyReader;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code restore}: a backup, or the copy of a log, becomes the ledger. */
@Command(
        name = "restore",
        description =
                "Puts a backup, or the copy of a log that a mirror keeps, where the ledger should be. There must be no"
                        + " ledger: an existing one is never replaced.",
        mixinStandardHelpOptions = true)
public final class RestoreCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    private RestoreCommand() {}

    public static CommandLine commandLine() {
        CommandLine command = new CommandLine(new RestoreCommand());
        SettingFlags.add(command.getCommandSpec(), SettingFlags.OFFLINE);
        return command;
    }

    @Parameters(
            arity = "0..1",
            paramLabel = "BACKUP",
            description = "A file; with --from the name of a backup in that mirror, or log-copy for the copy of the"
                    + " log there. Default: the newer of the copy and the newest backup.")
    private String backup;

    @Option(names = "--from", paramLabel = "URI", description = "The mirror that keeps the backup, or the copy.")
    private String from;

    @Override
    public Integer call() throws IOException {
        Settings settings = SettingFlags.load(spec);
        if (from == null) {
            if (backup == null) {
                throw new ParameterException(spec.commandLine(), "name a backup file, or a mirror with --from");
            }
            restore(Path.of(backup), backup, settings);
            return CommandLine.ExitCode.OK;
        }
        try (Mirror mirror = Ingester.mirror(from, settings)) {
            Optional<CopiedLedger> copy = copy(mirror);
            if (copy.isPresent()) {
                restore(copy.get(), settings);
            } else {
                restore(mirror, backup != null ? backup : newest(mirror), settings);
            }
            return CommandLine.ExitCode.OK;
        } catch (MirrorException e) {
            throw new CommandFailed(e.getMessage());
        }
    }

    /** The copy of the log in the mirror, if it is what is wanted. */
    private Optional<CopiedLedger> copy(Mirror mirror) {
        if (backup != null && !backup.equals(CopiedLedger.NAME)) {
            return Optional.empty();
        }
        Optional<CopiedLedger> copy = LogCopyReader.of(mirror).map(reader -> new CopiedLedger(reader, mirror.uri()));
        if (backup != null) {
            return Optional.of(copy.orElseThrow(() -> CopiedLedger.none(mirror.uri())));
        }
        List<String> backups = mirror.backups();
        return copy.filter(found -> backups.isEmpty() || !found.olderThan(backups.get(backups.size() - 1)));
    }

    private void restore(CopiedLedger copy, Settings settings) throws IOException {
        LogHead head = copy.restore(ledger(settings), settings, by());
        done(copy.toString(), head, settings);
        copy.said().forEach(spec.commandLine().getOut()::println);
        spec.commandLine().getOut().flush();
    }

    private void restore(Mirror mirror, String name, Settings settings) throws IOException {
        Path folder = Files.createTempDirectory("jobledger-restore-");
        Path copy = folder.resolve("ledger.zip");
        try {
            mirror.getBackup(name, copy);
            restore(copy, name + " of " + mirror.uri(), settings);
        } finally {
            Files.deleteIfExists(copy);
            Files.deleteIfExists(folder);
        }
    }

    /** Their names carry the time, so the last is the newest. */
    private static String newest(Mirror mirror) {
        List<String> names = mirror.backups();
        if (names.isEmpty()) {
            throw new CommandFailed(
                    "the mirror " + mirror.uri() + " keeps no backup; 'jobledger backup --to' makes one");
        }
        return names.get(names.size() - 1);
    }

    private void restore(Path file, String name, Settings settings) {
        if (!Files.isRegularFile(file)) {
            throw new CommandFailed("there is no file " + file);
        }
        LogHead head = LedgerRestore.restore(file, ledger(settings), by(), "restored from " + name, Clock.systemUTC());
        done(name, head, settings);
    }

    private static Path ledger(Settings settings) {
        return settings.ledger()
                .file("restore", "use pg_restore, or let 'jobledger migrate-ledger' move a restored file there");
    }

    private static String by() {
        return "user " + System.getProperty("user.name", "?");
    }

    private void done(String name, LogHead head, Settings settings) {
        spec.commandLine()
                .getOut()
                .println("restored " + name + " to " + settings.ledger() + ": "
                        + (head.entry() - 1) + " entries, and epoch " + head.epoch()
                        + " has begun. The next start computes the records");
    }
}
