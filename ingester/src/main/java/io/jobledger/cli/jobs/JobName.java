package io.jobledger.cli.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.cli.ask.ApiClient;
import io.jobledger.cli.ask.Query;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.terminal.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The name that a person resumes a job by; or Ansible's id of it, for which the ledger is asked. */
final class JobName {
    private static final int SEVERAL = 5;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "HOST",
            description = "The host's inventory name. Alone: Ansible's id of the job, like j512305873206.31337.")
    private String host;

    @Parameters(index = "1", arity = "0..1", paramLabel = "PLAY", description = "The play's name.")
    private String play;

    @Parameters(
            index = "2",
            arity = "0..1",
            paramLabel = "JOB",
            description = "The job's name: its task's, unless the playbook gives it another.")
    private String job;

    /**
     * Finds the name where only an id was given. To be called before anything else.
     *
     * @return the id, if it was one
     * @throws CommandFailed when no job has it, or several names do
     * @throws ParameterException when the name is not whole
     */
    Optional<String> find(ApiClient api) {
        if (job != null) {
            return Optional.empty();
        }
        if (play != null) {
            throw new ParameterException(
                    spec.commandLine(), "a job is named by HOST PLAY JOB, or by Ansible's id alone");
        }
        String id = host;
        JsonNode jobs = api.get(
                        "/api/v1/jobs" + new Query().and("ansible_job_id", id).and("limit", SEVERAL))
                .path("jobs");
        List<String> names = new ArrayList<>();
        for (JsonNode one : jobs) {
            host = one.path("host").asText();
            play = one.path("play").asText();
            job = one.path("job_name").asText();
            if (!names.contains(toString())) {
                names.add(toString());
            }
        }
        if (names.isEmpty()) {
            throw new CommandFailed(
                    ExitCodes.NOT_FOUND,
                    "no job has Ansible's id " + Printable.of(id) + "; 'jobledger jobs ls' lists jobs, and HOST PLAY"
                            + " JOB names one");
        }
        if (names.size() > 1) {
            throw new CommandFailed(
                    ExitCodes.USAGE,
                    "several jobs have Ansible's id " + Printable.of(id) + ": " + Printable.of(String.join("; ", names))
                            + ". Name one by HOST PLAY JOB");
        }
        return Optional.of(id);
    }

    /** The name of the job with this id, as {@link #find} finds it. */
    static JobName of(ApiClient api, String id) {
        JobName name = new JobName();
        name.host = id;
        name.find(api);
        return name;
    }

    String host() {
        return host;
    }

    String play() {
        return play;
    }

    String job() {
        return job;
    }

    /** As a person reads it. */
    @Override
    public String toString() {
        return String.join(" / ", host, play, job);
    }

    String path() {
        return path(host, play, job);
    }

    static String path(String host, String play, String job) {
        return "/api/v1/jobs/"
                + String.join("/", ApiClient.escape(host), ApiClient.escape(play), ApiClient.escape(job));
    }

    /** A job without the others of its name, which are told apart. */
    static JsonNode withoutCandidates(JsonNode job) {
        return job.isObject() ? ((ObjectNode) job.deepCopy()).without("candidates") : job;
    }
}
