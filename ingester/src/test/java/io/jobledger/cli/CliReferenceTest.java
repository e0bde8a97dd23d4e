package io.jobledger.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.Wire;
import io.jobledger.config.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * The reference page of the commands is written from the commands themselves. {@code ./mvnw -pl ingester test
 * -Dtest=CliReferenceTest -DargLine=-Djobledger.write-docs=true} writes it anew; what stands above the marker is
 * written by hand.
 */
class CliReferenceTest {
    private static final String MARKER =
            "<!-- From here on written by CliReferenceTest from the commands themselves. -->\n";

    @Test
    void referencePage_saysWhatTheCommandsSay() throws IOException {
        Path page = Wire.checkout().resolve("docs/reference/cli.md");
        String text = Files.readString(page);
        assertThat(text).contains(MARKER);
        String expected = text.substring(0, text.indexOf(MARKER)) + MARKER + reference();
        if (Boolean.getBoolean("jobledger.write-docs")) {
            Files.writeString(page, expected);
        }
        assertThat(Files.readString(page))
                .as("the page is behind the commands; the comment of this test says how to write it anew")
                .isEqualTo(expected);
    }

    @Test
    void everyCommandAndOption_isDescribed() {
        for (CommandSpec command : commands(Main.commandLine())) {
            assertThat(command.usageMessage().description())
                    .as(command.qualifiedName())
                    .isNotEmpty();
            assertThat(command.options())
                    .allSatisfy(option -> assertThat(option.description())
                            .as(command.qualifiedName() + " " + option.longestName())
                            .isNotEmpty());
            assertThat(command.positionalParameters())
                    .allSatisfy(one -> assertThat(one.description())
                            .as(command.qualifiedName() + " " + one.paramLabel())
                            .isNotEmpty());
        }
    }

    private static List<CommandSpec> commands(CommandLine command) {
        List<CommandSpec> all = new ArrayList<>();
        if (!command.getCommandSpec().usageMessage().hidden()
                && !command.getCommandName().equals("help")) {
            all.add(command.getCommandSpec());
            below(command.getCommandSpec()).forEach(one -> all.addAll(commands(one)));
        }
        return all;
    }

    /** By name, since Java does not promise the order of methods; the first level has an order of its own. */
    private static List<CommandLine> below(CommandSpec command) {
        // A command stands there once for each of its names.
        Stream<CommandLine> shown = command.subcommands().values().stream()
                .distinct()
                .filter(one -> !one.getCommandSpec().usageMessage().hidden());
        return (command.parent() == null ? shown : shown.sorted(Comparator.comparing(CommandLine::getCommandName)))
                .toList();
    }

    private static String names(CommandLine command) {
        String[] others = command.getCommandSpec().aliases();
        return "`" + command.getCommandName() + "`"
                + (others.length == 0 ? "" : " (or `" + String.join("`, `", others) + "`)");
    }

    private static String reference() {
        StringBuilder text = new StringBuilder();
        for (CommandSpec command : commands(Main.commandLine())) {
            text.append("\n## `")
                    .append(command.qualifiedName())
                    .append("`\n\n")
                    .append(plain(command.usageMessage().description()))
                    .append('\n');
            if (!command.subcommands().isEmpty()) {
                text.append("\nCommands: ")
                        .append(String.join(
                                ", ",
                                below(command).stream()
                                        .map(CliReferenceTest::names)
                                        .toList()))
                        .append(".\n");
            }
            rows(
                    text,
                    "",
                    command.positionalParameters().stream()
                            .map(CliReferenceTest::row)
                            .toList(),
                    "argument");
            if (command.optionsMap().containsKey("--config")) {
                text.append("\nSettings are options of it: [settings](settings.md).\n");
            }
            HelpSections.of(command)
                    .forEach((title, options) -> rows(
                            text,
                            title,
                            options.stream()
                                    .filter(one -> !standard(one))
                                    .map(CliReferenceTest::row)
                                    .toList(),
                            "option"));
            List<String> footer = Stream.of(command.usageMessage().footer())
                    .filter(line -> line.startsWith("  "))
                    .map(line -> line.substring(2))
                    .toList();
            if (!footer.isEmpty()) {
                text.append("\n```\n").append(String.join("\n", footer)).append("\n```\n");
            }
        }
        return text.toString();
    }

    /** Every command has these, or they stand on the page of the settings. */
    private static boolean standard(OptionSpec option) {
        return List.of("--help", "--version", "--config").contains(option.longestName())
                || Arrays.stream(Setting.values())
                        .anyMatch(setting -> setting.flag().equals(option.longestName())
                                && option.description()[0].startsWith(
                                        setting.meaning().substring(0, 10)));
    }

    private static void rows(StringBuilder text, String title, List<String> rows, String what) {
        if (!rows.isEmpty()) {
            text.append('\n')
                    .append(title.isEmpty() ? "" : title + "\n\n")
                    .append("| ")
                    .append(what)
                    .append(" | meaning |\n|---|---|\n")
                    .append(String.join("\n", rows))
                    .append('\n');
        }
    }

    private static String row(OptionSpec option) {
        String names = String.join(", ", option.names());
        return "| `" + names + (option.arity().max() == 0 ? "" : " " + option.paramLabel()) + "` | "
                + cell(option.description()) + " |";
    }

    private static String row(PositionalParamSpec argument) {
        return "| `" + argument.paramLabel() + "` | " + cell(argument.description()) + " |";
    }

    private static String cell(String[] lines) {
        return plain(lines).replace("|", "\\|");
    }

    private static String plain(String[] lines) {
        return String.join(" ", Arrays.asList(lines))
                .replace("%%", "%")
                .replace("$$", "$")
                .replace("<", "&lt;");
    }
}
