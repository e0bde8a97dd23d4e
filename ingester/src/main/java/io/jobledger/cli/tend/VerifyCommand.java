package io.jobledger.cli.tend;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.ask.Connection;
import io.jobledger.cli.ask.Query;
import io.jobledger.cli.serve.SettingFlags;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.config.Setting;
import io.jobledger.config.Settings;
import io.jobledger.ledger.AnchorText;
import io.jobledger.ledger.Verifier;
import io.jobledger.ledger.VerifyReport;
import io.jobledger.ledger.h2.LedgerArchive;
import io.jobledger.log.LogHead;
import io.jobledger.terminal.Printable;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

    @Mixin
    private Connection connection;

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

    @Option(
            names = "--removals",
            description = "List what was removed on purpose, and where a new life of the ledger began, too.")
    private boolean removals;

    @Option(
            names = "--deep",
            description = "Compute the records again from the log, too, and compare them. Takes as long as that.")
    private boolean deep;

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
        LogHead kept = anchor == null ? null : AnchorFile.read(anchor);
        String where = read(kept == null ? null : kept.entry(), this::print);
        if (verdict == null) {
            throw new CommandFailed("the verification of " + where + " did not come to its end; nothing is proven");
        }
        boolean intact = verdict.path("intact").asBoolean();
        if (format == Format.text) {
            PrintWriter out = spec.commandLine().getOut();
            long rows = verdict.path("rows").asLong(-1);
            out.printf(
                    "%s: %d events and %d facts in %d records, %d entries were removed on purpose%s%n",
                    where,
                    verdict.path("events").asLong(),
                    verdict.path("facts").asLong(),
                    verdict.path("records").asLong(),
                    verdict.path("removed").asLong(),
                    rows < 0 ? "" : ", " + rows + " rows follow from them");
            out.println(
                    intact
                            ? "intact: the log is as it was acknowledged"
                            : "NOT intact: " + verdict.path("faults").asLong() + " faults");
        }
        if (writeAnchor != null) {
            if (!intact) {
                throw new CommandFailed("no anchor is written of a ledger that is not intact");
            }
            AnchorFile.write(writeAnchor, verdict.get("anchor"), where, Instant.now());
        }
        return (kept == null || agrees(kept)) && intact ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    /** Runs the verification; returns the ledger's name for people. */
    private String read(Long asOf, Consumer<JsonNode> out) {
        if (spec.commandLine().getParseResult().hasMatchedOption(Setting.LEDGER.flag())
                || spec.commandLine().getParseResult().hasMatchedOption(Setting.DATA_DIR.flag())) {
            Settings settings = SettingFlags.load(spec);
            Path ledger = settings.ledger().file("verify", "a running ingester that uses it does (--url)");
            try (LedgerArchive archive = LedgerArchive.open(ledger, deep)) {
                VerifyReport.run(archive.verifier(), new Verifier.Question(asOf, deep), out::accept);
            }
            return settings.ledger().toString();
        }
        connection
                .api()
                .lines("/api/v1/verify" + new Query().and("as_of", asOf).and("deep", deep ? "true" : null), out);
        return connection.settings().url();
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
        } else if (removals && type.equals("removal")) {
            out.println(Printable.of("removed by entry " + line.path("entry").asText() + ": run "
                    + line.path("run_id").asText() + place(line, "seq", "seq") + ", "
                    + line.path("events").asText() + " events, "
                    + line.path("jobs").asText() + " jobs, "
                    + line.path("removed_at").asText() + " by "
                    + line.path("removed_by").asText() + ": "
                    + line.path("reason").asText()));
        } else if (removals && type.equals("epoch")) {
            out.println(Printable.of("epoch " + line.path("epoch").asText() + " began with entry "
                    + line.path("entry").asText() + ", " + line.path("began_at").asText() + " by "
                    + line.path("by").asText() + ": " + line.path("reason").asText()));
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

    private boolean agrees(LogHead kept) {
        AnchorText.Comparison comparison = AnchorText.compare(kept, verdict.path("as_of"));
        PrintWriter err = spec.commandLine().getErr();
        if (comparison.unknown() != null) {
            err.println("cannot be compared with the anchor " + anchor + " any more: " + comparison.unknown()
                    + " (--removals lists what was)");
        } else if (comparison.difference() != null) {
            err.println("differs from the anchor " + anchor + ": " + comparison.difference());
        } else if (format == Format.text) {
            spec.commandLine().getOut().println("agrees with the anchor " + anchor);
        }
        return comparison.difference() == null;
    }
}
