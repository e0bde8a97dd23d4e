package io.jobledger.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.cli.view.RecordColumn;
import io.jobledger.cli.view.Views;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code hosts}: where jobs ran. */
@Command(
        name = "hosts",
        description = "Lists and shows hosts.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "(ls | show)")
public final class HostsCommand {
    private static final List<RecordColumn> NAMES = List.of(
            RecordColumn.text("play", "PLAY", 0, 16),
            RecordColumn.text("job", "JOB", 0, 16),
            RecordColumn.number("jobs", "JOBS", 1));

    @Command(
            name = "ls",
            aliases = "list",
            description = "Lists hosts with their jobs in numbers, by name.",
            mixinStandardHelpOptions = true)
    void ls(@Mixin Paging paging, @Mixin Reading reading) {
        new Listing(reading, paging).print("/api/v1/hosts", new Query(), "hosts", Views.HOSTS);
    }

    @Command(
            name = "show",
            description =
                    "Shows one host: its numbers, what its jobs are called, and its newest jobs. Exits with 3 when it"
                            + " is not there.",
            mixinStandardHelpOptions = true)
    void show(
            @Parameters(paramLabel = "HOST", description = "The host's inventory name.") String host,
            @Mixin Reading reading) {
        JsonNode answer = reading.get("/api/v1/hosts/" + ApiClient.escape(host));
        if (!reading.forPeople()) {
            reading.json(answer);
            return;
        }
        JsonNode names = reading.rows(answer, "names");
        JsonNode newest = reading.rows(answer, "newest");
        reading.show(((ObjectNode) answer.deepCopy()).without(List.of("names", "newest")));
        table(reading, names, NAMES);
        table(reading, newest, Views.JOBS);
    }

    private static void table(Reading reading, JsonNode rows, List<RecordColumn> fields) {
        if (!rows.isEmpty()) {
            reading.out().println();
            reading.table(fields).print(rows);
        }
    }
}
