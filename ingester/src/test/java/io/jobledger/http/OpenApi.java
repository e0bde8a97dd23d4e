package io.jobledger.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.jobledger.Wire;
import io.jobledger.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** docs/openapi.yaml, and whether an answer is one that it allows. Thread-safe. */
final class OpenApi {
    static final OpenApi DOCUMENT = new OpenApi();
    /** Refusals of the server itself, before any operation is known; and of a method or a path that is not there. */
    private static final List<Integer> ANYWHERE = List.of(400, 401, 403, 404, 405, 413, 414, 421, 429, 431);

    /** Those of any operation, as the document's description says. */
    private static final List<Integer> EVERYWHERE = List.of(401, 403, 413, 414, 421, 429, 431);

    private final JsonNode root;
    private final SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    private final List<Operation> operations;
    private final Map<JsonNode, Schema> schemas = new ConcurrentHashMap<>();

    /** An operation of the document. */
    record Operation(String method, String path, JsonNode node, JsonNode pathNode) {}

    private OpenApi() {
        try {
            root = new ObjectMapper(new YAMLFactory())
                    .readTree(Wire.checkout().resolve("docs/openapi.yaml").toFile());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        operations = read();
    }

    List<Operation> operations() {
        return operations;
    }

    private List<Operation> read() {
        List<Operation> operations = new ArrayList<>();
        for (Map.Entry<String, JsonNode> path : root.get("paths").properties()) {
            for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
                if (!operation.getKey().equals("parameters")) {
                    operations.add(new Operation(
                            operation.getKey().toUpperCase(Locale.ROOT),
                            path.getKey(),
                            operation.getValue(),
                            path.getValue()));
                }
            }
        }
        return operations;
    }

    /** The parameters of an operation, {@code $ref} resolved. */
    List<JsonNode> parameters(Operation operation) {
        List<JsonNode> parameters = new ArrayList<>();
        operation.pathNode.path("parameters").forEach(parameter -> parameters.add(resolve(parameter)));
        operation.node.path("parameters").forEach(parameter -> parameters.add(resolve(parameter)));
        return parameters;
    }

    JsonNode resolve(JsonNode node) {
        return node.has("$ref") ? resolve(root.at(node.get("$ref").textValue().substring(1))) : node;
    }

    private Optional<Operation> operation(String method, String rawPath) {
        String wanted = method.equals("HEAD") ? "GET" : method;
        return operations().stream()
                .filter(operation -> operation.method.equals(wanted))
                .filter(operation ->
                        rawPath.matches("\\Q" + operation.path.replaceAll("\\{\\w+\\}", "\\\\E[^/]+\\\\Q") + "\\E"))
                .findFirst();
    }

    /** Fails when the document does not allow this answer. */
    void check(HttpResponse<String> response) {
        String method = response.request().method();
        URI uri = response.request().uri();
        String what = method + " " + uri + " → " + response.statusCode() + " " + response.body();
        String type = response.headers()
                .firstValue("content-type")
                .map(text -> text.split(";")[0])
                .orElse("");
        // The router takes a slash too many, at the end or doubled, for none.
        Operation operation = operation(method, uri.getRawPath())
                .or(() ->
                        operation(method, uri.getRawPath().replaceAll("/+", "/").replaceAll("(.)/$", "$1")))
                .orElse(null);
        JsonNode allowed =
                operation == null ? null : operation.node.get("responses").get(Integer.toString(response.statusCode()));
        if (allowed == null) {
            assertThat(operation == null ? ANYWHERE : EVERYWHERE)
                    .as("a status that the document has for it: " + what)
                    .contains(response.statusCode());
            // A browser gets its refusals as pages.
            allowed = root.at("/components/responses/" + (type.equals("text/html") ? "Html" : "Problem"));
        }
        allowed = resolve(allowed);
        for (Map.Entry<String, JsonNode> header : allowed.path("headers").properties()) {
            JsonNode wanted = resolve(header.getValue());
            String value = response.headers().firstValue(header.getKey()).orElse(null);
            assertThat(value != null || !wanted.path("required").asBoolean())
                    .as("header " + header.getKey() + ": " + what)
                    .isTrue();
            if (value != null && wanted.at("/schema").has("pattern")) {
                assertThat(value)
                        .as(what)
                        .containsPattern(
                                Pattern.compile(wanted.at("/schema/pattern").textValue()));
            }
        }
        if (!allowed.has("content") || method.equals("HEAD")) {
            assertThat(response.body()).as(what).isEmpty();
            return;
        }
        assertThat(allowed.get("content").has(type))
                .as("media type " + type + ": " + what)
                .isTrue();
        if (type.endsWith("json") && !type.endsWith("ndjson")) {
            try {
                assertThat(schema(allowed.get("content").get(type).get("schema"))
                                .validate(Json.MAPPER.readTree(response.body())))
                        .as(what)
                        .isEmpty();
            } catch (IOException e) {
                throw new AssertionError("not JSON: " + what, e);
            }
        }
    }

    private Schema schema(JsonNode node) {
        return schemas.computeIfAbsent(node, key -> {
            ObjectNode whole = ((ObjectNode) key).deepCopy();
            whole.set("components", root.get("components"));
            return registry.getSchema(whole);
        });
    }
}
