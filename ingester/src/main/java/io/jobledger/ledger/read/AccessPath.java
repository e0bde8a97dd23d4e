package io.jobledger.ledger.read;

import java.util.List;

/**
 * One part of a filter as a way into a table.
 *
 * @param branches stretches of an index that together hold every row that fits, each once; each is in the order of the
 *     start, unless {@code ordered} is false
 * @param residual the same part of the filter as a condition on rows that were found another way
 * @param ordered whether the branches are in the order of the start
 */
record AccessPath(List<Branch> branches, Condition residual, boolean ordered) {
    /**
     * A stretch of an index.
     *
     * @param from the table, or the narrow table beside it
     * @param prefix the column that the stretch has one value of; null for none
     */
    record Branch(String from, Condition condition, String prefix, String at, String tie) {}

    /** A column that must have a value. */
    static AccessPath equal(Keyset.Table table, String column, Object value) {
        return new AccessPath(
                List.of(new Branch(
                        table.name(), Condition.of(column + " = ?", value), column, table.start(), table.tie())),
                Condition.of(Condition.blind(column) + " = ?", value),
                true);
    }
}
