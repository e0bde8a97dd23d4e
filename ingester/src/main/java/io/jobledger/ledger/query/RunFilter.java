package io.jobledger.ledger.query;

import io.jobledger.model.RunState;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Narrows a list of runs; all parts hold together, null and empty parts do not narrow.
 *
 * @param playbook file name or path
 * @param host runs that started a job on this host
 * @param states runs in any of these
 * @param silence a run without a goodbye that was silent for longer counts as interrupted
 * @param labels all must be there
 * @param incomplete true: only runs of which events are missing; false: only the others
 * @param text part of the run's name, playbook, user or controller, ignoring case; costs a scan of what the other parts
 *     leave
 */
public record RunFilter(
        String runName,
        String playbook,
        String user,
        String controller,
        String host,
        Set<RunState> states,
        Duration silence,
        String kind,
        Boolean checkMode,
        List<Label> labels,
        TimeRange started,
        TimeRange finished,
        Boolean incomplete,
        String text) {
    public static final RunFilter ALL = builder().build();

    public RunFilter {
        states = Set.copyOf(states);
        labels = List.copyOf(labels);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Not thread-safe. */
    public static final class Builder {
        private String runName;
        private String playbook;
        private String user;
        private String controller;
        private String host;
        private Set<RunState> states = Set.of();
        private Duration silence = Duration.ofHours(1);
        private String kind;
        private Boolean checkMode;
        private List<Label> labels = List.of();
        private TimeRange started = TimeRange.ALWAYS;
        private TimeRange finished = TimeRange.ALWAYS;
        private Boolean incomplete;
        private String text;

        private Builder() {}

        public Builder runName(String value) {
            runName = value;
            return this;
        }

        public Builder playbook(String value) {
            playbook = value;
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

        public Builder host(String value) {
            host = value;
            return this;
        }

        public Builder state(RunState... values) {
            states = new LinkedHashSet<>(Arrays.asList(values));
            return this;
        }

        public Builder silence(Duration value) {
            silence = value;
            return this;
        }

        public Builder kind(String value) {
            kind = value;
            return this;
        }

        public Builder checkMode(Boolean value) {
            checkMode = value;
            return this;
        }

        public Builder labels(List<Label> values) {
            labels = values;
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

        public Builder incomplete(Boolean value) {
            incomplete = value;
            return this;
        }

        public Builder text(String value) {
            text = value;
            return this;
        }

        public RunFilter build() {
            return new RunFilter(
                    runName,
                    playbook,
                    user,
                    controller,
                    host,
                    states,
                    silence,
                    kind,
                    checkMode,
                    labels,
                    started,
                    finished,
                    incomplete,
                    text);
        }
    }
}
