package io.jobledger.ledger.query;

import java.util.List;
import java.util.function.Function;

/**
 * A part of a list.
 *
 * @param next where to go on, null at the end of the list
 */
public record Page<T>(List<T> items, Cursor next) {
    public Page {
        items = List.copyOf(items);
    }

    /** The same page of other things. */
    public <U> Page<U> map(Function<? super T, ? extends U> change) {
        return new Page<>(items.stream().<U>map(change).toList(), next);
    }
}
