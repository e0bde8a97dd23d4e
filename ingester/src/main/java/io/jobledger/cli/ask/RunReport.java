package io.jobledger.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.jobledger.cli.view.RecordColumn;
import io.jobledger.cli.view.Views;
import io.jobledger.terminal.Cell;
import io.jobledger.terminal.Column;
import io.jobledger.terminal.ShortDurations;
import java.time.Duration;
import java.util.List;
import java.util.StringJoiner;

/** One run for people: how it went first, then what it is. */
final class RunReport {
    private static final List<RecordColumn> PLAYS = List.of(
            RecordColumn.whole("started_at", "BEGAN", 0),
            RecordColumn.text("play", "PLAY", 0, 16),
            RecordColumn.text("playbook", "PLAYBOOK", 1, 12));

    private static final List<RecordColumn> UNSEEN = List.of(
            RecordColumn.whole("at", "ANNOUNCED", 0),
            RecordColumn.text("host", "HOST", 0, 12),
            RecordColumn.text("play", "PLAY", 1, 12),
            RecordColumn.text("job", "JOB", 0, 16));

    private static final List<RecordColumn> COMPARED = List.of(
            new RecordColumn(
                    new Column("CHANGE", 0, Column.WHOLE, false),
                    (row, times) -> Cell.of(row.path("change").asText().replace('_', ' '))),
            RecordColumn.text("host", "HOST", 0, 12),
            RecordColumn.text("play", "PLAY", 3, 12),
            RecordColumn.text("job_name", "JOB", 0, 14),
            new RecordColumn(new Column("BEFORE", 1, Column.WHOLE, false), (row, times) -> side(row.path("before"))),
            new RecordColumn(new Column("AFTER", 1, Column.WHOLE, false), (row, times) -> side(row.path("after"))));

    private RunReport() {}

    /** Prints the answer of {@code GET /api/v1/runs/{run_id}}. */
    static void print(Reading reading, JsonNode run) {
        if (!reading.forPeople() || !run.isObject()) {
            reading.show(run);
            return;
        }
        JsonNode outcome = run.path("outcome");
        if (outcome.isObject()) {
            reading.line("went", outcome.path("words").asText());
        }
        JsonNode missing = run.path("missing");
        if (missing.path("count").asLong() > 0) {
            JsonNode gap = missing.path("first_gap");
            reading.line(
                    "missing",
                    missing.path("count").asText() + " events did not arrive"
                            + (gap.isObject()
                                    ? ": the first gap is " + gap.path("from").asText() + " to "
                                            + gap.path("to").asText()
                                    : ""));
        }
        ObjectNode facts = run.deepCopy();
        facts.remove(List.of("outcome", "missing", "plays", "intended_unseen", "stats"));
        facts.properties().forEach(fact -> fact.setValue(plain(fact.getValue())));
        reading.show(facts);
        table(reading, "Announced and never seen: a job may be running there", run.path("intended_unseen"), UNSEEN);
        table(reading, "Plays", run.path("plays"), PLAYS);
        stats(reading, run.path("stats"));
    }

    /** Prints the answer of {@code GET /api/v1/runs/{run_id}/compare/{other_id}}. */
    static void printComparison(Reading reading, JsonNode answer) {
        if (!reading.forPeople()) {
            reading.json(answer);
            return;
        }
        for (String side : List.of("before", "after")) {
            JsonNode run = answer.path(side);
            reading.line(
                    side,
                    run.path("run_id").asText() + "  "
                            + run.path("outcome").path("words").asText());
        }
        if (!answer.path("same_playbook").asBoolean()) {
            reading.line("note", "these runs are not of the same playbook");
        }
        JsonNode rows = reading.rows(answer, "jobs");
        if (rows.isEmpty()) {
            reading.out().println("no job changed");
        } else {
            reading.out().println();
            reading.table(COMPARED).print(rows);
        }
        reading.out().flush();
    }

    private static Cell side(JsonNode line) {
        if (!line.isObject()) {
            return Cell.NONE;
        }
        Cell status = Views.status(line);
        return line.path("took").isNumber()
                ? new Cell(
                        status.text() + ", "
                                + ShortDurations.text(Duration.ofMillis(
                                        Math.round(line.path("took").asDouble() * 1000))),
                        status.style())
                : status;
    }

    /** A list or a map in one line. */
    private static JsonNode plain(JsonNode value) {
        if (value.isEmpty() || !value.isContainerNode()) {
            return value;
        }
        StringJoiner words = new StringJoiner(value.isArray() ? " " : ", ");
        if (value.isArray()) {
            value.forEach(one -> words.add(one.asText()));
        } else {
            value.properties()
                    .forEach(
                            one -> words.add(one.getKey() + "=" + one.getValue().asText()));
        }
        return TextNode.valueOf(words.toString());
    }

    private static void table(Reading reading, String title, JsonNode rows, List<RecordColumn> columns) {
        if (rows.isArray() && !rows.isEmpty()) {
            reading.out().println();
            reading.out().println(title);
            reading.table(columns).print(rows);
            reading.out().flush();
        }
    }

    /** What Ansible counted, a row a host. */
    private static void stats(Reading reading, JsonNode stats) {
        ArrayNode rows = JsonNodeFactory.instance.arrayNode();
        stats.properties().forEach(host -> {
            ObjectNode row = rows.addObject().put("host", host.getKey());
            host.getValue().properties().forEach(count -> row.set(count.getKey(), count.getValue()));
        });
        table(
                reading,
                "Ansible's tasks",
                rows,
                List.of(
                        RecordColumn.text("host", "HOST", 0, 12),
                        RecordColumn.number("ok", "OK", 2),
                        RecordColumn.number("changed", "CHANGED", 3),
                        RecordColumn.number("failures", "FAILURES", 0),
                        RecordColumn.number("unreachable", "UNREACHABLE", 1),
                        RecordColumn.number("skipped", "SKIPPED", 4),
                        RecordColumn.number("rescued", "RESCUED", 5),
                        RecordColumn.number("ignored", "IGNORED", 6)));
    }
}
