package io.jobledger.cli.setup;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.cli.context.Context;
import io.jobledger.cli.context.ContextStore;
import io.jobledger.cli.view.RecordColumn;
import io.jobledger.cli.view.ShownTimes;
import io.jobledger.config.ClientSetting;
import io.jobledger.terminal.Palette;
import io.jobledger.terminal.Terminal;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code context}: the ledgers that a person has logged in to. */
@Command(
        name = "context",
        description = "Lists, chooses and removes the contexts that 'jobledger login' made. --url, --context and the"
                + " environment (JOBLEDGER_URL, JOBLEDGER_CONTEXT) go before the current one.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "(ls | use | rm)")
public final class ContextCommand {
    /** How the list is shown. */
    enum Format {
        table,
        json
    }

    @Spec
    private CommandSpec spec;

    @Command(
            name = "ls",
            aliases = "list",
            description = "Lists the contexts; * is the current one.",
            mixinStandardHelpOptions = true)
    void ls(
            @Option(
                            names = {"-o", "--output"},
                            paramLabel = "FORMAT",
                            defaultValue = "table",
                            description = "table or json. Default: table.")
                    Format format) {
        ContextStore store = ContextStore.of(System.getenv());
        String current = store.current().orElse("");
        ArrayNode rows = JsonNodeFactory.instance.arrayNode();
        for (String name : store.names()) {
            Context context = store.get(name);
            List<String> filters = new ArrayList<>();
            context.filters().forEach((option, values) -> values.forEach(value -> filters.add(option + "=" + value)));
            ObjectNode row = rows.addObject();
            if (format == Format.json) {
                row.put("current", name.equals(current));
            } else {
                row.put("current", name.equals(current) ? "*" : "");
            }
            row.put("name", name)
                    .put("url", context.url())
                    .put("token", context.values().containsKey(ClientSetting.TOKEN_FILE) ? "kept" : "none")
                    .put("filters", filters.isEmpty() ? null : String.join(", ", filters));
        }
        PrintWriter out = spec.commandLine().getOut();
        if (format == Format.json) {
            ObjectNode all = JsonNodeFactory.instance.objectNode();
            all.set("contexts", rows);
            out.println(all.toPrettyString());
        } else if (rows.isEmpty()) {
            out.println("no contexts; 'jobledger login URL' makes one");
        } else {
            RecordColumn.table(
                            out,
                            Stream.of("current", "name", "url", "token", "filters")
                                    .map(RecordColumn::named)
                                    .toList(),
                            new ShownTimes(ZoneId.systemDefault(), Instant.now()),
                            Terminal.width(System.getenv()),
                            Palette.of(Palette.When.auto, Terminal.output(), System.getenv()))
                    .print(rows);
        }
        out.flush();
    }

    @Command(
            name = "use",
            description = "Makes a context the current one. Exits with 3 when it is not there.",
            mixinStandardHelpOptions = true)
    void use(@Parameters(paramLabel = "NAME", description = "As 'context ls' shows it.") String name) {
        ContextStore store = ContextStore.of(System.getenv());
        store.use(name);
        say("commands ask " + store.get(name).url() + " now");
    }

    @Command(
            name = "rm",
            description = "Removes a context with its token. The token stays valid: 'jobledger token revoke' ends it"
                    + " where the ingester runs. Exits with 3 when it is not there.",
            mixinStandardHelpOptions = true)
    void rm(@Parameters(paramLabel = "NAME", description = "As 'context ls' shows it.") String name) {
        ContextStore.of(System.getenv()).remove(name);
        say("removed '" + name + "' and what was kept with it");
    }

    private void say(String text) {
        spec.commandLine().getOut().println(text);
        spec.commandLine().getOut().flush();
    }
}
