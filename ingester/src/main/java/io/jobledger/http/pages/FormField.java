package io.jobledger.http.pages;

import java.util.List;

/**
 * A field of a form of filters. Its name is that of the API's parameter.
 *
 * @param hint an example of a value, or empty
 */
record FormField(String name, String label, String hint) {
    static final List<FormField> JOBS = List.of(
            new FormField("q", "Search", ""),
            new FormField("host", "Host", ""),
            new FormField("play", "Play", ""),
            new FormField("job", "Job", ""),
            new FormField("since", "Started since", "7d"),
            new FormField("until", "Started before", "36h"));

    static final List<FormField> MORE_JOBS = List.of(
            new FormField("execution_host", "Runs on", ""),
            new FormField("playbook", "Playbook", "site.yml"),
            new FormField("task", "Task", ""),
            new FormField("action", "Action", "ansible.builtin.command"),
            new FormField("user", "User", ""),
            new FormField("controller", "Controller", ""),
            new FormField("label", "Label of the run", "team=db"),
            new FormField("run_name", "Name of the run", ""),
            new FormField("run_id", "Run id", ""),
            new FormField("ansible_job_id", "Ansible's job id", ""),
            new FormField("finished_since", "Ended since", "1h"),
            new FormField("finished_until", "Ended before", ""),
            new FormField("min_duration", "Took at least", "15m"),
            new FormField("max_duration", "Took at most", "2h"));

    static final List<FormField> RUNS = List.of(
            new FormField("q", "Search", ""),
            new FormField("run_name", "Name of the run", ""),
            new FormField("playbook", "Playbook", "site.yml"),
            new FormField("host", "Started a job on host", ""),
            new FormField("since", "Started since", "7d"),
            new FormField("until", "Started before", "36h"));

    static final List<FormField> MORE_RUNS = List.of(
            new FormField("user", "User", ""),
            new FormField("controller", "Controller", ""),
            new FormField("label", "Label", "team=db"),
            new FormField("finished_since", "Ended since", "1h"),
            new FormField("finished_until", "Ended before", ""));

    /** Statuses to tick, in the order of the form: the word for the API, and the badge. */
    static final List<String> STATUSES =
            List.of("running", "overdue", "succeeded", "failed", "timed_out", "cancelled", "lost", "closed");

    static final List<String> STATES = List.of("running", "finished", "interrupted");

    static List<String> names(List<FormField> fields) {
        return fields.stream().map(FormField::name).toList();
    }
}
