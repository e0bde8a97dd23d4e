package io.jobledger.cli.ask;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Which jobs. All filters that are given must hold. The fields are read by {@link ContextFilters}: an option's name is
 * the parameter's.
 */
@SuppressWarnings("unused")
public final class JobFilters {
    /** What {@code --status} takes. */
    enum Status {
        running,
        overdue,
        succeeded,
        failed,
        timed_out,
        cancelled,
        lost,
        closed,
        open
    }

    @Spec
    private CommandSpec self;

    @Option(names = "--host", paramLabel = "HOST", description = "Only jobs of this host, by its inventory name.")
    private String host;

    @Option(
            names = "--execution-host",
            paramLabel = "HOST",
            description = "Only jobs that run on this host (delegate_to).")
    private String executionHost;

    @Option(names = "--play", paramLabel = "PLAY", description = "Only jobs of plays with this name.")
    private String play;

    @Option(
            names = "--playbook",
            paramLabel = "NAME",
            description = "Only jobs of this playbook: its file name or path.")
    private String playbook;

    @Option(names = "--job", paramLabel = "JOB", description = "Only jobs with this name.")
    private String job;

    @Option(names = "--task", paramLabel = "TASK", description = "Only jobs of tasks with this name.")
    private String task;

    @Option(
            names = "--action",
            paramLabel = "ACTION",
            description = "Only jobs of this module, like ansible.builtin.command.")
    private String action;

    @Option(names = "--user", paramLabel = "USER", description = "Only jobs that this user started.")
    private String user;

    @Option(
            names = "--controller",
            paramLabel = "HOST",
            description = "Only jobs that were started from this controller.")
    private String controller;

    @Option(
            names = "--status",
            paramLabel = "STATUS",
            split = ",",
            description = "Only jobs that stand like this: ${COMPLETION-CANDIDATES}. Open is running or overdue. Can be"
                    + " repeated.")
    private List<Status> status;

    @Option(
            names = "--label",
            paramLabel = "KEY=VALUE",
            description = "Only jobs of runs with this label. Can be repeated; all must hold.")
    private List<String> label;

    @Option(
            names = {"--ansible-job-id", "--id"},
            paramLabel = "ID",
            description = "Only jobs with this id.")
    private String ansibleJobId;

    @Option(
            names = {"--run-id", "--run"},
            paramLabel = "RUN_ID",
            description = "Only jobs of this run.")
    private String runId;

    @Option(
            names = "--run-name",
            paramLabel = "NAME",
            description = "Only jobs of runs with this operator's name (JOBLEDGER_RUN_NAME).")
    private String runName;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description =
                    "Only jobs that started at this time or later: 15m, 36h or 7d ago, or like 2026-11-20T10:00:00Z.")
    private String since;

    @Option(names = "--until", paramLabel = "TIME", description = "Only jobs that started before this time.")
    private String until;

    @Option(
            names = "--finished-since",
            paramLabel = "TIME",
            description = "Only jobs that ended at this time or later.")
    private String finishedSince;

    @Option(names = "--finished-until", paramLabel = "TIME", description = "Only jobs that ended before this time.")
    private String finishedUntil;

    @Option(
            names = "--min-duration",
            paramLabel = "LENGTH",
            description = "Only jobs that took at least so long: 90s, 2h, 7d.")
    private String minDuration;

    @Option(names = "--max-duration", paramLabel = "LENGTH", description = "Only jobs that took at most so long.")
    private String maxDuration;

    @Option(names = "--unseen-for", paramLabel = "LENGTH", description = "Only jobs that nobody has seen for so long.")
    private String unseenFor;

    @Option(
            names = "--q",
            paramLabel = "TEXT",
            description = "Only jobs with this text in a name or message, whatever the case.")
    private String q;

    @Option(names = ContextFilters.LEFT_OUT, description = "Without the filters of the context.")
    private Boolean unfiltered;

    public boolean narrowsStatus() {
        return status != null;
    }

    /** The names of its options without their dashes. */
    public static List<String> names() {
        return ContextFilters.names(new JobFilters());
    }

    /** The query of those that were given, and of those that the context has. */
    public Query query(Connection connection, PrintWriter err) {
        return ContextFilters.query(self, connection.settings(), err);
    }

    /** As the other, for a command that shows what it reads. */
    public Query query(Reading reading) {
        return query(reading.connection(), reading.err());
    }
}
