package io.jobledger.ledger;

import io.jobledger.audit.TimeRange;
import java.util.ArrayList;
import java.util.List;

/**
 * A filter in the terms of the database.
 *
 * @param drivers parts that an index can answer
 * @param residuals parts that none can
 * @param started the range of the start
 */
record Criteria(List<Driver> drivers, List<Condition> residuals, TimeRange started) {
    /** All conditions but that of the driver and the range. */
    List<Condition> besides(Driver driver) {
        List<Condition> conditions = new ArrayList<>();
        drivers.stream().filter(other -> other != driver).map(Driver::residual).forEach(conditions::add);
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
