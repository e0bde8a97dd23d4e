package io.jobledger.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.view.ShownTimes;
import io.jobledger.terminal.Printable;
import java.util.ArrayList;
import java.util.List;

/** An answer for people: a line a value, whatever is in what. What is empty is left out. */
final class FieldLines {
    private final Reading reading;
    private final ShownTimes times;

    FieldLines(Reading reading) {
        this.reading = reading;
        this.times = reading.times();
    }

    /** Prints an object; a value within another is called {@code outer.inner}. */
    void print(JsonNode object) {
        print("", object);
    }

    private void print(String path, JsonNode value) {
        if (value.isObject()) {
            value.properties().forEach(field -> print(within(path, field.getKey()), field.getValue()));
        } else if (value.isArray() && plain(value)) {
            List<String> texts = new ArrayList<>();
            value.forEach(one -> texts.add(text(one)));
            if (!texts.isEmpty()) {
                reading.line(path, String.join(", ", texts));
            }
        } else if (value.isArray()) {
            for (int i = 0; i < value.size(); i++) {
                print(within(path, Integer.toString(i + 1)), value.get(i));
            }
        } else if (!value.isNull()) {
            scalar(path, value);
        }
    }

    /** A text of several lines, such as a job's output, stands below its name. */
    private void scalar(String path, JsonNode value) {
        if (value.asText().strip().indexOf('\n') < 0) {
            reading.line(path, text(value).strip());
            return;
        }
        reading.out().println(Printable.of(path));
        value.asText().stripTrailing().lines().forEach(line -> reading.out().println("  " + Printable.of(line)));
    }

    private static boolean plain(JsonNode array) {
        for (JsonNode one : array) {
            if (one.isContainerNode()) {
                return false;
            }
        }
        return true;
    }

    private String text(JsonNode value) {
        return ShownTimes.parse(value.asText())
                .map(at -> times.text(at) + " (" + times.age(at) + ")")
                .orElse(value.asText());
    }

    private static String within(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
