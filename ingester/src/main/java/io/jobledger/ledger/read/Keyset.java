package io.jobledger.ledger.read;

import io.jobledger.json.Json;
import io.jobledger.ledger.query.Cursor;
import io.jobledger.ledger.query.Page;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.Sort;
import io.jobledger.ledger.read.AccessPath.Branch;
import io.jobledger.ledger.rows.Reader;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.ledger.rows.Sql;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Finds the rows of a page. A list is one walk along one index from where the page before ended, so that page 10,000
 * costs what page 1 costs; the index is the one in which the filter leaves the fewest rows, by a count that stops
 * early. Thread-safe.
 */
final class Keyset {
    /** Counting goes no further: which of two stretches of this length is longer hardly matters. */
    private static final int PROBE = 2000;

    /**
     * What is listed.
     *
     * @param tie its key, which tells rows with the same time apart
     * @param ended holds of rows that have an end
     */
    record Table(String name, String start, String finish, String tie, String ended) {}

    /** A row's place: its sort value and its key. */
    record Place(Instant at, Object tie) {}

    private final Table table;

    Keyset(Table table) {
        this.table = table;
    }

    /** The cursor after a place. */
    private Cursor cursor(Sort sort, Place last) {
        return new Cursor(order(sort), Json.time(last.at), last.tie.toString());
    }

    private String order(Sort sort) {
        return table.name + " " + sort.wire();
    }

    /**
     * A page of what {@code load} makes of the keys of its rows.
     *
     * @param key reads the cursor's tie
     */
    <T> Page<T> page(
            Reader.Query reader,
            Criteria criteria,
            PageRequest page,
            Function<String, Object> key,
            Function<List<Object>, Map<Object, T>> load) {
        List<Place> found = places(reader, criteria, page, key);
        boolean more = found.size() > page.limit();
        List<Place> places = more ? found.subList(0, page.limit()) : found;
        Map<Object, T> rows = places.isEmpty()
                ? Map.of()
                : load.apply(places.stream().map(Place::tie).toList());
        // One that was removed between the two steps is left out.
        List<T> items = places.stream()
                .map(place -> rows.get(place.tie))
                .filter(Objects::nonNull)
                .toList();
        return new Page<>(items, more ? cursor(page.sortOr(Sort.NEWEST), places.get(places.size() - 1)) : null);
    }

    /** How many rows fit. */
    long count(Reader.Query reader, Criteria criteria) {
        Condition rows = rows(reader, criteria, "1 AS one");
        return reader.query("SELECT COUNT(*) FROM (" + rows.sql() + ") c", rows.values())
                .mapTo(Long.class)
                .one();
    }

    /**
     * The places of a page, and of one row more if there is one.
     *
     * @param key reads the cursor's tie
     */
    private List<Place> places(Reader.Query reader, Criteria criteria, PageRequest page, Function<String, Object> key) {
        Sort sort = page.sortOr(Sort.NEWEST);
        boolean byStart = sort.key() == Sort.Key.STARTED_AT;
        Place after = page.after() == null ? null : place(page.after().of(order(sort)), key);
        AccessPath driver = choose(reader, criteria, byStart);
        int limit = page.limit() + 1;
        if (driver == null) {
            return walk(reader, criteria, byStart, sort, after, limit);
        }
        return driver.ordered() && byStart
                ? merge(reader, driver, criteria, sort, after, limit)
                : gather(reader, driver, criteria, byStart, sort, after, limit);
    }

    private static Place place(Cursor cursor, Function<String, Object> key) {
        try {
            return new Place(Json.time(cursor.at()), key.apply(cursor.tie()));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("must be the 'next' of an earlier answer, unchanged");
        }
    }

    /** The driver with the fewest rows; null when walking along the sort's own index is better. */
    private AccessPath choose(Reader.Query reader, Criteria criteria, boolean byStart) {
        List<AccessPath> candidates = criteria.drivers();
        if (candidates.isEmpty()
                || byStart && candidates.size() == 1 && candidates.get(0).ordered()) {
            return candidates.isEmpty() ? null : candidates.get(0);
        }
        AccessPath best = null;
        AccessPath ordered = null;
        long fewest = PROBE;
        for (AccessPath candidate : candidates) {
            long rows = 0;
            for (Branch branch : candidate.branches()) {
                if (rows < fewest) {
                    rows += probe(reader, branch, criteria, candidate.ordered(), fewest - rows);
                }
            }
            if (rows < fewest) {
                fewest = rows;
                best = candidate;
            }
            ordered = ordered == null && candidate.ordered() ? candidate : ordered;
        }
        return best != null ? best : byStart ? ordered : null;
    }

    private long probe(Reader.Query reader, Branch branch, Criteria criteria, boolean ordered, long most) {
        List<Condition> conditions = new ArrayList<>(List.of(branch.condition()));
        if (ordered) {
            conditions.addAll(Criteria.range(branch.at(), criteria.started()));
        }
        Condition where = Condition.all(conditions);
        return reader.query(
                        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM " + branch.from() + " WHERE " + where.sql()
                                + " LIMIT " + most + ") p",
                        where.values())
                .mapTo(Long.class)
                .one();
    }

    private List<Place> walk(
            Reader.Query reader, Criteria criteria, boolean byStart, Sort sort, Place after, int limit) {
        String at = byStart ? table.start : table.finish;
        List<Condition> conditions = criteria.besides(null);
        if (byStart) {
            conditions.addAll(Criteria.range(at, criteria.started()));
        } else {
            conditions.add(Condition.of(at + " IS NOT NULL AND " + table.ended));
            conditions.addAll(Criteria.range(Condition.blind(table.start), criteria.started()));
        }
        conditions.addAll(beyond(at, table.tie, sort, after));
        Condition where = Condition.all(conditions);
        String way = sort.descending() ? " DESC" : "";
        return read(
                reader,
                "SELECT " + at + " AS at_, " + table.tie + " AS tie_ FROM " + table.name + " WHERE " + where.sql()
                        + " ORDER BY " + at + way + ", " + table.tie + way + " LIMIT " + limit,
                where.values());
    }

    /** Walks along every branch at once. */
    private List<Place> merge(
            Reader.Query reader, AccessPath driver, Criteria criteria, Sort sort, Place after, int limit) {
        String way = sort.descending() ? " DESC" : "";
        List<Object> values = new ArrayList<>();
        List<String> selects = new ArrayList<>();
        for (Branch branch : driver.branches()) {
            List<Condition> conditions = new ArrayList<>(List.of(branch.condition()));
            conditions.addAll(criteria.besides(driver));
            conditions.addAll(Criteria.range(branch.at(), criteria.started()));
            conditions.addAll(beyond(branch.at(), branch.tie(), sort, after));
            Condition where = Condition.all(conditions);
            values.addAll(where.values());
            // The first column has one value here; naming it shows the database that the index is in this order.
            selects.add("SELECT " + branch.at() + " AS at_, " + branch.tie() + " AS tie_ FROM " + branch.from()
                    + " WHERE " + where.sql() + " ORDER BY " + branch.prefix() + way + ", " + branch.at() + way + ", "
                    + branch.tie() + way + " LIMIT " + limit);
        }
        if (selects.size() == 1) {
            return read(reader, selects.get(0), values);
        }
        return read(
                reader,
                selects.stream()
                                .map(select -> "SELECT at_, tie_ FROM (" + select + ") b")
                                .collect(Collectors.joining(" UNION ALL "))
                        + " ORDER BY 1" + way + ", 2" + way + " LIMIT " + limit,
                values);
    }

    /** Reads all that the driver finds, which is little, and sorts it. */
    private List<Place> gather(
            Reader.Query reader,
            AccessPath driver,
            Criteria criteria,
            boolean byStart,
            Sort sort,
            Place after,
            int limit) {
        String at = byStart ? table.start : table.finish;
        String way = sort.descending() ? " DESC" : "";
        List<Object> values = new ArrayList<>();
        List<String> selects = new ArrayList<>();
        for (Branch branch : driver.branches()) {
            List<Condition> conditions = new ArrayList<>(List.of(branch.condition()));
            conditions.addAll(criteria.besides(driver));
            conditions.addAll(Criteria.range(Condition.blind(table.start), criteria.started()));
            conditions.addAll(beyond(Condition.blind(at), Condition.blind(table.tie), sort, after));
            if (!byStart) {
                conditions.add(Condition.of(Condition.blind(at) + " IS NOT NULL AND " + table.ended));
            }
            Condition where = Condition.all(conditions);
            values.addAll(where.values());
            selects.add("SELECT " + Condition.blind(at) + " AS at_, " + Condition.blind(branch.tie()) + " AS tie_ FROM "
                    + branch.from() + " WHERE " + where.sql());
        }
        return read(
                reader,
                String.join(" UNION ALL ", selects) + " ORDER BY 1" + way + ", 2" + way + " LIMIT " + limit,
                values);
    }

    /** What comes after a place. The first part is for the index; a row comparison is not used by every database. */
    private static List<Condition> beyond(String at, String tie, Sort sort, Place after) {
        if (after == null) {
            return List.of();
        }
        String less = sort.descending() ? "<" : ">";
        Object time = Sql.utc(after.at);
        return List.of(Condition.of(
                at + " " + less + "= ? AND (" + at + " " + less + " ? OR " + tie + " " + less + " ?)",
                time,
                time,
                after.tie));
    }

    private static List<Place> read(Reader.Query reader, String sql, List<Object> values) {
        return reader.query(sql, values)
                .map((rows, context) -> new Place(Rows.instant(rows, "at_"), rows.getObject("tie_")))
                .list();
    }

    /** SELECT of {@code columns} of every row that fits, in no order, to be counted or summed up. */
    Condition rows(Reader.Query reader, Criteria criteria, String columns) {
        AccessPath driver = choose(reader, criteria, true);
        List<Condition> selects = new ArrayList<>();
        List<Branch> branches = driver == null
                ? List.of(new Branch(table.name, Condition.of("TRUE"), null, table.start, table.tie))
                : driver.branches();
        for (Branch branch : branches) {
            List<Condition> conditions = new ArrayList<>(List.of(branch.condition()));
            conditions.addAll(criteria.besides(driver));
            conditions.addAll(Criteria.range(
                    driver != null && !driver.ordered() ? Condition.blind(branch.at()) : branch.at(),
                    criteria.started()));
            Condition where = Condition.all(conditions);
            selects.add(new Condition(
                    "SELECT " + columns + " FROM " + branch.from() + " WHERE " + where.sql(), where.values()));
        }
        return new Condition(
                selects.stream().map(Condition::sql).collect(Collectors.joining(" UNION ALL ")),
                selects.stream().flatMap(select -> select.values().stream()).toList());
    }
}
