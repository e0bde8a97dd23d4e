package io.jobledger.cli.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.cli.ask.ApiClient;
import io.jobledger.cli.ask.Connection;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.json.Json;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jobs cancel}: asks for a cancel, and carries it out where it has an inventory. */
@Command(
        name = "cancel",
        description =
                "Writes down that a job is to be cancelled, and shows the command of Ansible that does it; with an"
                        + " inventory it runs it. Needs the scope act.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Examples:",
            "  jobledger jobs cancel db1 'Upgrade databases' 'Migrate schema' --reason 'wrong release'",
            "  jobledger jobs cancel db1 'Upgrade databases' 'Migrate schema' --reason 'wrong release' -i hosts.ini --"
                    + " -b"
        })
final class CancelCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private JobName name;

    @Mixin
    private ActOn which;

    @Option(
            names = "--reason",
            required = true,
            paramLabel = "TEXT",
            description = "Why; everybody who may read the ledger can read it.")
    private String reason;

    @Option(
            names = "--grace",
            paramLabel = "SECONDS",
            description = "Seconds between TERM and KILL. The playbook's default is 30.")
    private Integer grace;

    @Parameters(
            index = "3..*",
            arity = "0..*",
            paramLabel = "ANSIBLE_ARGUMENT",
            description = "After --: more arguments for Ansible, like -b or -u deploy.")
    private List<String> more = List.of();

    @Mixin
    private AnsibleCommand.Reach reach;

    @Mixin
    private Connection connection;

    @Override
    public Integer call() {
        ApiClient api = connection.api();
        Optional<String> named = name.find(api);
        // Ansible would run it, with the rights of whoever cancels.
        Stream.of(name.host(), name.play(), name.job(), reason)
                .filter(AnsibleCommand::holdsTemplate)
                .findFirst()
                .ifPresent(text -> {
                    throw new CommandFailed("'" + text
                            + "' holds what Ansible reads as a template; nothing was done. Cancel this job"
                            + " with the module jobledger.core.cancel, by its id");
                });
        JsonNode job = api.post(name.path() + "/cancel" + which.query(named).and("reason", reason));
        AnsibleCommand command = reach.command(
                List.of("ansible-playbook"),
                List.of("jobledger.core.cancel", "-e", variables(job, named).toString()),
                more);
        if (!reach.given()) {
            spec.commandLine()
                    .getErr()
                    .println("It is written down, and not done: the ledger reaches no host. This does it; add -b unless"
                            + " you log in as the user who runs the job:");
            spec.commandLine().getErr().flush();
            spec.commandLine().getOut().println(command.shell());
            spec.commandLine().getOut().flush();
            return ExitCodes.OK;
        }
        int code = command.run(connection.environment());
        if (code != 0) {
            throw new CommandFailed(
                    "ansible-playbook ended with " + code + "; what it said above tells what became of the job");
        }
        return ExitCodes.OK;
    }

    private ObjectNode variables(JsonNode job, Optional<String> named) {
        ObjectNode variables = Json.MAPPER.createObjectNode();
        variables
                .put("cancel_host", name.host())
                .put("cancel_play", name.play())
                .put("cancel_job", name.job())
                .put("cancel_reason", reason);
        if (grace != null) {
            variables.put("cancel_grace", grace);
        }
        // The playbook finds the job by its name; of several, by its run.
        if ((which.given() || named.isPresent()) && job.hasNonNull("run_id")) {
            variables.put("cancel_run_id", job.get("run_id").asText());
        }
        return variables;
    }
}
