package io.jobledger.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.RecordColumn;
import io.jobledger.cli.view.ShownTimes;
import io.jobledger.terminal.Palette;
import io.jobledger.terminal.Printable;
import io.jobledger.terminal.Table;
import io.jobledger.terminal.Terminal;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What every command has that reads from a running ingester: which one, and how the answer is shown. */
public final class Reading {
    /** How an answer is shown. */
    public enum Format {
        table,
        wide,
        json,
        ndjson,
        csv
    }

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Mixin
    private Connection connection;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "table",
            description =
                    "${COMPLETION-CANDIDATES}. A table fits the terminal; wide shows every column whole; ndjson and"
                            + " csv are for lists. Default: table.")
    private Format format;

    @Option(
            names = "--color",
            paramLabel = "WHEN",
            defaultValue = "auto",
            description = "${COMPLETION-CANDIDATES}. auto: on a terminal, unless NO_COLOR is set. Default: auto.")
    private Palette.When color;

    @Option(names = "--utc", description = "Times in UTC, not in the local zone.")
    private boolean utc;

    public ApiClient api() {
        return connection.api();
    }

    /** Which ingester, and with what. */
    public Connection connection() {
        return connection;
    }

    public JsonNode get(String path) {
        return api().get(path);
    }

    public JsonNode post(String path) {
        return api().post(path);
    }

    public JsonNode post(String path, JsonNode body) {
        return api().post(path, body);
    }

    public Format format() {
        return format;
    }

    /** For a person, not for a program. */
    public boolean forPeople() {
        return format == Format.table || format == Format.wide;
    }

    public PrintWriter out() {
        return command.commandLine().getOut();
    }

    /** For what is said beside the answer. */
    public PrintWriter err() {
        return command.commandLine().getErr();
    }

    public ShownTimes times() {
        return new ShownTimes(utc ? ZoneOffset.UTC : ZoneId.systemDefault(), Instant.now());
    }

    public Palette palette() {
        return Palette.of(color, Terminal.output(), System.getenv());
    }

    public int width() {
        return format == Format.wide ? Table.UNLIMITED : Terminal.width(System.getenv());
    }

    /** A query string of the values that are given. */
    public static String query(Map<String, Object> values) {
        Query query = new Query();
        values.forEach(query::and);
        return query.toString();
    }

    /** Prints a short list that stands under {@code field} of the answer and is there whole, with a column a field. */
    public void list(JsonNode answer, String field, String... columns) {
        list(answer, field, Arrays.stream(columns).map(RecordColumn::named).toList());
    }

    /** As the other, with columns made for it. */
    void list(JsonNode answer, String field, List<RecordColumn> fields) {
        JsonNode rows = rows(answer, field);
        if (!forPeople()) {
            json(answer);
        } else if (rows.isEmpty()) {
            out().println("no " + field.replace('_', ' '));
        } else {
            table(fields).print(rows);
        }
        out().flush();
    }

    /** The rows under {@code field}; fails when the answer is not an ingester's. */
    public JsonNode rows(JsonNode answer, String field) {
        if (!answer.path(field).isArray()) {
            throw new CommandFailed(api().url() + " does not answer like an ingester: its answer has no " + field);
        }
        return answer.get(field);
    }

    /** A table for rows that may come in several portions. */
    public RecordColumn.Rows table(List<RecordColumn> fields) {
        return RecordColumn.table(out(), fields, times(), width(), palette());
    }

    /** Prints one object: a line a field, or JSON. */
    public void show(JsonNode answer) {
        if (!answer.isObject()) {
            throw new CommandFailed(api().url() + " does not answer like an ingester");
        }
        if (!forPeople()) {
            json(answer);
        } else {
            new FieldLines(this).print(answer);
        }
        out().flush();
    }

    /** Says what was done to a job: a line for people, else the job as it now stands. */
    public void done(String what, JsonNode job) {
        if (!forPeople()) {
            json(job);
        } else {
            String name = String.join(
                    " / ",
                    job.path("host").asText(),
                    job.path("play").asText(),
                    job.path("job_name").asText());
            out().println(what + "  "
                    + Printable.of(name + "  " + job.path("ansible_job_id").asText("-") + "  "
                            + job.path("status").asText("-")));
        }
        out().flush();
    }

    /** Prints a name and its value. */
    public void line(String name, String value) {
        out().printf("%-16s %s%n", Printable.of(name), Printable.of(value));
    }

    /** Prints an answer as it came; for the formats that a program reads. */
    public void json(JsonNode answer) {
        if (format == Format.csv) {
            throw new ParameterException(
                    command.commandLine(), "-o csv is for lists of the ledger; here it is table, wide, json or ndjson");
        }
        out().println(format == Format.ndjson ? answer.toString() : answer.toPrettyString());
        out().flush();
    }
}
