package io.jobledger.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.RecordColumn;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** A list of the ledger, in any format, page by page: never more than a page is in memory. */
public final class Listing {
    /** Rows of a CSV or NDJSON answer when nobody says how many: as many as a table has. */
    private static final int USUAL = 100;

    private final Reading reading;
    private final Paging paging;

    public Listing(Reading reading, Paging paging) {
        this.reading = reading;
        this.paging = paging;
    }

    /**
     * Prints it.
     *
     * @param plural what the rows stand under, and what they are called when there are none
     * @return how many rows were printed
     */
    public long print(String path, Query filters, String plural, List<RecordColumn> fields) {
        return switch (reading.format()) {
            case table, wide -> table(path, filters, plural, fields);
            case json -> json(path, filters, plural);
            case ndjson -> stream(path + paging.stream(filters, USUAL), RowCounter.Format.ndjson);
            case csv -> stream(path + paging.stream(filters, USUAL), RowCounter.Format.csv);
        };
    }

    private long table(String path, Query filters, String plural, List<RecordColumn> fields) {
        RecordColumn.Rows table = reading.table(fields);
        long seen = 0;
        JsonNode page = reading.get(path + paging.first(filters));
        JsonNode total = page.path("total");
        while (true) {
            JsonNode rows = reading.rows(page, plural);
            seen += rows.size();
            if (!rows.isEmpty()) {
                table.print(rows);
            }
            String next = page.path("next").asText(null);
            if (next == null || !paging.all()) {
                say(seen, plural, total, next != null);
                return seen;
            }
            page = reading.get(path + paging.next(filters, next));
        }
    }

    private void say(long seen, String plural, JsonNode total, boolean more) {
        if (seen == 0) {
            reading.out().println("no " + plural);
            reading.out().flush();
        }
        if (paging.total() && total.isNumber()) {
            reading.err().println(seen + " of " + total.asLong() + " " + plural);
        } else if (more) {
            reading.err().println("There are more: --limit N shows up to 1000, --all shows all.");
        }
        reading.err().flush();
    }

    /** One page is the ingester's answer; several become one answer of the same form. */
    private long json(String path, Query filters, String plural) {
        JsonNode page = reading.get(path + paging.first(filters));
        JsonNode rows = reading.rows(page, plural);
        if (!paging.all() || !page.hasNonNull("next")) {
            reading.json(page);
            return rows.size();
        }
        long seen = 0;
        reading.out().println("{");
        if (page.has("total")) {
            reading.out().println("  \"total\" : " + page.get("total") + ",");
        }
        reading.out().print("  \"" + plural + "\" : [");
        while (true) {
            for (JsonNode row : reading.rows(page, plural)) {
                reading.out().print((seen++ == 0 ? "\n    " : ",\n    ") + row);
            }
            if (!page.hasNonNull("next")) {
                break;
            }
            page = reading.get(path + paging.next(filters, page.get("next").asText()));
        }
        reading.out().println("\n  ],\n  \"next\" : null\n}");
        reading.out().flush();
        return seen;
    }

    private long stream(String path, RowCounter.Format format) {
        reading.out().flush();
        try (InputStream body = reading.api().stream(path, format.mediaType())) {
            // Past the writer: these are the ingester's bytes, in UTF-8 whatever the locale.
            RowCounter rows = new RowCounter(format);
            byte[] bytes = new byte[1 << 16];
            for (int got = body.read(bytes); got >= 0; got = body.read(bytes)) {
                rows.count(bytes, got);
                System.out.write(bytes, 0, got);
            }
            System.out.flush();
            return rows.rows();
        } catch (IOException e) {
            throw new CommandFailed("the list of " + reading.api().url() + " broke off: " + e.getMessage());
        }
    }
}
