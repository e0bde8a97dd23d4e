package io.jobledger.cli.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.terminal.Cell;
import io.jobledger.terminal.Column;
import io.jobledger.terminal.Palette;
import io.jobledger.terminal.ShortDurations;
import io.jobledger.terminal.Table;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.StreamSupport;

/** A column of a table of records, and how it is read from a record. */
public record RecordColumn(Column column, BiFunction<JsonNode, ShownTimes, Cell> value) {
    /** A column of a text that may be shortened to {@code least} cells. */
    public static RecordColumn text(String name, String title, int rank, int least) {
        return new RecordColumn(new Column(title, rank, least, false), (row, times) -> cell(row.path(name), times));
    }

    /** A column of a value that is useless unless whole. */
    public static RecordColumn whole(String name, String title, int rank) {
        return text(name, title, rank, Column.WHOLE);
    }

    public static RecordColumn number(String name, String title, int rank) {
        return new RecordColumn(
                new Column(title, rank, Column.WHOLE, true), (row, times) -> cell(row.path(name), times));
    }

    /** A column by its field's name alone. */
    public static RecordColumn named(String name) {
        return text(name, name.toUpperCase(Locale.ROOT).replace('_', ' '), 0, 16);
    }

    /** How long it took, or has been going on for: {@code from} one time to another, or to now. */
    static RecordColumn took(String title, String from, String to, int rank) {
        return new RecordColumn(new Column(title, rank, Column.WHOLE, true), (row, times) -> {
            Optional<Instant> start = ShownTimes.parse(row.path(from).asText(null));
            if (start.isEmpty()) {
                return Cell.NONE;
            }
            // A job that was lost has no end, and does not go on either.
            Optional<Instant> end = ShownTimes.parse(row.path(to).asText(null));
            boolean open =
                    "running".equals(row.path("status").asText(row.path("state").asText()));
            return end.isEmpty() && !open
                    ? Cell.NONE
                    : Cell.of(ShortDurations.text(Duration.between(start.get(), end.orElse(times.now()))));
        });
    }

    private static Cell cell(JsonNode value, ShownTimes times) {
        if (value.isNull() || value.isMissingNode()) {
            return Cell.NONE;
        }
        String text = value.isContainerNode() ? value.toString() : value.asText();
        return Cell.of(ShownTimes.parse(text).map(times::text).orElse(text));
    }

    /** Portions of the rows of one table. */
    public interface Rows {
        /** Prints an array of records. */
        void print(JsonNode records);
    }

    /** A table of these columns, whose rows may come in several portions. */
    public static Rows table(PrintWriter out, List<RecordColumn> fields, ShownTimes times, int width, Palette palette) {
        Table table = new Table(fields.stream().map(RecordColumn::column).toList(), width, palette);
        return records -> table.print(
                out,
                StreamSupport.stream(records.spliterator(), false)
                        .map(row -> fields.stream()
                                .map(one -> one.value().apply(row, times))
                                .toList())
                        .toList());
    }
}
