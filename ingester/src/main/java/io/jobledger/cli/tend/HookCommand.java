package io.jobledger.cli.tend;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.cli.ask.Reading;
import io.jobledger.cli.view.ExitCodes;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code hook}: how the webhooks stand, whether one works, and what to do with one that waits for an operator. */
@Command(
        name = "hook",
        description = "Shows, tests and releases webhooks.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "(ls | test | retry)")
public final class HookCommand {
    private static final String PREFIX = "hook:";

    @Spec
    private CommandSpec spec;

    private HookCommand() {}

    public static CommandLine commandLine() {
        return new CommandLine(new HookCommand());
    }

    @Command(
            name = "ls",
            description = "Shows how each hook of a running ingester stands, and why it fails.",
            mixinStandardHelpOptions = true)
    void ls(@Mixin Reading reading) {
        ObjectNode hooks = JsonNodeFactory.instance.objectNode();
        ArrayNode list = hooks.putArray("hooks");
        for (JsonNode sink : reading.get("/api/v1/sinks").path("sinks")) {
            if (sink.path("name").asText().startsWith(PREFIX)) {
                ObjectNode hook = sink.deepCopy();
                list.add(hook.put("name", sink.path("name").asText().substring(PREFIX.length())));
            }
        }
        reading.list(hooks, "hooks", "name", "state", "lag_entries", "sent", "failed", "place", "last_error");
    }

    @Command(
            name = "test",
            description = "Makes a running ingester send a message to a hook that tells of no real job, and shows what"
                    + " became of it.",
            mixinStandardHelpOptions = true)
    int test(
            @Mixin Reading reading,
            @Parameters(paramLabel = "NAME", description = "The hook, as 'hook ls' shows it.") String name) {
        JsonNode answer = reading.post("/api/v1/sinks/test" + Reading.query(Map.of("name", PREFIX + name)));
        boolean ok = answer.path("ok").asBoolean();
        if (!reading.forPeople()) {
            reading.json(answer);
        } else if (ok) {
            reading.out().println("The hook " + name + " took a test message.");
        } else {
            reading.out()
                    .println("The hook " + name + " does not work: "
                            + answer.path("error").asText());
        }
        reading.out().flush();
        return ok ? ExitCodes.OK : ExitCodes.FAILED;
    }

    @Command(
            name = "retry",
            description = "Makes a running ingester try a hook again now, also one that is blocked since someone had to"
                    + " mend something.",
            mixinStandardHelpOptions = true)
    void retry(
            @Mixin Reading reading,
            @Parameters(paramLabel = "NAME", description = "The hook, as 'hook ls' shows it.") String name) {
        JsonNode answer = reading.post("/api/v1/sinks/retry" + Reading.query(Map.of("name", PREFIX + name)));
        if (!reading.forPeople()) {
            reading.json(answer);
            return;
        }
        reading.out()
                .println(
                        answer.path("released").asLong() == 0
                                ? "The hook " + name + " was not blocked. What waits for its next attempt is tried now."
                                : "The hook " + name + " was blocked, and is tried again now.");
        reading.out().println("'jobledger hook ls' shows how it went.");
        reading.out().flush();
    }
}
