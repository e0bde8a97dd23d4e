package io.jobledger.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.jobledger.cli.view.RecordColumn;
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
