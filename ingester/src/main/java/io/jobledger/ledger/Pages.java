package io.jobledger.ledger;

import io.jobledger.audit.Page;
import io.jobledger.audit.PageRequest;
import io.jobledger.audit.Sort;
import java.util.function.Function;
import java.util.function.Predicate;

/** Walks a list page by page. */
final class Pages {
    private static final int ROWS = 500;

    private Pages() {}

    static <T> void each(Function<PageRequest, Page<T>> list, Sort sort, Predicate<? super T> row) {
        PageRequest request = new PageRequest(ROWS, sort, null);
        while (true) {
            Page<T> page = list.apply(request);
            for (T item : page.items()) {
                if (!row.test(item)) {
                    return;
                }
            }
            if (page.next() == null) {
                return;
            }
            request = request.from(page.next());
        }
    }
}
