package io.jobledger.cli.jobs;

import io.jobledger.cli.view.CommandFailed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/**
 * A command of Ansible's, shown for a shell or run here. It is run by its words: no shell reads them. Not thread-safe.
 */
final class AnsibleCommand {
    /**
     * No other text of a record is given to Ansible: names come from outside, and the shell, Ansible's host patterns
     * and its templates would all read something into it.
     */
    static final Pattern PLAIN = Pattern.compile("[\\p{L}\\p{N}_][\\p{L}\\p{N}_.@-]*");

    static final Pattern PLAIN_PATH = Pattern.compile("[/~][\\p{L}\\p{N}_./@-]*");

    private static final Pattern TEMPLATE = Pattern.compile("\\{[{%#]");
    private static final Pattern NEEDS_NO_QUOTES = Pattern.compile("[A-Za-z0-9_./:@%+=,-]+");

    private final List<String> words;

    private AnsibleCommand(List<String> words) {
        this.words = List.copyOf(words);
    }

    /** With what Ansible is given to reach hosts. */
    static final class Reach {
        @Option(
                names = {"-i", "--inventory"},
                paramLabel = "INVENTORY",
                description = "Ansible's inventory: run the command here, and do not only show it. Can be repeated.")
        private List<String> inventories = List.of();

        boolean given() {
            return !inventories.isEmpty();
        }

        /** The command: its first words, the inventories, its own words, and what the user adds. */
        AnsibleCommand command(List<String> first, List<String> own, List<String> more) {
            List<String> words = new ArrayList<>(first);
            (given() ? inventories : List.of("INVENTORY")).forEach(one -> words.addAll(List.of("-i", one)));
            words.addAll(own);
            words.addAll(more);
            return new AnsibleCommand(words);
        }
    }

    /** Whether Ansible would read a template in it, and run what it says. */
    static boolean holdsTemplate(String text) {
        return TEMPLATE.matcher(text).find();
    }

    /** The command as a POSIX shell takes it. */
    String shell() {
        return String.join(" ", words.stream().map(AnsibleCommand::quoted).toList());
    }

    private static String quoted(String word) {
        return NEEDS_NO_QUOTES.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    /** Runs it with this program's own streams; returns its exit code. */
    int run(Map<String, String> environment) {
        return await(start(new ProcessBuilder(words).inheritIO(), environment));
    }

    /**
     * Runs it and returns what it wrote to standard output; the rest goes to this program's standard error.
     *
     * @param ended hears of its exit code
     */
    String output(Map<String, String> environment, IntConsumer ended) {
        Process process = start(
                new ProcessBuilder(words)
                        .redirectInput(ProcessBuilder.Redirect.INHERIT)
                        .redirectError(ProcessBuilder.Redirect.INHERIT),
                environment);
        try {
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            ended.accept(await(process));
            return text;
        } catch (IOException e) {
            process.destroy();
            throw new CommandFailed("the answer of " + words.get(0) + " broke off: " + e.getMessage());
        }
    }

    private Process start(ProcessBuilder builder, Map<String, String> environment) {
        builder.environment().putAll(environment);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new CommandFailed(words.get(0) + " cannot be started here: " + e.getMessage()
                    + ". Where Ansible is, run\n" + shell());
        }
    }

    private static int await(Process process) {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new CommandFailed("interrupted while Ansible ran");
        }
    }
}
