package io.jobledger.cli.context;

import io.jobledger.config.ClientSetting;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A ledger that a person works with. Immutable.
 *
 * @param name of the person's choice
 * @param values what the commands need to reach it; always a URL
 * @param filters what lists leave out unless told otherwise: names of options without their dashes, like {@code label}
 */
public record Context(String name, Map<ClientSetting, String> values, Map<String, List<String>> filters) {
    public Context {
        values = Map.copyOf(new EnumMap<>(values));
        Map<String, List<String>> copied = new TreeMap<>();
        filters.forEach((option, given) -> copied.put(option, List.copyOf(given)));
        filters = copied;
    }

    public String url() {
        return values.get(ClientSetting.URL);
    }
}
