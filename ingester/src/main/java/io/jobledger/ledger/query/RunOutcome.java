package io.jobledger.ledger.query;

import java.util.ArrayList;
import java.util.List;

/**
 * How a run went, by the jobs that it started.
 *
 * @param jobs how they stand
 * @param hosts how many hosts they are of
 */
public record RunOutcome(JobCounts jobs, long hosts) {
    /** Of a run that started no job. */
    public static final RunOutcome NONE = new RunOutcome(new JobCounts(0, 0, 0, 0, 0, 0, 0, 0, 0), 0);

    /** The worst that can be said of the jobs, in one word. */
    public enum Verdict {
        /** A job failed, ran out of time or was lost. */
        FAILED,
        /** No job did, and one runs past its deadline. */
        OVERDUE,
        /** No job did, and one still runs. */
        RUNNING,
        /** No job did, and one was cancelled. */
        CANCELLED,
        /** Every job succeeded, or was closed by hand. */
        SUCCEEDED,
        /** There are no jobs. */
        NONE;

        /** The spelling of the API. */
        public String wire() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** The worst of the jobs. */
    public Verdict verdict() {
        if (jobs.failed() + jobs.timedOut() + jobs.lost() > 0) {
            return Verdict.FAILED;
        }
        if (jobs.running() > 0) {
            return jobs.overdue() > 0 ? Verdict.OVERDUE : Verdict.RUNNING;
        }
        if (jobs.cancelled() > 0) {
            return Verdict.CANCELLED;
        }
        return jobs.jobs() > 0 ? Verdict.SUCCEEDED : Verdict.NONE;
    }

    /** In a few words: {@code failed 3, lost 1, of 12 jobs on 12 hosts}, or {@code failed 3 of 12 jobs on 12 hosts}. */
    public String words() {
        if (jobs.jobs() == 0) {
            return "no jobs";
        }
        String all = count(jobs.jobs(), "job") + " on " + count(hosts, "host");
        if (jobs.succeeded() == jobs.jobs()) {
            return (jobs.jobs() == 1 ? "succeeded, " : "all succeeded, ") + all;
        }
        List<String> parts = new ArrayList<>();
        add(parts, "failed", jobs.failed());
        add(parts, "timed out", jobs.timedOut());
        add(parts, "lost", jobs.lost());
        add(parts, "overdue", jobs.overdue());
        add(parts, "running", jobs.running() - jobs.overdue());
        add(parts, "cancelled", jobs.cancelled());
        add(parts, "closed", jobs.closed());
        return String.join(", ", parts) + (parts.size() > 1 ? ", of " : " of ") + all;
    }

    private static void add(List<String> parts, String word, long number) {
        if (number > 0) {
            parts.add(word + " " + number);
        }
    }

    private static String count(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }
}
