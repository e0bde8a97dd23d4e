package io.jobledger.cli;

import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Completion for fish, which picocli does not write: commands, options with what they mean, and the values of those
 * that know theirs.
 */
final class FishCompletion {
    /**
     * A command is offered where exactly the words of its parent stand before the cursor, an option anywhere behind its
     * command.
     */
    private static final String FUNCTIONS = """
            function __jobledger_words
                set -l words (commandline -opc)
                string match -v -- '-*' $words[2..-1]
            end

            function __jobledger_at
                test (string join ' ' (__jobledger_words)) = "$argv"
            end

            function __jobledger_in
                string match -q -- "$argv *" (string join ' ' (__jobledger_words))' '
            end

            """;

    private FishCompletion() {}

    /** The script for a program and all of its commands that are not hidden. */
    static String of(CommandLine program) {
        StringBuilder script = new StringBuilder(FUNCTIONS);
        // No file names, but where an option or a parameter takes a file.
        script.append("complete -c jobledger -f\n");
        add(script, "", program);
        return script.toString();
    }

    private static void add(StringBuilder script, String path, CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        for (Map.Entry<String, CommandLine> child : command.getSubcommands().entrySet()) {
            CommandSpec below = child.getValue().getCommandSpec();
            // A second name of a command is there as well; one is enough to be offered.
            if (!below.usageMessage().hidden() && child.getKey().equals(below.name())) {
                line(
                        script,
                        "-n " + quoted("__jobledger_at " + path) + " -a " + quoted(child.getKey()),
                        description(child.getValue().getCommandSpec()));
                add(script, (path + " " + child.getKey()).strip(), child.getValue());
            }
        }
        String within = path.isEmpty() ? "-n __jobledger_at" : "-n " + quoted("__jobledger_in " + path);
        for (OptionSpec option : spec.options()) {
            if (!option.hidden()) {
                line(script, within + names(option) + value(option), first(option.description()));
            }
        }
        for (PositionalParamSpec parameter : spec.positionalParameters()) {
            if (parameter.completionCandidates() != null) {
                line(script, within + " -a " + quoted(candidates(parameter.completionCandidates())), "");
            } else if (parameter.paramLabel().contains("FILE")) {
                line(script, within + " -F", "");
            }
        }
    }

    private static String names(OptionSpec option) {
        StringBuilder names = new StringBuilder();
        for (String name : option.names()) {
            names.append(name.startsWith("--") ? " -l " : name.length() == 2 ? " -s " : " -o ")
                    .append(name.replaceFirst("^--?", ""));
        }
        return names.toString();
    }

    private static String value(OptionSpec option) {
        if (option.arity().max() == 0 || option.type() == boolean.class) {
            return "";
        }
        if (option.completionCandidates() != null) {
            return " -x -a " + quoted(candidates(option.completionCandidates()));
        }
        return option.paramLabel().contains("FILE") || option.paramLabel().contains("DIR") ? " -r -F" : " -x";
    }

    private static String candidates(Iterable<String> candidates) {
        return StreamSupport.stream(candidates.spliterator(), false).collect(Collectors.joining(" "));
    }

    private static String description(CommandSpec spec) {
        return first(spec.usageMessage().description());
    }

    /** The first sentence: fish shows one line. */
    private static String first(String[] description) {
        return description.length == 0 ? "" : description[0].replaceFirst("(?s)([.;:])\\s.*", "$1");
    }

    private static void line(StringBuilder script, String what, String description) {
        script.append("complete -c jobledger ")
                .append(what)
                .append(description.isEmpty() ? "" : " -d " + quoted(description))
                .append('\n');
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
