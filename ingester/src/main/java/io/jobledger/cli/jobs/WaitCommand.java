package io.jobledger.cli.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.ask.JobFilters;
import io.jobledger.cli.ask.Query;
import io.jobledger.cli.ask.Reading;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.cli.view.Refused;
import io.jobledger.config.Durations;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jobs wait}: until jobs have ended. */
@Command(
        name = "wait",
        description =
                "Waits until a job, or all that fit, have ended: a line for each change, on a terminal also how far it"
                        + " is. Exits with 0 when they succeeded, with 4 as soon as one did not (failed, timed out,"
                        + " cancelled, lost or closed), with 5 when the time is up. -o json writes a record for each"
                        + " change.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Examples:",
            "  jobledger jobs wait db1 'Upgrade databases' 'Migrate schema' --timeout 2h",
            "  jobledger jobs wait --run-name release-42 --for ended",
            "  jobledger jobs wait --host db1 --open --for ended       before db1 is rebooted"
        })
final class WaitCommand implements Callable<Integer> {
    /** They change while a job goes on: what fits at first would not at the end. */
    private static final List<String> NO_FILTERS = List.of(
            "--status", "--finished-since", "--finished-until", "--min-duration", "--max-duration", "--unseen-for");

    private static final List<String> OF_A_NAME = List.of("--playbook", "--run-id", "--ansible-job-id");
    private static final Duration TICK = Duration.ofSeconds(1);

    @Spec
    private CommandSpec spec;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "HOST",
            description =
                    "The host's inventory name; alone: Ansible's id of the job. Without a name, all jobs that fit the"
                            + " filters are waited for.")
    private String host;

    @Parameters(index = "1", arity = "0..1", paramLabel = "PLAY", description = "The play's name.")
    private String play;

    @Parameters(index = "2", arity = "0..1", paramLabel = "JOB", description = "The job's name.")
    private String job;

    @Option(
            names = "--for",
            paramLabel = "END",
            defaultValue = "succeeded",
            description = "${COMPLETION-CANDIDATES}. ended: whatever the end, the exit code is 0. Default: succeeded.")
    private WaitedJobs.Aim aim;

    @Option(
            names = "--timeout",
            paramLabel = "LENGTH",
            description = "Give up after so long: 90s, 15m, 2h. Without it, the wait has no end of its own.")
    private String timeout;

    @Option(names = "--all", description = "Wait for all jobs that fit. This is what happens without it, too.")
    private boolean all;

    @Option(names = "--any", description = "One job is enough.")
    private boolean any;

    @Option(names = "--open", description = "Leave out jobs that had ended when the wait began.")
    private boolean open;

    @Mixin
    private JobFilters filters;

    @Mixin
    private Reading reading;

    private final WaitedJobs jobs = new WaitedJobs();

    @Override
    public Integer call() {
        Duration patience = patience();
        WaitSource source = source();
        WatchView view = view();
        WaitReport report = new WaitReport(reading.err());
        long began = System.nanoTime();
        take(source.first(), view, report);
        if (jobs.size() == 0 && open) {
            report.nothingOpen();
            return ExitCodes.OK;
        }
        if (jobs.size() == 0) {
            throw new CommandFailed(ExitCodes.NOT_FOUND, "no job fits");
        }
        if (verdict() == WaitedJobs.Verdict.OPEN) {
            report.begin(jobs);
        }
        Pauses pauses = new Pauses();
        while (verdict() == WaitedJobs.Verdict.OPEN) {
            Duration waited = Duration.ofNanos(System.nanoTime() - began);
            Duration left = patience == null ? source.longestLook() : patience.minus(waited);
            if (left.isZero() || left.isNegative()) {
                report.open(jobs, waited);
                return ExitCodes.STILL_OPEN;
            }
            report.draw(jobs, waited);
            look(source, shortest(left, report.progress() ? TICK : source.longestLook()), left, view, report, pauses);
        }
        report.clear();
        return end(report);
    }

    private Integer end(WaitReport report) {
        if (jobs.size() == 0) {
            throw new CommandFailed(
                    ExitCodes.NOT_FOUND, "the jobs were removed from the ledger while they were waited for");
        }
        if (verdict() == WaitedJobs.Verdict.MISSED) {
            report.missed(jobs);
            return ExitCodes.ATTENTION;
        }
        return ExitCodes.OK;
    }

    /** One look, which may take as long as {@code patience}. An ingester that is away for a while ends no wait. */
    private void look(
            WaitSource source, Duration patience, Duration left, WatchView view, WaitReport report, Pauses pauses) {
        long began = System.nanoTime();
        try {
            boolean changed = take(source.next(jobs, patience), view, report);
            pauses.well();
            if (!changed) {
                // An answer that comes at once must not be asked for again at once.
                pauses.rest(shortest(left, patience).minusNanos(System.nanoTime() - began), TICK);
            }
        } catch (Refused e) {
            if (e.status() / 100 == 4 && e.status() != 429) {
                throw e;
            }
            pauses.trouble(e, report, left);
        } catch (CommandFailed e) {
            pauses.trouble(e, report, left);
        }
    }

    private boolean take(List<JsonNode> records, WatchView view, WaitReport report) {
        List<JsonNode> changed = records.stream().filter(jobs::take).toList();
        if (!changed.isEmpty()) {
            report.clear();
            changed.forEach(view::changed);
        }
        return !changed.isEmpty();
    }

    private WaitedJobs.Verdict verdict() {
        return jobs.verdict(aim, any);
    }

    private static Duration shortest(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private Duration patience() {
        if (any && all) {
            throw wrong("--any and --all exclude each other");
        }
        try {
            return timeout == null ? null : Durations.parse(timeout);
        } catch (IllegalArgumentException e) {
            throw wrong("--timeout " + e.getMessage());
        }
    }

    private WaitSource source() {
        List<String> given = spec.mixins().get("filters").options().stream()
                .filter(option -> option.getValue() != null)
                .map(option -> option.names()[0])
                .toList();
        given.stream().filter(NO_FILTERS::contains).findFirst().ifPresent(name -> {
            throw wrong("wait looks at how jobs end; it takes no " + name);
        });
        long names = Stream.of(host, play, job).filter(Objects::nonNull).count();
        if (names == 0) {
            if (given.isEmpty()) {
                throw wrong("say which job: HOST PLAY JOB, or filters such as --run");
            }
            return new WaitSource.Filtered(reading.api(), filters.query(reading), open);
        }
        if (names == 2) {
            throw wrong("a job is named by HOST PLAY JOB, or by Ansible's id alone");
        }
        given.stream().filter(name -> !OF_A_NAME.contains(name)).findFirst().ifPresent(name -> {
            throw wrong("with HOST PLAY JOB it takes --playbook, --run and --id, and no " + name);
        });
        if (open || any || all) {
            throw wrong("--open, --any and --all are for several jobs, not for HOST PLAY JOB");
        }
        Query narrowing = new Query();
        spec.mixins().get("filters").options().stream()
                .filter(option -> OF_A_NAME.contains(option.names()[0]))
                .forEach(option -> narrowing.and(
                        option.names()[0].equals("--ansible-job-id")
                                ? "id"
                                : option.names()[0].substring(2).replace('-', '_'),
                        option.getValue()));
        if (names == 1) {
            return new WaitSource.Named(
                    reading.api(), JobName.of(reading.api(), host).path(), narrowing.and("id", host));
        }
        return new WaitSource.Named(reading.api(), JobName.path(host, play, job), narrowing);
    }

    private WatchView view() {
        return switch (reading.format()) {
            case table, wide -> new WatchView.Lines(reading);
            case json, ndjson -> new WatchView.Records(reading);
            case csv -> throw wrong("wait writes no csv; -o is table, wide, json or ndjson");
        };
    }

    private ParameterException wrong(String text) {
        return new ParameterException(spec.commandLine(), text);
    }

    /** How long to rest between two looks. */
    private static final class Pauses {
        private static final Duration LONGEST = Duration.ofSeconds(15);

        private Duration next = Duration.ofMillis(500);
        private boolean troubled;

        void well() {
            next = Duration.ofMillis(500);
            troubled = false;
        }

        void trouble(CommandFailed why, WaitReport report, Duration left) {
            if (!troubled) {
                report.trouble(why.getMessage());
            }
            troubled = true;
            rest(left, next);
            next = shortest(next.multipliedBy(2), LONGEST);
        }

        void rest(Duration left, Duration most) {
            try {
                Thread.sleep(Math.max(0, shortest(left, most).toMillis()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CommandFailed("interrupted while waiting");
            }
        }
    }
}
