package io.jobledger.ledger.read;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * A part of a WHERE clause, with the values of its question marks. Holds no text from outside: that is always a value.
 */
record Condition(String sql, List<Object> values) {
    static Condition of(String sql, Object... values) {
        return new Condition(sql, Collections.unmodifiableList(Arrays.asList(values)));
    }

    static Condition all(List<Condition> conditions) {
        List<Object> values = new ArrayList<>();
        StringBuilder sql = new StringBuilder();
        for (Condition condition : conditions) {
            sql.append(sql.length() == 0 ? "" : " AND ").append(condition.sql);
            values.addAll(condition.values);
        }
        return new Condition(sql.length() == 0 ? "TRUE" : sql.toString(), Collections.unmodifiableList(values));
    }

    /**
     * A column that no index answers. Which index a list reads is decided in {@link Keyset}, by counting; a database
     * that preferred another would have to sort what it found there.
     */
    static String blind(String column) {
        return "COALESCE(" + column + ", " + column + ")";
    }
}
