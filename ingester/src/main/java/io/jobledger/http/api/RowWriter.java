package io.jobledger.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.csv.CsvGenerator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import io.jobledger.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;

/** Writes rows of a list as lines, a chunk at a time. Thread-safe. */
final class RowWriter {
    private static final CsvMapper CSV = CsvMapper.csvBuilder().build();
    /** What a spreadsheet takes for the beginning of a formula. */
    private static final String FORMULA = "=+-@\uFF1D\uFF0B\uFF0D\uFF20";

    private final Format format;
    private final List<String> columns;
    private final CsvSchema schema;

    /** @param columns fields of the rows' JSON, for CSV */
    RowWriter(Format format, List<String> columns) {
        this.format = format;
        this.columns = columns;
        CsvSchema.Builder builder = CsvSchema.builder().setLineSeparator("\r\n");
        columns.forEach(builder::addColumn);
        this.schema = builder.build();
    }

    /** The lines of these rows; with the line of the columns' names before them if they are the first. */
    byte[] lines(List<? extends JsonNode> rows, boolean first) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            if (format == Format.CSV) {
                csv(out, rows, first);
            } else {
                for (JsonNode row : rows) {
                    out.write(Json.MAPPER.writeValueAsBytes(row));
                    out.write('\n');
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("a row could not be written", e);
        }
        return out.toByteArray();
    }

    private void csv(ByteArrayOutputStream out, List<? extends JsonNode> rows, boolean first) throws IOException {
        try (CsvGenerator csv = CSV.getFactory().createGenerator(out)) {
            csv.setSchema(first ? schema.withHeader() : schema.withoutHeader());
            if (first && rows.isEmpty()) {
                csv.writeStartArray();
                for (String column : columns) {
                    csv.writeString(column);
                }
                csv.writeEndArray();
            }
            for (JsonNode row : rows) {
                csv.writeStartObject();
                for (String column : columns) {
                    csv.writeFieldName(column);
                    cell(csv, row.get(column));
                }
                csv.writeEndObject();
            }
        }
    }

    private static void cell(JsonGenerator csv, JsonNode value) throws IOException {
        if (value == null || value.isNull()) {
            csv.writeNull();
        } else if (value.isNumber() || value.isBoolean()) {
            csv.writeTree(value);
        } else {
            csv.writeString(harmless(value.isTextual() ? value.textValue() : Json.text(value)));
        }
    }

    /**
     * Names and messages come from anywhere; with a quote mark before it, a spreadsheet shows a text and never computes
     * it.
     */
    private static String harmless(String text) {
        int first = 0;
        while (first < text.length() && isSkipped(text.charAt(first))) {
            first++;
        }
        boolean formula = first < text.length() && FORMULA.indexOf(text.charAt(first)) >= 0;
        return formula || !text.isEmpty() && "\t\r\n".indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
    }

    /** What a spreadsheet may pass over before a formula: blanks of any kind, and what is not seen. */
    private static boolean isSkipped(char c) {
        return Character.isWhitespace(c)
                || Character.isSpaceChar(c)
                || Character.isISOControl(c)
                || Character.getType(c) == Character.FORMAT;
    }
}
