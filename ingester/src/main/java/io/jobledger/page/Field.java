package io.jobledger.page;

import java.util.List;

/**
 * A field of a form of filters. Its name is that of the API's parameter.
 *
 * @param hint an example of a value, or empty
 */
record Field(String name, String label, String hint) {
    static final List<Field> JOBS = List.of(
            new Field("q", "Search", ""),
            new Field("host", "Host", ""),
            new Field("play", "Play", ""),
            new Field("job", "Job", ""),
            new Field("since", "Started since", "7d"),
            new Field("until", "Started before", "36h"));

    static final List<Field> MORE_JOBS = List.of(
            new Field("execution_host", "Runs on", ""),
            new Field("playbook", "Playbook", "site.yml"),
            new Field("task", "Task", ""),
            new Field("action", "Action", "ansible.builtin.command"),
            new Field("user", "User", ""),
            new Field("controller", "Controller", ""),
            new Field("label", "Label of the run", "team=db"),
            new Field("run_name", "Name of the run", ""),
            new Field("run_id", "Run id", ""),
            new Field("ansible_job_id", "Ansible's job id", ""),
            new Field("finished_since", "Ended since", "1h"),
            new Field("finished_until", "Ended before", ""),
            new Field("min_duration", "Took at least", "15m"),
            new Field("max_duration", "Took at most", "2h"));

    static final List<Field> RUNS = List.of(
            new Field("q", "Search", ""),
            new Field("run_name", "Name of the run", ""),
            new Field("playbook", "Playbook", "site.yml"),
            new Field("host", "Started a job on host", ""),
            new Field("since", "Started since", "7d"),
            new Field("until", "Started before", "36h"));

    static final List<Field> MORE_RUNS = List.of(
            new Field("user", "User", ""),
            new Field("controller", "Controller", ""),
            new Field("label", "Label", "team=db"),
            new Field("finished_since", "Ended since", "1h"),
            new Field("finished_until", "Ended before", ""));

    /** Statuses to tick, in the order of the form: the word for the API, and the badge. */
    static final List<String> STATUSES = List.of("running", "overdue", "succeeded", "failed", "timed_out", "cancelled", "lost", "closed");

    static final List<String> STATES = List.of("running", "finished", "interrupted");

    static List<String> names(List<Field> fields) {
        return fields.stream().map(Field::name).toList();
    }
}
