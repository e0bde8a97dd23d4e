package io.jobledger.cli;

import io.jobledger.cli.ask.Connection;
import io.jobledger.cli.ask.Export;
import io.jobledger.cli.ask.JobFilters;
import io.jobledger.cli.ask.Paging;
import io.jobledger.cli.ask.Reading;
import io.jobledger.cli.ask.RunFilters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** Options in groups: those that a command shares with others stand under the same title everywhere. */
final class HelpSections {
    private static final Map<Class<?>, String> TITLES = new LinkedHashMap<>();

    static {
        TITLES.put(JobFilters.class, "Which jobs (all that are given must hold):");
        TITLES.put(RunFilters.class, "Which runs (all that are given must hold):");
        TITLES.put(Paging.class, "How many:");
        TITLES.put(Export.class, "Where to:");
        TITLES.put(Connection.class, "The ingester:");
        TITLES.put(Reading.class, "The ingester, and how its answer is shown:");
    }

    private HelpSections() {}

    /** Groups the options of a command and of all below it. */
    static void install(CommandLine command) {
        command.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, HelpSections::text);
        command.getSubcommands().values().forEach(HelpSections::install);
    }

    /** The options of a command by their title; those of its own come first, under none. */
    static Map<String, List<OptionSpec>> of(CommandSpec command) {
        Map<String, List<OptionSpec>> groups = new LinkedHashMap<>();
        List<OptionSpec> rest = new ArrayList<>(
                command.options().stream().filter(option -> !option.hidden()).toList());
        groups.put("", rest);
        for (CommandSpec mixin : command.mixins().values()) {
            String title = mixin.userObject() == null
                    ? null
                    : TITLES.get(mixin.userObject().getClass());
            if (title != null) {
                List<String> names =
                        mixin.options().stream().map(OptionSpec::longestName).toList();
                groups.put(
                        title,
                        command.options().stream()
                                .filter(option -> names.contains(option.longestName()))
                                .toList());
                rest.removeIf(option -> names.contains(option.longestName()));
            }
        }
        groups.values().removeIf(List::isEmpty);
        return groups;
    }

    private static String text(Help help) {
        StringBuilder text = new StringBuilder();
        of(help.commandSpec()).forEach((title, options) -> {
            Help.Layout layout = help.createDefaultLayout(options, List.of(), help.colorScheme());
            layout.addOptions(options, help.createDefaultParamLabelRenderer());
            text.append(title.isEmpty() ? "" : System.lineSeparator() + title + System.lineSeparator())
                    .append(layout);
        });
        return text.toString();
    }
}
