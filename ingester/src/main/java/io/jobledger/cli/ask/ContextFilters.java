package io.jobledger.cli.ask;

import io.jobledger.cli.context.ClientSettings;
import io.jobledger.terminal.Printable;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The filters that a context has for lists: each counts where its option was not given. */
final class ContextFilters {
    /** The option that leaves them out. */
    static final String LEFT_OUT = "--unfiltered";

    private ContextFilters() {}

    /** The filters that a mixin's options are, without their dashes. */
    static List<String> names(Object mixin) {
        return CommandSpec.forAnnotatedObject(mixin).options().stream()
                .map(option -> option.names()[0])
                .filter(name -> !name.equals(LEFT_OUT))
                .map(name -> name.substring(2))
                .toList();
    }

    /**
     * The query of a mixin's options, with what the context has for those that were not given.
     *
     * @param mixin filters and {@link #LEFT_OUT}
     * @param err hears which filters of the context count
     */
    static Query query(CommandSpec mixin, ClientSettings settings, PrintWriter err) {
        Query query = new Query();
        boolean leftOut = Boolean.TRUE.equals(mixin.optionsMap().get(LEFT_OUT).getValue());
        Map<String, List<String>> ofContext = leftOut ? Map.of() : settings.filters();
        List<String> used = new ArrayList<>();
        for (OptionSpec option : mixin.options()) {
            String name = option.names()[0].substring(2);
            if (option.names()[0].equals(LEFT_OUT)) {
                continue;
            }
            boolean given =
                    option.arity().max() == 0 ? Boolean.TRUE.equals(option.getValue()) : option.getValue() != null;
            List<String> values = given ? null : ofContext.get(name);
            if (values != null) {
                query.and(name.replace('-', '_'), values);
                values.forEach(value -> used.add("--" + name + " " + value));
            } else if (given && name.equals("run-id")) {
                query.and("run_id", RunIds.whole(new ApiClient(settings), option.getValue()));
            } else {
                query.andOption(option);
            }
        }
        if (!used.isEmpty()) {
            err.println(
                    "Filters of the context " + settings.context().orElseThrow().name() + ": "
                            + Printable.of(String.join(", ", used)) + "; " + LEFT_OUT + " leaves them out");
            err.flush();
        }
        return query;
    }
}
