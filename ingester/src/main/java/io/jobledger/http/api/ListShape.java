package io.jobledger.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.http.guard.Admission;
import io.jobledger.http.guard.Parameters;
import io.jobledger.http.guard.Problem;
import io.jobledger.http.guard.Responses;
import io.jobledger.json.Json;
import io.jobledger.ledger.AsOf;
import io.jobledger.ledger.query.Cursor;
import io.jobledger.ledger.query.Page;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.Sort;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * How every list is answered: a page as JSON, or the whole of it as lines.
 *
 * @param plural names the list in JSON
 * @param pages reads a page; blocks
 * @param count counts the whole; blocks
 * @param json writes a row
 * @param columns the row's fields in CSV
 * @param sorts what it can be sorted by
 */
record ListShape<T>(
        String plural,
        Function<PageRequest, Page<T>> pages,
        LongSupplier count,
        Function<? super T, ? extends JsonNode> json,
        List<String> columns,
        Sort.Key... sorts) {
    /** The parameters of a list besides its filters. */
    static final String[] PARAMETERS = {"limit", "cursor", "sort", "total", "format"};

    private static final int USUAL = 100;
    /** Rows of the first part of what streams, and the most of a later one. */
    private static final int CHUNK = 10;

    private static final int MOST_CHUNK = 500;
    /** A part's size in bytes is kept about here: that much waits in the memory for each reader who takes nothing. */
    private static final int PART = 128 * 1024;

    /** The same list of something that must be there: {@code there} throws when it is not. */
    ListShape<T> of(Runnable there) {
        return new ListShape<>(
                plural,
                page -> {
                    if (page.after() == null) {
                        there.run();
                    }
                    return pages.apply(page);
                },
                count,
                json,
                columns,
                sorts);
    }

    /** Reads the request's parameters on the event loop, and answers through {@code answers}. */
    void answer(RoutingContext context, Parameters parameters, Responses answers) {
        Format format = Format.of(context, parameters);
        boolean limited = parameters.text("limit") != null;
        int limit = (int) parameters.number("limit", USUAL, 1, PageRequest.MOST);
        Sort sort = sorts.length == 0 ? null : parameters.parsed("sort", text -> Sort.parse(text, sorts));
        // Before anything is read: what is read is no older.
        AsOf asOf = answers.asOf();
        Cursor cursor = parameters.parsed("cursor", text -> EpochId.cursor(asOf, text));
        boolean total = Boolean.TRUE.equals(parameters.flag("total"));
        PageRequest request = new PageRequest(format == Format.JSON || limited ? limit : CHUNK, sort, cursor);
        Responses.dated(context, asOf);
        if (format == Format.JSON) {
            answers.blocking(context, () -> page(asOf, request, total));
        } else {
            // A part as it was read, and one as it is written.
            Admission.reserve(context, 2 * PART);
            RowWriter writer = new RowWriter(format, columns);
            answers.stream(context, format.contentType(), new Responses.Chunks() {
                private PageRequest next = request;

                @Override
                public byte[] read() {
                    if (next == null) {
                        return null;
                    }
                    boolean first = next == request;
                    Page<T> page = read(next);
                    byte[] part = writer.lines(page.items().stream().map(json).toList(), first);
                    next = limited || page.next() == null
                            ? null
                            : new PageRequest(rows(next.limit(), part.length), sort, page.next());
                    return part;
                }

                private int rows(int now, int bytes) {
                    return bytes > PART
                            ? Math.max(1, (int) ((long) now * PART / bytes))
                            : bytes < PART / 2 ? Math.min(MOST_CHUNK, 2 * now) : now;
                }

                private Page<T> read(PageRequest part) {
                    return ListShape.this.read(part);
                }
            });
        }
    }

    private Page<T> read(PageRequest request) {
        try {
            return pages.apply(request);
        } catch (IllegalArgumentException e) {
            throw Problem.badField("cursor", e.getMessage());
        }
    }

    private ObjectNode page(AsOf asOf, PageRequest request, boolean total) {
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        ArrayNode rows = answer.putArray(plural);
        Page<T> page = read(request);
        page.items().forEach(item -> rows.add(json.apply(item)));
        answer.put("next", EpochId.cursor(asOf, page.next()));
        answer.putObject("as_of").put("entry", asOf.text()).put("at", Json.time(asOf.at()));
        if (total) {
            answer.put("total", count.getAsLong());
        }
        return answer;
    }
}
