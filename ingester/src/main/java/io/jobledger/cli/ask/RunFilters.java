package io.jobledger.cli.ask;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Which runs. All filters that are given must hold. The fields are read by {@link ContextFilters}: an option's name is
 * the parameter's.
 */
@SuppressWarnings("unused")
public final class RunFilters {
    /** What {@code --state} takes. */
    enum State {
        running,
        finished,
        interrupted
    }

    /** What {@code --kind} takes. */
    enum Kind {
        playbook,
        adhoc
    }

    @Spec
    private CommandSpec self;

    @Option(
            names = "--run-name",
            paramLabel = "NAME",
            description = "Only runs with this operator's name (JOBLEDGER_RUN_NAME).")
    private String runName;

    @Option(
            names = "--playbook",
            paramLabel = "NAME",
            description = "Only runs of this playbook: its file name or path.")
    private String playbook;

    @Option(names = "--user", paramLabel = "USER", description = "Only runs of this user.")
    private String user;

    @Option(names = "--controller", paramLabel = "HOST", description = "Only runs from this controller.")
    private String controller;

    @Option(names = "--host", paramLabel = "HOST", description = "Only runs that started a job for this host.")
    private String host;

    @Option(
            names = "--state",
            paramLabel = "STATE",
            split = ",",
            description = "Only runs in this state: ${COMPLETION-CANDIDATES}. Can be repeated.")
    private List<State> state;

    @Option(names = "--kind", paramLabel = "KIND", description = "Only this kind: ${COMPLETION-CANDIDATES}.")
    private Kind kind;

    @Option(
            names = "--check-mode",
            arity = "1",
            paramLabel = "BOOLEAN",
            description = "true: only runs with --check; false: only runs without.")
    private Boolean checkMode;

    @Option(
            names = "--label",
            paramLabel = "KEY=VALUE",
            description = "Only runs with this label. Can be repeated; all must hold.")
    private List<String> label;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description =
                    "Only runs that started at this time or later: 15m, 36h or 7d ago, or like 2026-11-20T10:00:00Z.")
    private String since;

    @Option(names = "--until", paramLabel = "TIME", description = "Only runs that started before this time.")
    private String until;

    @Option(
            names = "--finished-since",
            paramLabel = "TIME",
            description = "Only runs that ended at this time or later.")
    private String finishedSince;

    @Option(names = "--finished-until", paramLabel = "TIME", description = "Only runs that ended before this time.")
    private String finishedUntil;

    @Option(names = "--q", paramLabel = "TEXT", description = "Only runs with this text in a name, whatever the case.")
    private String q;

    @Option(names = "--incomplete", description = "Only runs of which the ledger lacks events.")
    private boolean incomplete;

    @Option(names = ContextFilters.LEFT_OUT, description = "Without the filters of the context.")
    private Boolean unfiltered;

    /** The names of its options without their dashes. */
    public static List<String> names() {
        return ContextFilters.names(new RunFilters());
    }

    /** The query of those that were given, and of those that the context has. */
    Query query(Connection connection, PrintWriter err) {
        return ContextFilters.query(self, connection.settings(), err);
    }

    /** As the other, for a command that shows what it reads. */
    Query query(Reading reading) {
        return query(reading.connection(), reading.err());
    }
}
