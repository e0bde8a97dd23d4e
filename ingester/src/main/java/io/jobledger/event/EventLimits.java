package io.jobledger.event;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.json.FieldFault;
import io.jobledger.json.Json;
import io.jobledger.model.Names;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * How large a batch and its events may be. What the ledger's columns hold is the ceiling of each. Immutable.
 *
 * @param events in one batch ({@code max-batch-events})
 * @param eventChars of one event as compact JSON ({@code max-event-chars})
 * @param runChars the same for {@code run_started} and {@code run_finished} ({@code max-run-chars})
 * @param nameBytes of one name in UTF-8 ({@code max-name})
 * @param metadataChars of metadata or labels as compact JSON ({@code max-metadata})
 * @param depth of an event's JSON ({@code max-depth})
 */
public record EventLimits(int events, int eventChars, int runChars, int nameBytes, int metadataChars, int depth) {
    private static final Set<String> RUN_TYPES = Set.of("run_started", "run_finished");
    private static final List<String> NAMES = List.of("host", "play", "job", "task", "execution_host", "job_name");

    /** The ledger's own limits: what is known of a job is merged from several events, and has to fit one column. */
    public static EventLimits of(int events) {
        return new EventLimits(events, 64_000, 1_000_000, Names.MAX_BYTES, 64_000, Json.MAX_DEPTH);
    }

    /** Most characters of an event of this type. */
    int chars(String type) {
        return RUN_TYPES.contains(type) ? runChars : eventChars;
    }

    /** What is too large in an event or a record; empty when nothing is. */
    public List<FieldFault> faults(JsonNode object) {
        List<FieldFault> faults = new ArrayList<>();
        faults(object, "", faults);
        if (object.path("record").isObject()) {
            faults(object.get("record"), "record.", faults);
        }
        if (deeper(object, depth)) {
            faults.add(new FieldFault("(all)", "must not nest deeper than " + depth + " levels (max-depth)"));
        }
        return faults;
    }

    private void faults(JsonNode object, String prefix, List<FieldFault> faults) {
        for (String name : NAMES) {
            String text = object.path(name).isTextual() ? object.get(name).textValue() : "";
            if (text.length() > nameBytes || text.getBytes(StandardCharsets.UTF_8).length > nameBytes) {
                faults.add(
                        new FieldFault(prefix + name, "must be at most " + nameBytes + " bytes of UTF-8 (max-name)"));
            }
        }
        for (String field : List.of("metadata", "labels")) {
            if (object.path(field).isContainerNode()
                    && Json.text(object.get(field)).length() > metadataChars) {
                faults.add(new FieldFault(
                        prefix + field, "must be at most " + metadataChars + " characters of JSON (max-metadata)"));
            }
        }
    }

    private static boolean deeper(JsonNode node, int levels) {
        if (!node.isContainerNode()) {
            return false;
        }
        if (levels == 0) {
            return true;
        }
        for (JsonNode child : node) {
            if (deeper(child, levels - 1)) {
                return true;
            }
        }
        return false;
    }
}
