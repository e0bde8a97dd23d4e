package io.jobledger.cli.jobs;

import io.jobledger.cli.ask.Query;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which job of a name an act is for, where several have it. */
final class ActOn {
    @Option(
            names = {"--id", "--ansible-job-id"},
            paramLabel = "ID",
            description = "Of several jobs of the name, the one with this ansible_job_id.")
    private String id;

    @Option(
            names = "--execution-host",
            paramLabel = "HOST",
            description = "Of several jobs with this id, the one that runs on this host.")
    private String executionHost;

    boolean given() {
        return id != null;
    }

    /** @param named the id by which the job itself was named, if it was */
    Query query(Optional<String> named) {
        return new Query()
                .and("ansible_job_id", id == null ? named.orElse(null) : id)
                .and("execution_host", executionHost);
    }
}
