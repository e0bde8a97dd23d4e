package io.jobledger.http.pages;

import io.jobledger.http.api.EpochId;
import io.jobledger.ledger.AsOf;
import io.jobledger.ledger.query.Page;
import java.time.Duration;
import java.util.List;

/**
 * A list with its filters and the way on.
 *
 * @param path of the page; the API's list is below {@code /api/v1}
 * @param silence after which a run without a goodbye is shown as interrupted; of lists of runs only
 */
record ListPage<T>(String path, ListAddress query, List<T> items, String next, Duration silence) {
    static <T> ListPage<T> of(String path, ListAddress query, AsOf asOf, Page<T> page, Duration silence) {
        return new ListPage<>(path, query, page.items(), EpochId.cursor(asOf, page.next()), silence);
    }

    /** The next page; null at the end. */
    String more() {
        return next == null ? null : query.with("cursor", next).on(path);
    }

    /** The first page; null when this is it. */
    String first() {
        return query.values().containsKey("cursor") ? query.with("cursor", null).on(path) : null;
    }

    /** The same list of the API, whole, in another format. */
    String export(String format) {
        return query.with("cursor", null)
                .with("limit", null)
                .with("format", format)
                .on("/api/v1" + path);
    }
}
