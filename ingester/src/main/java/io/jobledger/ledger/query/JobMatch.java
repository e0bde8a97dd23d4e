package io.jobledger.ledger.query;

import io.jobledger.model.JobRecord;
import io.jobledger.model.Run;
import io.jobledger.model.RunInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;

/** A job filter, asked of one record instead of the ledger. Thread-safe. */
public final class JobMatch {
    private final JobFilter filter;

    public JobMatch(JobFilter filter) {
        this.filter = filter;
    }

    /** @param run the job's run; null where it is not known */
    public boolean fits(JobRecord job, Run run, Instant now) {
        return same(filter.host(), job.key().host())
                && same(filter.play(), job.key().play())
                && same(filter.job(), job.key().job())
                && same(filter.executionHost(), job.executionHost())
                && (filter.playbook() == null || job.fromPlaybook(filter.playbook()))
                && same(filter.task(), job.task())
                && same(filter.action(), job.action())
                && same(
                        filter.ansibleJobId(),
                        job.jobId() == null ? null : job.jobId().value())
                && (filter.run() == null || filter.run().equals(job.run()))
                && ofRun(run)
                && status(job, now)
                && within(filter.started(), job.startedAt())
                && within(filter.finished(), job.finishedAt())
                && duration(job, now)
                && text(job);
    }

    /** What of the filter can be asked of a run. */
    public boolean fitsRun(Run run) {
        RunInfo info = run == null ? null : run.info();
        return run != null
                && (filter.run() == null || filter.run().equals(run.id()))
                && (filter.playbook() == null
                        || info != null
                                && (filter.playbook().equals(info.playbook())
                                        || filter.playbook().equals(info.playbookPath())))
                && ofRun(run);
    }

    private boolean ofRun(Run run) {
        RunInfo info = run == null ? null : run.info();
        return same(filter.runName(), info == null ? null : info.runName())
                && same(filter.user(), info == null ? null : info.user())
                && same(filter.controller(), info == null ? null : info.controller())
                && filter.labels().stream().allMatch(label -> has(info, label));
    }

    private static boolean has(RunInfo info, Label label) {
        return info != null && label.value().equals(info.labels().get(label.key()));
    }

    private boolean status(JobRecord job, Instant now) {
        return filter.statuses().isEmpty() && !filter.overdue()
                || filter.statuses().contains(job.status())
                || filter.overdue() && job.overdue(now);
    }

    private static boolean within(TimeRange range, Instant time) {
        return range.always()
                || time != null
                        && (range.since() == null || !time.isBefore(range.since()))
                        && (range.until() == null || time.isBefore(range.until()));
    }

    private boolean duration(JobRecord job, Instant now) {
        Duration took = Duration.between(job.startedAt(), job.finishedAt() == null ? now : job.finishedAt());
        return (filter.minDuration() == null || took.compareTo(filter.minDuration()) >= 0)
                && (filter.maxDuration() == null || took.compareTo(filter.maxDuration()) <= 0);
    }

    private boolean text(JobRecord job) {
        return filter.text() == null
                || Stream.of(job.key().host(), job.key().play(), job.key().job(), job.task(), job.message())
                        .filter(Objects::nonNull)
                        .anyMatch(name -> name.toLowerCase(Locale.ROOT)
                                .contains(filter.text().toLowerCase(Locale.ROOT)));
    }

    private static boolean same(String wanted, String is) {
        return wanted == null || wanted.equals(is);
    }
}
