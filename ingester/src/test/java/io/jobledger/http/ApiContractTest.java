package io.jobledger.http;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static io.jobledger.http.RunningService.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.http.OpenApi.Operation;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The server does what docs/openapi.yaml says, and nothing else. Every answer of the other tests is checked too: see
 * {@link RunningService#send}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ApiContractTest {
    /** Parameters that mean something only beside another. */
    private static final Map<String, String> GOES_WITH = Map.of(
            "status",
            "&older_than=2h",
            "host",
            "&older_than=9999d",
            "play",
            "&older_than=9999d",
            "job",
            "&older_than=9999d",
            "dry_run",
            "&older_than=9999d",
            "reason",
            "&older_than=2h",
            "as_of_removals",
            "&as_of=7");

    @TempDir
    static Path directory;

    private RunningService service;
    private String asset;

    @BeforeAll
    void start() {
        service = new RunningService(directory, List.of(), Map.of());
        service.post(List.of(
                        json("run_started", run(1), 1, 0, "kind", "playbook"),
                        started(run(1), 2, 1, "h", "p", "j", "id1", "async", 60))
                .toString());
        asset = service.get("/").body().replaceAll("(?s).*/assets/(page\\.[0-9a-f]+\\.css).*", "$1");
    }

    @AfterAll
    void stop() {
        service.close();
    }

    /** The path with values that the ledger has. */
    private String path(Operation operation) {
        return operation
                .path()
                .replace("{file}", asset)
                .replace("{host}", "h")
                .replace("{play}", "p")
                .replace("{job}", "j")
                .replace("{run_id}", run(1).toString())
                .replace("{other_id}", run(1).toString());
    }

    /** Streams do not end; a HEAD says what their GET would. */
    private static boolean endless(Operation operation) {
        return operation.path().endsWith("/stream");
    }

    private HttpResponse<String> ask(Operation operation, String query) {
        String method = endless(operation) ? "HEAD" : operation.method();
        return service.send(service.request(path(operation) + query).method(method, BodyPublishers.noBody()));
    }

    @Test
    void everyRoute_isDocumented_andEveryDocumentedOperationIsRouted() {
        Set<String> documented = OpenApi.DOCUMENT.operations().stream()
                .map(operation -> operation.method() + " " + operation.path())
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> routed = service.service.routes().stream()
                .filter(route -> !route.startsWith("HEAD "))
                .map(route -> route.replaceAll(":(\\w+)", "{$1}"))
                .collect(Collectors.toSet());
        assertThat(documented).containsAll(routed).hasSizeLessThanOrEqualTo(routed.size() + 7);
        for (Operation operation : OpenApi.DOCUMENT.operations()) {
            HttpResponse<String> response = ask(operation, "");
            assertThat(response.statusCode())
                    .as(operation.method() + " " + operation.path() + ": " + response.body())
                    .isNotIn(404, 405, 500);
        }
    }

    @Test
    void everyDocumentedParameter_isTaken_andAnyOtherRefused() {
        int parameters = 0;
        for (Operation operation : OpenApi.DOCUMENT.operations()) {
            String what = operation.method() + " " + operation.path();
            if (operation.path().equals("/healthz")
                    || operation.path().equals("/readyz")
                    || operation.path().equals("/metrics")
                    || operation.path().equals("/api/v1")
                    || operation.path().startsWith("/assets/")) {
                continue;
            }
            assertThat(ask(operation, "?no_such_parameter=1").statusCode())
                    .as(what)
                    .isEqualTo(400);
            for (JsonNode parameter : OpenApi.DOCUMENT.parameters(operation)) {
                if (!parameter.get("in").textValue().equals("query")) {
                    continue;
                }
                String name = parameter.get("name").textValue();
                StringBuilder query = new StringBuilder("?" + name + "=" + escaped(operation, parameter));
                // What else it cannot do without.
                OpenApi.DOCUMENT.parameters(operation).stream()
                        .filter(other -> other.get("in").textValue().equals("query")
                                && other.path("required").asBoolean()
                                && !other.equals(parameter))
                        .forEach(other -> query.append('&')
                                .append(other.get("name").textValue())
                                .append('=')
                                .append(escaped(operation, other)));
                if (operation.path().matches("/api/v1/(prune|verify)")) {
                    query.append(GOES_WITH.getOrDefault(name, ""));
                }
                HttpResponse<String> response = ask(operation, query.toString());
                assertThat(response.statusCode())
                        .as(what + " " + name + ": " + response.body())
                        .isIn(200, 404, 409);
                parameters++;
            }
        }
        assertThat(parameters).isGreaterThan(90);
    }

    private static String escaped(Operation operation, JsonNode parameter) {
        return URLEncoder.encode(
                sample(operation, parameter.get("name").textValue(), OpenApi.DOCUMENT.resolve(parameter.get("schema"))),
                StandardCharsets.UTF_8);
    }

    private static String sample(Operation operation, String name, JsonNode schema) {
        JsonNode type = schema.path("type").textValue() != null
                        && schema.get("type").textValue().equals("array")
                ? schema.get("items")
                : schema;
        if (name.equals("sort")) {
            return operation.path().endsWith("hosts") || operation.path().endsWith("plays") ? "-name" : "-started_at";
        }
        if (type.has("enum")) {
            return type.get("enum").get(0).textValue();
        }
        if (type.path("type").asText().equals("boolean")) {
            return "false";
        }
        return switch (name) {
            case "run_id" -> run(1).toString();
            case "label" -> "a=b";
            case "since", "until" -> "7d";
            case "from", "to" -> "2026-11-20T10:30:45Z";
            case "finished_since", "finished_until" -> "2026-11-20T10:30:45.5+02:00";
            case "min_duration", "max_duration", "unseen_for" -> "2h";
            case "limit", "nth", "keep", "as_of", "as_of_removals" -> "7";
            case "older_than" -> "2h";
            case "wait" -> "1ms";
            case "cursor" -> cursor(operation);
            default -> "x";
        };
    }

    private static String cursor(Operation operation) {
        String list = operation.path().endsWith("/events")
                ? "events seq"
                : operation.path().endsWith("/hosts")
                        ? "host name"
                        : operation.path().endsWith("/plays")
                                ? "play name"
                                : operation.path().endsWith("/history")
                                        ? "job_keys -started_at"
                                        : operation.path().endsWith("/runs") ? "runs -started_at" : "jobs -started_at";
        String tie = list.startsWith("runs") ? run(1).toString() : "5";
        return "1-1."
                + new io.jobledger.ledger.query.Cursor(
                                list, list.startsWith("events") ? "1" : "2026-11-20T10:30:45Z", tie)
                        .encode();
    }

    @Test
    void everyPath_namesItsMethods_whenAskedForAnother() {
        Map<String, Set<String>> methods = OpenApi.DOCUMENT.operations().stream()
                .collect(Collectors.groupingBy(
                        this::path, Collectors.mapping(Operation::method, Collectors.toCollection(TreeSet::new))));
        methods.forEach((path, allowed) -> {
            HttpResponse<String> response =
                    service.send(service.request(path).method("PATCH", BodyPublishers.noBody()));
            assertThat(response.statusCode()).as(path).isEqualTo(405);
            if (allowed.contains("GET")) {
                allowed.add("HEAD");
            }
            assertThat(Set.of(response.headers().firstValue("allow").orElse("").split(", ")))
                    .as(path)
                    .isEqualTo(allowed);
        });
    }

    @Test
    void head_saysWhatGetWould_withoutTheBody() {
        for (Operation operation : OpenApi.DOCUMENT.operations()) {
            if (operation.method().equals("GET") && !endless(operation)) {
                HttpResponse<String> get = service.get(path(operation));
                HttpResponse<String> head =
                        service.send(service.request(path(operation)).method("HEAD", BodyPublishers.noBody()));
                assertThat(head.statusCode()).as(operation.path()).isEqualTo(get.statusCode());
                assertThat(head.headers().firstValue("content-type"))
                        .isEqualTo(get.headers().firstValue("content-type"));
                assertThat(head.headers().firstValue("etag"))
                        .isEqualTo(get.headers().firstValue("etag"));
                assertThat(head.body()).isEmpty();
            }
        }
    }
}
