package io.jobledger.cli.jobs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.cli.ask.Connection;
import io.jobledger.cli.ask.Query;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.json.Json;
import io.jobledger.terminal.Printable;
import io.jobledger.terminal.Terminal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code jobs output}: what a job has written so far, read by the user's own Ansible. */
@Command(
        name = "output",
        description =
                "Shows the command of Ansible that reads what a job has written so far; with an inventory it runs it,"
                        + " and shows what it read. Only jobs of start_once with output: keep have any while they run.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Examples:",
            "  jobledger jobs output db1 'Upgrade databases' 'Migrate schema' -i hosts.ini --lines 20",
            "  jobledger jobs output db1 'Upgrade databases' 'Migrate schema' -i hosts.ini --follow -- -b"
        })
final class OutputCommand implements Callable<Integer> {
    /** What {@code --stream} takes. */
    enum Stream {
        stdout,
        stderr
    }

    private static final long PAUSE_MILLIS = 2_000;
    /** Ansible's own form for one command, whatever the configuration says. */
    private static final Map<String, String> PLAIN_ANSWER =
            Map.of("ANSIBLE_STDOUT_CALLBACK", "default", "ANSIBLE_NOCOLOR", "1", "ANSIBLE_FORCE_COLOR", "0");

    @Spec
    private CommandSpec spec;

    @Mixin
    private JobName name;

    @Option(
            names = {"--id", "--ansible-job-id"},
            paramLabel = "ID",
            description = "Of several jobs of the name, the one with this ansible_job_id.")
    private String id;

    @Option(
            names = "--lines",
            paramLabel = "N",
            description = "Only the last so many lines. Without it, all that is kept, from the oldest.")
    private Integer lines;

    @Option(
            names = "--stream",
            paramLabel = "STREAM",
            defaultValue = "stdout",
            description = "${COMPLETION-CANDIDATES}. Default: stdout.")
    private Stream stream;

    @Option(
            names = {"-f", "--follow"},
            description = "Go on until the job has ended.")
    private boolean follow;

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
        if (lines != null && lines < 1) {
            throw new ParameterException(spec.commandLine(), "--lines must be 1 or more");
        }
        if (follow && !reach.given()) {
            throw new ParameterException(spec.commandLine(), "--follow needs an inventory: -i INVENTORY");
        }
        Optional<String> named = name.find(connection.api());
        JsonNode job = connection.api().get(name.path() + new Query().and("id", id == null ? named.orElse(null) : id));
        if (job.path("ambiguous").asBoolean()) {
            throw new CommandFailed(job.path("candidates_total").asInt()
                    + " open jobs have this name; 'jobledger jobs show' lists them, --id says which");
        }
        check(job);
        if (!reach.given()) {
            spec.commandLine().getOut().println(command(job, null).shell());
            spec.commandLine().getOut().flush();
            return ExitCodes.OK;
        }
        Long from = null;
        while (true) {
            JsonNode answer = read(command(job, from));
            show(answer.path("text").asText());
            boolean more = answer.path("next").asLong() < answer.path("size").asLong();
            // Without --follow, too, all is shown that was there: one answer holds only so much.
            if (more && (follow || lines == null)) {
                from = answer.path("next").asLong();
            } else if (follow && !answer.path("ended").asBoolean()) {
                from = answer.path("next").asLong();
                rest();
            } else {
                return ExitCodes.OK;
            }
        }
    }

    /** The record comes from outside: only what neither Ansible nor a shell reads otherwise is taken over. */
    private static void check(JsonNode job) {
        for (String field : List.of("ansible_job_id", "results_file")) {
            if (!job.hasNonNull(field)) {
                throw new CommandFailed(
                        "the ledger does not know the " + field + " of this job, so its output cannot be found");
            }
        }
        String host = executionHost(job);
        if (!AnsibleCommand.PLAIN.matcher(host).matches()
                || !AnsibleCommand.PLAIN
                        .matcher(job.get("ansible_job_id").asText())
                        .matches()
                || !AnsibleCommand.PLAIN_PATH
                        .matcher(job.get("results_file").asText())
                        .matches()) {
            throw new CommandFailed(
                    "the job's host, id or results file holds what a shell or Ansible would read otherwise; read it"
                            + " with the module jobledger.core.output in a playbook");
        }
    }

    private static String executionHost(JsonNode job) {
        return job.hasNonNull("execution_host")
                ? job.get("execution_host").asText()
                : job.path("host").asText();
    }

    /** @param from the first byte that is wanted; null for what the options say */
    private AnsibleCommand command(JsonNode job, Long from) {
        ObjectNode arguments = Json.MAPPER.createObjectNode();
        arguments
                .put("ansible_job_id", job.get("ansible_job_id").asText())
                .put("results_file", job.get("results_file").asText());
        if (stream != Stream.stdout) {
            arguments.put("stream", stream.name());
        }
        if (from != null) {
            arguments.put("offset", from);
        } else if (lines != null) {
            arguments.put("lines", lines);
        }
        return reach.command(
                List.of("ansible", executionHost(job)),
                List.of("-m", "jobledger.core.output", "-a", arguments.toString()),
                more);
    }

    private JsonNode read(AnsibleCommand command) {
        int[] code = new int[1];
        String text = command.output(PLAIN_ANSWER, ended -> code[0] = ended);
        JsonNode answer = answer(text);
        if (code[0] != 0 || answer == null) {
            throw new CommandFailed("ansible ended with " + code[0] + ": "
                    + (answer != null && answer.hasNonNull("msg")
                            ? Printable.of(answer.get("msg").asText())
                            : text.isBlank()
                                    ? "it said nothing on standard output"
                                    : text.strip().lines().map(Printable::of).collect(Collectors.joining("\n"))));
        }
        if (!answer.path("kept").asBoolean()) {
            throw new CommandFailed(
                    ExitCodes.NOT_FOUND, Printable.of(answer.path("why").asText("no output of this job is kept")));
        }
        return answer;
    }

    /** The module's result, behind {@code HOST | SUCCESS => }. */
    private static JsonNode answer(String text) {
        int begin = text.indexOf("=> {");
        if (begin < 0) {
            return null;
        }
        try {
            return Json.MAPPER.readTree(text.substring(begin + 3));
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    /** As the job wrote it; on a terminal without what would steer it. */
    private void show(String text) {
        boolean terminal = Terminal.output();
        spec.commandLine()
                .getOut()
                .print(
                        terminal
                                ? text.codePoints()
                                        .mapToObj(Character::toString)
                                        .map(one -> one.equals("\n") || one.equals("\t") ? one : Printable.of(one))
                                        .collect(Collectors.joining())
                                : text);
        spec.commandLine().getOut().flush();
    }

    private static void rest() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailed("interrupted while following");
        }
    }
}
