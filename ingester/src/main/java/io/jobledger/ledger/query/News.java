package io.jobledger.ledger.query;

import io.jobledger.model.JobRecord;
import io.jobledger.model.Run;
import java.time.Duration;
import java.time.Instant;

/**
 * One thing that the ledger came to know, as of the entry that told it. It follows from the log alone: who reads the
 * same entry again gets the same news.
 *
 * @param place the entry
 * @param after for overdue jobs, how long after the deadline; else null
 * @param at when it happened, by the clock of who told it
 * @param job the job's record as of that entry; null where it is about no job
 * @param run the run as it stands now; null where none is known
 * @param detail for people; null where the record says it all
 */
public record News(LogPlace place, NewsKind kind, Duration after, Instant at, JobRecord job, Run run, String detail) {
    /** What names it for those outside, for ever: {@code epoch-entry-kind}. */
    public String id() {
        return place.text() + "-" + event();
    }

    /** Its kind as it is subscribed to: {@code failed}, {@code overdue}, {@code overdue+2h}. */
    public String event() {
        return after == null || after.isZero() ? kind.wire() : kind.wire() + "+" + text(after);
    }

    /** News of the same subject are delivered in their order. */
    public String subject() {
        return job != null
                ? "job " + job.executionHost() + " " + (job.jobId() == null ? job.key() : job.jobId())
                : run != null ? "run " + run.id() : "ledger";
    }

    /** The shortest spelling: {@code 90s}, {@code 2h}. */
    public static String text(Duration time) {
        long seconds = time.toSeconds();
        return seconds % 86_400 == 0
                ? seconds / 86_400 + "d"
                : seconds % 3600 == 0 ? seconds / 3600 + "h" : seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
    }
}
