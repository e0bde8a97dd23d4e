package io.jobledger.ledger.read;

import io.jobledger.ledger.query.TimeRange;
import io.jobledger.ledger.rows.Sql;
import java.util.ArrayList;
import java.util.List;

/**
 * A filter in the terms of the database.
 *
 * @param drivers parts that an index can answer
 * @param residuals parts that none can
 * @param started the range of the start
 */
record Criteria(List<AccessPath> drivers, List<Condition> residuals, TimeRange started) {
    /** All conditions but that of the driver and the range. */
    List<Condition> besides(AccessPath driver) {
        List<Condition> conditions = new ArrayList<>();
        drivers.stream()
                .filter(other -> other != driver)
                .map(AccessPath::residual)
                .forEach(conditions::add);
        conditions.addAll(residuals);
        return conditions;
    }

    static List<Condition> range(String column, TimeRange range) {
        List<Condition> conditions = new ArrayList<>();
        if (range.since() != null) {
            conditions.add(Condition.of(column + " >= ?", Sql.utc(range.since())));
        }
        if (range.until() != null) {
            conditions.add(Condition.of(column + " < ?", Sql.utc(range.until())));
        }
        return conditions;
    }
}
