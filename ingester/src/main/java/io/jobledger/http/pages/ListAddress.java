package io.jobledger.http.pages;

import io.jobledger.http.pages.view.Links;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;

/** The parameters of a list as they stand in the address, each with its values. Immutable. */
public record ListAddress(Map<String, List<String>> values) {
    /**
     * What does not say which jobs are meant but when or how they stand: a job that changes leaves such a list without
     * being in it any more.
     */
    private static final Set<String> PASSING = Set.of(
            "status",
            "state",
            "since",
            "until",
            "finished_since",
            "finished_until",
            "min_duration",
            "max_duration",
            "q",
            "sort",
            "limit",
            "cursor",
            "incomplete",
            "total",
            "kind",
            "check_mode",
            "ansible_job_id");

    public ListAddress {
        Map<String, List<String>> copy = new LinkedHashMap<>();
        values.forEach((name, texts) -> copy.put(name, List.copyOf(texts)));
        values = copy;
    }

    /** The first value; empty when there is none. */
    String first(String name) {
        List<String> texts = all(name);
        return texts.isEmpty() ? "" : texts.get(0);
    }

    List<String> all(String name) {
        return values.getOrDefault(name, List.of());
    }

    boolean has(String name, String value) {
        return all(name).contains(value);
    }

    boolean any(List<String> names) {
        return names.stream().anyMatch(values::containsKey);
    }

    /** This query with one parameter set to one value, or taken out when that is null. */
    ListAddress with(String name, String value) {
        Map<String, List<String>> copy = new LinkedHashMap<>(values);
        copy.remove(name);
        if (value != null) {
            copy.put(name, List.of(value));
        }
        return new ListAddress(copy);
    }

    /** The address of a path with this query. */
    public String on(String path) {
        StringJoiner query = new StringJoiner("&");
        values.forEach((name, texts) -> texts.forEach(text -> query.add(Links.query(name, text))));
        return query.length() == 0 ? path : path + "?" + query;
    }

    /**
     * Where changes of such a list are told; null for a page that is not the first, which does not change under the
     * reader's eyes.
     */
    String stream(String kind) {
        if (values.containsKey("cursor")) {
            return null;
        }
        Map<String, List<String>> lasting = new LinkedHashMap<>(values);
        lasting.keySet().removeAll(PASSING);
        if (kind.equals("runs")) {
            // The stream of runs does not know their jobs.
            lasting.remove("host");
        }
        lasting.put("kind", List.of(kind));
        return new ListAddress(lasting).on("/api/v1/stream");
    }
}
