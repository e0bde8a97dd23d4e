package io.jobledger.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.codegen.docgen.manpage.ManPageGenerator;

/**
 * Writes the manual's pages as AsciiDoc, one for each command that is not hidden, for a release. Argument: the
 * directory.
 */
public final class ManPages {
    private ManPages() {}

    public static void main(String[] args) throws Exception {
        Path directory = Files.createDirectories(Path.of(args[0]));
        List<CommandSpec> commands = new ArrayList<>();
        collect(Main.commandLine(), commands);
        int code = ManPageGenerator.generateManPage(
                directory.toFile(), null, new boolean[0], false, commands.toArray(CommandSpec[]::new));
        if (code != 0) {
            throw new IllegalStateException("picocli could not write the manual; its exit code is " + code);
        }
    }

    private static void collect(CommandLine command, List<CommandSpec> commands) {
        if (command.getCommandSpec().usageMessage().hidden()) {
            return;
        }
        commands.add(command.getCommandSpec());
        command.getSubcommands().values().stream().distinct().forEach(child -> collect(child, commands));
    }
}
