package io.jobledger.ledger.retention;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.jobledger.json.Json;
import io.jobledger.ledger.Eraser;
import java.io.IOException;

/**
 * What is taken out of an event, and out of what is known by it.
 *
 * @param what the event, and the text or the details
 */
record Redaction(Eraser.What what) {
    /** The same JSON without it. */
    String of(String json) {
        JsonNode tree;
        try {
            tree = Json.OWN.readTree(json);
        } catch (IOException e) {
            throw new IllegalArgumentException("it is not JSON", e);
        }
        if (what.text() != null) {
            return Json.text(without(tree));
        }
        if (tree.has("seq") && tree.has("type")) {
            ((ObjectNode) tree).remove("details");
        } else {
            removeDetails(tree);
        }
        return Json.text(tree);
    }

    private JsonNode without(JsonNode node) {
        if (node.isTextual()) {
            return TextNode.valueOf(without(node.textValue()));
        }
        if (node.isObject()) {
            ObjectNode object = JsonNodeFactory.instance.objectNode();
            node.properties().forEach(field -> object.set(without(field.getKey()), without(field.getValue())));
            return object;
        }
        if (node.isArray()) {
            ArrayNode array = JsonNodeFactory.instance.arrayNode();
            node.forEach(item -> array.add(without(item)));
            return array;
        }
        return node.isNumber() && node.asText().contains(what.text()) ? TextNode.valueOf(Eraser.ERASED) : node;
    }

    private String without(String text) {
        return text.replace(what.text(), Eraser.ERASED);
    }

    /** Of a merged document: those that came with the event. */
    private void removeDetails(JsonNode node) {
        JsonNode evidence = node.path("evidence");
        if (evidence.path("seq").asLong() == what.seq()
                && evidence.path("run").asText().equals(what.run().toString())) {
            ((ObjectNode) node).remove("details");
        }
        node.forEach(this::removeDetails);
    }
}
