package io.jobledger.cli.tend;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.ask.ApiClient;
import io.jobledger.cli.serve.SettingFlags;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.config.Setting;
import io.jobledger.config.Settings;
import io.jobledger.ledger.AnchorText;
import io.jobledger.ledger.Verifier.Moment;
import io.jobledger.terminal.Printable;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code verify}: whether a ledger holds what it once stored; of a running ingester, or of a file. */
@Command(
        name = "verify",
        description =
                "Proves that nothing in the ledger was changed or removed behind its back, and says where if it was."
                        + " Asks a running ingester, or with --ledger or --data-dir reads a file that no ingester has"
                        + " open. Exit code 1 when something is wrong.",
        mixinStandardHelpOptions = true)
public final class VerifyCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--url",
            paramLabel = "URL",
            defaultValue = "${env:JOBLEDGER_URL:-http://127.0.0.1:8740}",
            description = "The ingester (JOBLEDGER_URL). Default: http://127.0.0.1:8740.")
    private String url;

    @Option(
            names = "--anchor",
            paramLabel = "FILE",
            description = "Compare with this anchor: finds what was rewritten together with its hashes.")
    private Path anchor;

    @Option(
            names = "--write-anchor",
            paramLabel = "FILE",
            description =
                    "Write an anchor of this moment to a new file. Keep it where the ledger's owner cannot write.")
    private Path writeAnchor;

    @Option(names = "--stubs", description = "List what was removed on purpose, too.")
    private boolean stubs;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text, or json: the objects of GET /api/v1/verify, one a line. Default: text.")
    private Format format;

    enum Format {
        text,
        json
    }

    private JsonNode verdict;

    private VerifyCommand() {}

    public static CommandLine commandLine() {
        CommandLine command = new CommandLine(new VerifyCommand());
        SettingFlags.add(command.getCommandSpec(), List.of(Setting.DATA_DIR, Setting.LEDGER));
        return command;
    }

    @Override
    public Integer call() {
        if (anchor != null && writeAnchor != null) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(),
                    "--anchor and --write-anchor are for two calls: compare first, then write the next one");
        }
        JsonNode kept = anchor == null ? null : AnchorFile.read(anchor);
        String where = read(kept == null ? null : AnchorText.moment(kept), this::print);
        if (verdict == null) {
            throw new CommandFailed("the verification of " + where + " did not come to its end; nothing is proven");
        }
        boolean intact = verdict.path("intact").asBoolean();
        if (format == Format.text) {
            PrintWriter out = spec.commandLine().getOut();
            out.printf(
                    "%s: %d chains with %d events, %d jobs follow from their events, %d removed chains left stubs%n",
                    where,
                    verdict.path("chains").asLong(),
                    verdict.path("events").asLong(),
                    verdict.path("jobs").asLong(),
                    verdict.path("stubs").asLong());
            if (verdict.path("unprovable_jobs").asLong() > 0) {
                out.printf(
                        "%d jobs cannot be compared: some of their events were removed with other runs%n",
                        verdict.path("unprovable_jobs").asLong());
            }
            out.println(
                    intact ? "intact" : "NOT intact: " + verdict.path("faults").asLong() + " faults");
            out.flush();
        }
        if (writeAnchor != null) {
            if (!intact) {
                throw new CommandFailed("no anchor is written of a ledger that is not intact");
            }
            AnchorFile.write(writeAnchor, verdict.get("anchor"), where, Instant.now());
        }
        return (kept == null || compare(kept)) && intact ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    /** Runs the verification; returns the ledger's name for people. */
    private String read(Moment moment, Consumer<JsonNode> out) {
        if (spec.commandLine().getParseResult().hasMatchedOption(Setting.LEDGER.flag())
                || spec.commandLine().getParseResult().hasMatchedOption(Setting.DATA_DIR.flag())) {
            Settings settings = SettingFlags.load(spec);
            Path ledger = settings.ledger().file("verify", "a running ingester that uses it does (--url)");
            java.util.Objects.hash(ledger);
            return settings.ledger().toString();
        }
        new ApiClient(url)
                .lines(
                        "/api/v1/verify"
                                + (moment == null
                                        ? ""
                                        : "?as_of=" + moment.entry() + "&as_of_removals=" + moment.removals()),
                        out);
        return url;
    }

    private void print(JsonNode line) {
        String type = line.path("type").asText();
        PrintWriter out = spec.commandLine().getOut();
        if (type.equals("verdict")) {
            verdict = line;
        }
        if (format == Format.json) {
            out.println(line);
        } else if (type.equals("fault")) {
            out.println(Printable.of(line.path("what").asText() + place(line, "run_id", "run")
                    + place(line, "seq", "seq") + place(line, "entry", "entry") + ": "
                    + line.path("detail").asText()));
        } else if (type.equals("stub") && stubs) {
            out.println(Printable.of("stub " + line.path("removal").asText() + ": run "
                    + line.path("run_id").asText() + ", " + line.path("events").asText() + " events, "
                    + line.path("jobs").asText() + " jobs, removed "
                    + line.path("removed_at").asText() + " by "
                    + line.path("removed_by").asText() + ": "
                    + line.path("reason").asText()));
        } else if (type.equals("error")) {
            throw new CommandFailed(
                    "the verification failed: " + line.path("detail").asText());
        }
        out.flush();
    }

    private static String place(JsonNode line, String field, String word) {
        return line.path(field).isNull()
                ? ""
                : " " + word + " " + line.path(field).asText();
    }

    private boolean compare(JsonNode kept) {
        AnchorText.Comparison comparison = AnchorText.compare(kept, verdict.path("anchor"));
        PrintWriter out = spec.commandLine().getErr();
        comparison
                .unknown()
                .forEach(range -> out.println(range
                        + " cannot be compared with the anchor any more: a run among them went on"
                        + " after it and was removed since (--stubs lists what was)"));
        comparison
                .differences()
                .forEach(difference -> out.println("differs from the anchor " + anchor + ": " + difference));
        if (format == Format.text && comparison.differences().isEmpty()) {
            spec.commandLine().getOut().println("agrees with the anchor " + anchor);
        }
        return comparison.differences().isEmpty();
    }
}
