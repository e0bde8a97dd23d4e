package io.jobledger.trail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.json.Json;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One administrative act. Immutable. Holds no secrets: it is written as it is.
 *
 * @param what a short name, like {@code token.create}
 * @param who a token's name and id, or a user of this machine
 * @param from an address, or {@code local}
 * @param details what else is worth knowing: text, numbers, booleans, or lists of them
 */
public record Act(String what, String who, String from, Map<String, Object> details) {
    public Act {
        details = Collections.unmodifiableMap(new LinkedHashMap<>(details));
    }

    /** The act as a line of the trail: one JSON object, without a line break. */
    public String line(Instant at) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("at", Json.time(at)).put("act", what).put("who", who).put("from", from);
        details.forEach((name, value) -> json.set(name, Json.MAPPER.<JsonNode>valueToTree(value)));
        return Json.text(json);
    }
}
