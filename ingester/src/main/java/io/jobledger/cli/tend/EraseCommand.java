package io.jobledger.cli.tend;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.cli.ask.Reading;
import io.jobledger.cli.view.CommandFailed;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code erase}: takes a secret out of an event that was recorded by mistake. */
@Command(
        name = "erase",
        description =
                "Takes a text, or the details, out of one event: out of the log, the records and the mirrors. The log"
                        + " keeps who did it and why. It cannot be undone.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Examples:",
            "  jobledger erase 5f0c9a3e-7d7c-4c3b-9f0e-2a4b6c8d0e1f 7 --text --reason 'a password in the task'",
            "  jobledger erase --entry 4711 --details --reason 'stdout has a key'"
        })
public final class EraseCommand implements Callable<Integer> {
    @Parameters(index = "0", arity = "0..1", paramLabel = "RUN", description = "The run's id.")
    private String run;

    @Parameters(index = "1", arity = "0..1", paramLabel = "SEQ", description = "The event's number in the run.")
    private Long seq;

    @Option(names = "--entry", paramLabel = "N", description = "The event by its number in the log, instead.")
    private Long entry;

    @CommandLine.ArgGroup(multiplicity = "1")
    private What what;

    static final class What {
        @Option(
                names = "--text",
                description = "Every occurrence of a text that is read from standard input, or asked for. It is never"
                        + " an argument, which others could see.")
        private boolean text;

        @Option(names = "--details", description = "All details of the event.")
        private boolean details;
    }

    @Option(names = "--reason", required = true, paramLabel = "TEXT", description = "Why; the log keeps it.")
    private String reason;

    @Mixin
    private Reading reading;

    @Override
    public Integer call() throws IOException {
        if ((run == null || seq == null) == (entry == null)) {
            throw new CommandFailed("name the event: RUN and SEQ, or --entry N");
        }
        ObjectNode request = JsonNodeFactory.instance.objectNode().put("reason", reason);
        if (entry != null) {
            request.put("entry", entry);
        } else {
            request.put("run_id", run).put("seq", seq);
        }
        if (what.text) {
            request.put("text", secret());
        } else {
            request.put("details", true);
        }
        JsonNode answer = reading.post("/api/v1/erase", request);
        if (!reading.forPeople()) {
            reading.json(answer);
            return CommandLine.ExitCode.OK;
        }
        reading.out()
                .println("erased from entry " + answer.path("entry").asText() + " of the log, from the records,"
                        + " and from the mirrors and the copies of the log there as soon as they are reached");
        if (!answer.path("also_in").isEmpty()) {
            reading.out().println("other events of the run have it, too: seq " + answer.path("also_in"));
        }
        reading.out().println("Out of reach, and yours to look after:");
        answer.path("out_of_reach").forEach(place -> reading.out().println("  " + place.asText()));
        reading.out().flush();
        return CommandLine.ExitCode.OK;
    }

    private static String secret() throws IOException {
        Console console = System.console();
        String text;
        if (console != null) {
            char[] typed = console.readPassword("The text to erase: ");
            text = typed == null ? null : new String(typed);
        } else {
            text = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
        }
        if (text == null || text.isEmpty()) {
            throw new CommandFailed("there is no text to erase: give it on standard input, in one line");
        }
        return text;
    }
}
