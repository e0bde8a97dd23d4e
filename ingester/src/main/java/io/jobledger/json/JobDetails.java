package io.jobledger.json;

import java.util.List;
import java.util.Map;

/**
 * The {@code details} of a job, which a recorder sends only when its operator asked for them: {@code cmd},
 * {@code stdout}, {@code stderr}, {@code module_args}.
 */
public final class JobDetails {
    private JobDetails() {}

    /**
     * Reads the object; null when it is absent or empty. Faults go to {@code fields}. Entries that this version does
     * not know are kept.
     */
    public static Map<String, Object> read(Fields fields) {
        Fields details = fields.nested("details");
        if (details == null) {
            return null;
        }
        List.of("cmd", "stdout", "stderr").forEach(details::string);
        details.map("module_args");
        Map<String, Object> all = fields.map("details");
        all.values().removeIf(value -> value == null);
        return all.isEmpty() ? null : all;
    }
}
