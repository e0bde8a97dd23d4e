package io.jobledger.ledger.query;

import io.jobledger.model.JobStatus;
import io.jobledger.model.RunId;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Narrows a list of jobs; all parts hold together, null and empty parts do not narrow. Names are those of
 * {@link io.jobledger.model.Job#mainKey}.
 *
 * @param playbook file name or path
 * @param user who started the run
 * @param controller where the run was started
 * @param statuses jobs of any of these; {@code RUNNING} includes the overdue
 * @param overdue also jobs that run past their deadline; alone, only those
 * @param labels of the run; all must be there
 * @param minDuration of an open job: the time since its start
 * @param unseenFor nobody has seen the job for at least so long
 * @param text part of a name (host, play, job, task) or of the message, ignoring case; costs a scan of what the other
 *     parts leave
 */
public record JobFilter(
        String host,
        String executionHost,
        String play,
        String playbook,
        String job,
        String task,
        String action,
        String user,
        String controller,
        Set<JobStatus> statuses,
        boolean overdue,
        List<Label> labels,
        String ansibleJobId,
        RunId run,
        String runName,
        TimeRange started,
        TimeRange finished,
        Duration minDuration,
        Duration maxDuration,
        Duration unseenFor,
        String text) {
    public static final JobFilter ALL = builder().build();

    public JobFilter {
        statuses = Set.copyOf(statuses);
        labels = List.copyOf(labels);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Not thread-safe. */
    public static final class Builder {
        private String host;
        private String executionHost;
        private String play;
        private String playbook;
        private String job;
        private String task;
        private String action;
        private String user;
        private String controller;
        private Set<JobStatus> statuses = Set.of();
        private boolean overdue;
        private List<Label> labels = List.of();
        private String ansibleJobId;
        private RunId run;
        private String runName;
        private TimeRange started = TimeRange.ALWAYS;
        private TimeRange finished = TimeRange.ALWAYS;
        private Duration minDuration;
        private Duration maxDuration;
        private Duration unseenFor;
        private String text;

        private Builder() {}

        public Builder host(String value) {
            host = value;
            return this;
        }

        public Builder executionHost(String value) {
            executionHost = value;
            return this;
        }

        public Builder play(String value) {
            play = value;
            return this;
        }

        public Builder playbook(String value) {
            playbook = value;
            return this;
        }

        public Builder job(String value) {
            job = value;
            return this;
        }

        public Builder task(String value) {
            task = value;
            return this;
        }

        public Builder action(String value) {
            action = value;
            return this;
        }

        public Builder user(String value) {
            user = value;
            return this;
        }

        public Builder controller(String value) {
            controller = value;
            return this;
        }

        public Builder status(JobStatus... values) {
            statuses = new LinkedHashSet<>(Arrays.asList(values));
            return this;
        }

        public Builder overdue(boolean value) {
            overdue = value;
            return this;
        }

        public Builder labels(List<Label> values) {
            labels = values;
            return this;
        }

        public Builder ansibleJobId(String value) {
            ansibleJobId = value;
            return this;
        }

        public Builder run(RunId value) {
            run = value;
            return this;
        }

        public Builder runName(String value) {
            runName = value;
            return this;
        }

        public Builder started(TimeRange value) {
            started = value;
            return this;
        }

        public Builder finished(TimeRange value) {
            finished = value;
            return this;
        }

        public Builder minDuration(Duration value) {
            minDuration = value;
            return this;
        }

        public Builder maxDuration(Duration value) {
            maxDuration = value;
            return this;
        }

        public Builder unseenFor(Duration value) {
            unseenFor = value;
            return this;
        }

        public Builder text(String value) {
            text = value;
            return this;
        }

        public JobFilter build() {
            return new JobFilter(
                    host,
                    executionHost,
                    play,
                    playbook,
                    job,
                    task,
                    action,
                    user,
                    controller,
                    statuses,
                    overdue,
                    labels,
                    ansibleJobId,
                    run,
                    runName,
                    started,
                    finished,
                    minDuration,
                    maxDuration,
                    unseenFor,
                    text);
        }
    }
}
