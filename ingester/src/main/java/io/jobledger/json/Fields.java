package io.jobledger.json;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.Names;
import io.jobledger.model.RunId;
import io.jobledger.model.Unicode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Reads the fields of one JSON object by type and collects everything that is wrong, so that a sender hears of all
 * faults at once. A faulty field reads as null: ask {@link #faults} before using the values. Absent and JSON null are
 * the same. Not thread-safe.
 */
public final class Fields {
    private static final int MAX_TEXT = 1000;

    private final JsonNode object;
    private final String prefix;
    private final List<FieldFault> faults;

    public Fields(JsonNode object) {
        this(object, "", new ArrayList<>());
    }

    private Fields(JsonNode object, String prefix, List<FieldFault> faults) {
        this.object = object;
        this.prefix = prefix;
        this.faults = faults;
    }

    /** What was wrong with the fields read so far. */
    public List<FieldFault> faults() {
        return List.copyOf(faults);
    }

    /** Adds a fault of a rule that spans fields. */
    public void fault(String field, String detail) {
        faults.add(new FieldFault(prefix + field, detail));
    }

    public boolean has(String field) {
        return object.hasNonNull(field);
    }

    /** Notes that a required field is missing, unless it is there. */
    public void require(String field) {
        if (!has(field)) {
            fault(field, "is required");
        }
    }

    /** Any text that the ledger can hold. */
    public String string(String field) {
        JsonNode node = typed(field, JsonNode::isTextual, "a string");
        if (node == null) {
            return null;
        }
        String text = node.textValue();
        if (text.indexOf('\0') >= 0) {
            fault(field, "must not hold a NUL character");
            return null;
        }
        if (!Unicode.isSound(text)) {
            fault(field, "must be valid Unicode: it holds an unpaired surrogate");
            return null;
        }
        return text;
    }

    /** A name by the rule of {@link Names}. */
    public String name(String field) {
        JsonNode node = typed(field, JsonNode::isTextual, "a string");
        if (node == null) {
            return null;
        }
        String why = Names.fault(node.textValue()).orElse(null);
        if (why != null) {
            fault(field, why);
            return null;
        }
        return node.textValue();
    }

    /** A text of 1 to 1,000 characters. */
    public String text(String field) {
        String text = string(field);
        if (text != null && (text.isEmpty() || text.length() > MAX_TEXT)) {
            fault(field, "must be 1 to " + MAX_TEXT + " characters");
            return null;
        }
        return text;
    }

    public Long integer(String field) {
        JsonNode node =
                typed(field, n -> n.isIntegralNumber() && n.canConvertToLong(), "an integer of at most 64 bits");
        return node == null ? null : node.longValue();
    }

    /** Any finite number. */
    public Double number(String field) {
        JsonNode node = typed(field, n -> n.isNumber() && Double.isFinite(n.doubleValue()), "a number");
        return node == null ? null : node.doubleValue();
    }

    public Boolean bool(String field) {
        JsonNode node = typed(field, JsonNode::isBoolean, "true or false");
        return node == null ? null : node.booleanValue();
    }

    public Instant time(String field) {
        return parsed(field, Json::time);
    }

    public RunId runId(String field) {
        return parsed(field, RunId::parse);
    }

    public AnsibleJobId jobId(String field) {
        return parsed(field, AnsibleJobId::new);
    }

    /**
     * A string, read by a function that throws {@link IllegalArgumentException} with the rule when the string breaks
     * it.
     */
    public <T> T parsed(String field, Function<String, T> parse) {
        String text = string(field);
        if (text == null) {
            return null;
        }
        try {
            return parse.apply(text);
        } catch (IllegalArgumentException e) {
            fault(field, e.getMessage());
            return null;
        }
    }

    /** An array of strings; empty when absent. */
    public List<String> strings(String field) {
        JsonNode node = typed(field, JsonNode::isArray, "an array of strings");
        List<String> values = new ArrayList<>();
        if (node != null) {
            for (JsonNode element : node) {
                if (!element.isTextual()) {
                    fault(field, "must be an array of strings, but holds " + kind(element));
                    return List.of();
                }
                values.add(element.textValue());
            }
        }
        return values;
    }

    /** An object of strings; empty when absent. */
    public Map<String, String> stringMap(String field) {
        Map<String, String> values = new LinkedHashMap<>();
        JsonNode node = typed(field, JsonNode::isObject, "an object of strings");
        if (node != null) {
            for (Map.Entry<String, JsonNode> entry : node.properties()) {
                if (!entry.getValue().isTextual()) {
                    fault(field + "." + entry.getKey(), "must be a string, not " + kind(entry.getValue()));
                    continue;
                }
                values.put(entry.getKey(), entry.getValue().textValue());
            }
        }
        return values;
    }

    /** A free object as a map; null when absent. */
    public Map<String, Object> map(String field) {
        JsonNode node = typed(field, JsonNode::isObject, "an object");
        return node == null ? null : toMap(node);
    }

    /** The fields of a nested object, whose faults are collected here under its name; null when absent. */
    public Fields nested(String field) {
        JsonNode node = typed(field, JsonNode::isObject, "an object");
        return node == null ? null : new Fields(node, prefix + field + ".", faults);
    }

    /** The nested object itself, after {@link #nested} has seen it. */
    public JsonNode node() {
        return object;
    }

    /** A JSON object as a map, numbers exact. */
    @SuppressWarnings("unchecked")
    public static Map<String, Object> toMap(JsonNode object) {
        return Json.MAPPER.convertValue(object, LinkedHashMap.class);
    }

    private JsonNode typed(String field, Function<JsonNode, Boolean> test, String expected) {
        JsonNode node = object.get(field);
        if (node == null || node.isNull()) {
            return null;
        }
        if (!test.apply(node)) {
            fault(field, "must be " + expected + ", not " + kind(node));
            return null;
        }
        return node;
    }

    private static String kind(JsonNode node) {
        return switch (node.getNodeType()) {
            case ARRAY -> "an array";
            case OBJECT -> "an object";
            case STRING -> "a string";
            case BOOLEAN -> "true or false";
            case NUMBER ->
                node.isIntegralNumber()
                        ? node.canConvertToLong() ? "an integer" : "an integer that large"
                        : "a fraction";
            default -> "null";
        };
    }
}
