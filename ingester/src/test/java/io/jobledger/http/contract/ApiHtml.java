package io.jobledger.http.contract;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The contract as HTML, without a script or a style of its own. */
final class ApiHtml {
    private static final List<String> METHODS = List.of("get", "put", "post", "delete");

    private final JsonNode contract;
    private final StringBuilder html = new StringBuilder();

    ApiHtml(JsonNode contract) {
        this.contract = contract;
    }

    /** What stands inside of the page: an introduction, each operation by its tag, and the schemas. */
    String text() {
        for (String part : contract.at("/info/description").asText().split("\n\n")) {
            line("<p>" + prose(part) + "</p>");
        }
        Map<String, List<String[]>> byTag = new LinkedHashMap<>();
        contract.get("tags").forEach(tag -> byTag.put(tag.get("name").asText(), new ArrayList<>()));
        contract.get("paths")
                .properties()
                .forEach(path -> METHODS.stream()
                        .filter(path.getValue()::has)
                        .forEach(method -> byTag.computeIfAbsent(
                                        path.getValue()
                                                .get(method)
                                                .at("/tags/0")
                                                .asText(),
                                        tag -> new ArrayList<>())
                                .add(new String[] {path.getKey(), method})));
        byTag.forEach((tag, operations) -> {
            line("<h2 id=\"tag-" + tag + "\">" + escape(tag) + "</h2>");
            operations.forEach(one -> operation(one[0], one[1]));
        });
        line("<h2 id=\"schemas\">Schemas</h2>");
        contract.at("/components/schemas").properties().forEach(schema -> {
            line("<article id=\"schema-" + schema.getKey() + "\">");
            line("<h3><code>" + escape(schema.getKey()) + "</code></h3>");
            schema(schema.getValue(), 0);
            line("</article>");
        });
        return html.toString();
    }

    private void operation(String path, String method) {
        JsonNode all = contract.at("/paths").get(path);
        JsonNode operation = all.get(method);
        line("<article id=\"" + operation.get("operationId").asText() + "\">");
        line("<h3><code>" + method.toUpperCase(java.util.Locale.ROOT) + " " + escape(path) + "</code></h3>");
        line("<p>" + prose(operation.path("summary").asText()) + "</p>");
        if (operation.has("description")) {
            line("<p>" + prose(operation.get("description").asText()) + "</p>");
        }
        List<JsonNode> parameters = new ArrayList<>();
        all.path("parameters").forEach(one -> parameters.add(resolved(one)));
        operation.path("parameters").forEach(one -> parameters.add(resolved(one)));
        if (!parameters.isEmpty()) {
            line("<dl>");
            parameters.forEach(this::parameter);
            line("</dl>");
        }
        JsonNode body = resolved(operation.path("requestBody"));
        if (!body.isMissingNode()) {
            details("Body", body.path("content"));
        }
        answers(operation.get("responses"));
        line("</article>");
    }

    private void parameter(JsonNode parameter) {
        line("<dt><code>" + escape(parameter.get("name").asText()) + "</code> <small>in "
                + escape(parameter.get("in").asText())
                + (parameter.path("required").asBoolean() ? ", required" : "")
                + "</small></dt>");
        line("<dd>" + type(parameter.path("schema"))
                + (parameter.has("description")
                        ? " " + prose(parameter.get("description").asText())
                        : "")
                + "</dd>");
    }

    private void answers(JsonNode responses) {
        List<String> refusals = new ArrayList<>();
        for (String status : new TreeSet<>(names(responses))) {
            JsonNode response = resolved(responses.get(status));
            if (status.startsWith("2")) {
                String text = status + " " + prose(response.path("description").asText());
                if (response.path("content").isEmpty()) {
                    line("<p>" + text + "</p>");
                } else {
                    details(text, response.get("content"));
                }
            } else {
                refusals.add(status);
            }
        }
        line("<p>Else: " + String.join(", ", refusals) + "</p>");
    }

    private void details(String title, JsonNode content) {
        line("<details><summary>" + title + "</summary>");
        content.properties().forEach(media -> {
            line("<p><code>" + escape(media.getKey()) + "</code></p>");
            schema(media.getValue().path("schema"), 0);
        });
        line("</details>");
    }

    private void schema(JsonNode schema, int depth) {
        JsonNode properties = schema.path("properties");
        if (schema.has("description")) {
            line("<p>" + prose(schema.get("description").asText()) + "</p>");
        }
        for (String many : List.of("oneOf", "anyOf", "allOf")) {
            if (schema.has(many)) {
                line("<ul>");
                schema.get(many).forEach(one -> {
                    line("<li>" + type(one));
                    inner(one, depth);
                    line("</li>");
                });
                line("</ul>");
            }
        }
        if (properties.isEmpty()) {
            line("<p>" + type(schema) + "</p>");
            inner(schema.path("items"), depth);
            return;
        }
        List<String> required = new ArrayList<>();
        schema.path("required").forEach(name -> required.add(name.asText()));
        line("<dl>");
        properties.properties().forEach(property -> {
            line("<dt><code>" + escape(property.getKey()) + "</code>"
                    + (required.contains(property.getKey()) ? "" : " <small>may be missing</small>") + "</dt>");
            line("<dd>" + type(property.getValue()) + " "
                    + prose(property.getValue().path("description").asText("")));
            inner(property.getValue(), depth);
            inner(property.getValue().path("items"), depth);
            line("</dd>");
        });
        line("</dl>");
    }

    /** What an object within an object has; what is named elsewhere is linked, and not repeated. */
    private void inner(JsonNode schema, int depth) {
        if (schema.has("properties") && depth < 6) {
            line("<dl>");
            schema.get("properties").properties().forEach(property -> {
                line("<dt><code>" + escape(property.getKey()) + "</code></dt><dd>" + type(property.getValue()) + " "
                        + prose(property.getValue().path("description").asText("")));
                inner(property.getValue(), depth + 1);
                inner(property.getValue().path("items"), depth + 1);
                line("</dd>");
            });
            line("</dl>");
        }
    }

    /** A type in a few words. */
    private static String type(JsonNode schema) {
        if (schema.has("$ref")) {
            String name = schema.get("$ref").asText().replaceFirst(".*/", "");
            return schema.get("$ref").asText().contains("/schemas/")
                    ? "<a href=\"#schema-" + name + "\">" + escape(name) + "</a>"
                    : escape(name);
        }
        List<String> words = new ArrayList<>();
        if (schema.has("const")) {
            words.add("<code>" + escape(schema.get("const").asText()) + "</code>");
        } else if (schema.has("enum")) {
            List<String> values = new ArrayList<>();
            schema.get("enum").forEach(value -> values.add("<code>" + escape(value.asText()) + "</code>"));
            words.add(String.join(" ", values));
        } else if (schema.has("type")) {
            JsonNode type = schema.get("type");
            List<String> types = new ArrayList<>();
            if (type.isArray()) {
                type.forEach(one -> types.add(one.asText()));
            } else {
                types.add(type.asText());
            }
            words.add(String.join(" or ", types));
        }
        if (schema.has("items")) {
            words.add("of " + type(schema.get("items")));
        }
        for (String limit : List.of("format", "minimum", "maximum", "minLength", "maxLength", "maxItems", "default")) {
            if (schema.has(limit)) {
                words.add("<small>" + limit + " " + escape(schema.get(limit).asText()) + "</small>");
            }
        }
        return String.join(" ", words);
    }

    private JsonNode resolved(JsonNode node) {
        return node.has("$ref") ? contract.at(node.get("$ref").asText().substring(1)) : node;
    }

    private static List<String> names(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    /** Text with its `code`. */
    private static String prose(String text) {
        return escape(text.strip()).replaceAll("`([^`]*)`", "<code>$1</code>");
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    private void line(String text) {
        html.append(text).append('\n');
    }
}
