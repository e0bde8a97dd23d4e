package io.jobledger.cli;

import io.jobledger.cli.view.ExitCodes;
import java.io.PrintWriter;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * A wrong command line gets the complaint, what may have been meant, and where help is: not the whole help, which would
 * hide them.
 */
final class UsageErrors implements IParameterExceptionHandler {
    @Override
    public int handleParseException(ParameterException e, String[] arguments) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        boolean noSubcommand = e.getMessage().equals("Missing required subcommand");
        err.println("jobledger: "
                + (noSubcommand
                        ? "say which: "
                                + String.join(
                                        ", ",
                                        command.getSubcommands().values().stream()
                                                .map(CommandLine::getCommandName)
                                                .collect(Collectors.toCollection(TreeSet::new)))
                        : e.getMessage()));
        if (e instanceof UnmatchedArgumentException unmatched) {
            List<String> meant = unmatched.getSuggestions();
            if (!meant.isEmpty()) {
                err.println("Did you mean "
                        + String.join(
                                " or ",
                                meant.stream()
                                        .limit(3)
                                        .map(one -> "'" + one + "'")
                                        .toList()) + "?");
            }
        }
        err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        err.flush();
        return ExitCodes.USAGE;
    }
}
