package io.jobledger.cli.ask;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How much of a list, and in which order. */
public final class Paging {
    private static final int PAGE = 1000;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(names = "--limit", paramLabel = "N", description = "Most rows, 1 to 1000.")
    private Integer limit;

    @Option(names = "--all", description = "All rows, however many; they are shown as they come.")
    private boolean all;

    @Option(
            names = "--cursor",
            paramLabel = "CURSOR",
            description = "Go on where an earlier answer ended: the 'next' of its JSON.")
    private String cursor;

    @Option(
            names = "--sort",
            paramLabel = "FIELD",
            description = "Order by this field; with - before it the other way round, like --sort=-started_at.")
    private String sort;

    @Option(
            names = "--total",
            description = "Say how many there are altogether. Counting takes time in a large ledger.")
    private boolean total;

    public boolean all() {
        if (all && limit != null) {
            throw new ParameterException(command.commandLine(), "--all and --limit exclude each other");
        }
        return all;
    }

    boolean total() {
        return total;
    }

    /** The query of the first page. */
    public Query first(Query filters) {
        return filters.copy()
                .and("sort", sort)
                .and("limit", all() ? Integer.valueOf(PAGE) : limit)
                .and("cursor", cursor)
                .flag("total", total);
    }

    /** The query of a later page. */
    public Query next(Query filters, String after) {
        return filters.copy()
                .and("sort", sort)
                .and("limit", all() ? Integer.valueOf(PAGE) : limit)
                .and("cursor", after);
    }

    /** The query of a stream of rows: all of them when there is no limit. */
    Query stream(Query filters, int usual) {
        return filters.copy()
                .and("sort", sort)
                .and("limit", all() ? null : limit == null ? usual : limit)
                .and("cursor", cursor);
    }
}
