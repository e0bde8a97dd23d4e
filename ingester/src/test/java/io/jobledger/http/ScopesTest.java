package io.jobledger.http;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobledger.TestClock;
import io.jobledger.auth.FileTokenStore;
import io.jobledger.auth.Scope;
import io.jobledger.auth.TokenAdmin;
import io.jobledger.config.Setting;
import io.jobledger.trail.Acts;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may do what, over a real socket: each route with each token, and every way not to have one. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ScopesTest {
    @TempDir
    static Path directory;

    private final Map<Scope, String> tokens = new EnumMap<>(Scope.class);
    private TokenAdmin admin;
    private RunningService service;

    @BeforeAll
    void start() {
        admin = new TokenAdmin(new FileTokenStore(directory.resolve("tokens.json")), new Acts(), new TestClock(T0));
        for (Scope scope : Scope.values()) {
            tokens.put(
                    scope,
                    admin.create(EnumSet.of(scope), scope.wire(), null, "test").text());
        }
        service = new RunningService(directory, List.of(), Map.of());
    }

    @AfterAll
    void stop() throws IOException {
        service.close();
        Set<String> texts = Set.copyOf(tokens.values());
        try (var files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String content = Files.readString(file, StandardCharsets.ISO_8859_1);
                texts.forEach(text -> assertThat(content.contains(text))
                        .as("a token in " + file)
                        .isFalse());
            }
        }
    }

    private HttpRequest.Builder request(String method, String path) {
        String body = path.equals("/api/v1/events")
                ? "[" + json("run_alive", run(1), 1, 1) + "]"
                : method.equals("PUT") ? "{\"ansible_job_id\":\"a\"}" : "";
        return service.request(path)
                .header("content-type", "application/json")
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    }

    private HttpResponse<String> as(String token, String method, String path) {
        return service.send(request(method, path).header("authorization", "Bearer " + token));
    }

    @Test
    void whoAsks_mayBeAskedWithAnyToken_andWithNoOther() {
        for (Scope held : Scope.values()) {
            HttpResponse<String> response = as(tokens.get(held), "GET", "/api/v1");
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body())
                    .contains("\"name\":\"" + held.wire() + "\"", "\"scopes\":[\"" + held.wire() + "\"]", "\"time\":\"")
                    .doesNotContain(tokens.get(held));
        }
        assertThat(service.send(request("GET", "/api/v1")).statusCode()).isEqualTo(401);
        assertThat(as(tokens.get(Scope.INGEST), "GET", "/api/v1/").statusCode()).isEqualTo(403);
    }

    /** What each scope may do: a status below 400, or one that its route itself gives. */
    @ParameterizedTest
    @CsvSource({
        "POST, /api/v1/events, INGEST, 200",
        "PUT, /api/v1/jobs/h/p/j, INGEST, 200",
        "GET, /api/v1/jobs, READ, 200",
        "GET, /api/v1/runs, READ, 200",
        "GET, /api/v1/jobs/h/p/none, READ, 404",
        "GET, /api/v1/runs/x, READ, 400",
        "GET, /, READ, 200",
        "GET, /api/v1/mirrors, READ, 200",
        "GET, /metrics, READ, 200",
        "GET, /unknown, READ, 404",
        "HEAD, /api/v1/runs, READ, 200",
        "GET, /api/v1/verify, READ, 200",
        "GET, /jobs, READ, 200",
        "POST, /api/v1/jobs/h/p/j/close, ACT, 400",
        "POST, /api/v1/jobs/h/p/j/cancel, ACT, 400",
        "POST, /api/v1/jobs/h/p/j/name, ACT, 400",
        "GET, /api/v1/jobs/h/p/j/close, READ, 405",
        "POST, /api/v1/jobs/h/p/j/forget, ADMIN, 404",
        "POST, /api/v1/jobs/h/p/j, ADMIN, 405",
        "POST, /api/v1/backup, ADMIN, 200",
        "POST, /api/v1/mirrors/retry, ADMIN, 200",
        "DELETE, /api/v1/runs/x, ADMIN, 400",
        "POST, /api/v1/prune, ADMIN, 400",
        "PUT, /unknown, ADMIN, 404",
        "POST, /unknown, ADMIN, 404",
        "PATCH, /api/v1/jobs/h/p/j, ADMIN, 405",
        "OPTIONS, /api/v1/events, ADMIN, 405",
        "POST, /api/v1/events/, ADMIN, 200",
        "POST, /api/v1/../v1/events, ADMIN, 200",
        "GET, /healthz/, READ, 200",
        "GET, //healthz, READ, 200"
    })
    void eachRoute_isOpenToItsScope_andToAdmin_andToNoOther(String method, String path, Scope scope, int status) {
        for (Scope held : Scope.values()) {
            HttpResponse<String> response = as(tokens.get(held), method, path);
            if (held == scope || held == Scope.ADMIN) {
                assertThat(response.statusCode())
                        .as(held + ": " + response.body())
                        .isNotIn(401, 403);
                if (held == scope && !method.equals("HEAD") && path.matches("/[\\w/]*[\\w]|/")) {
                    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
                }
            } else {
                assertThat(response.statusCode())
                        .as(held + ": " + response.body())
                        .isEqualTo(403);
                assertThat(response.headers().firstValue("content-type")).contains("application/problem+json");
                if (!method.equals("HEAD")) {
                    assertThat(response.body())
                            .contains(scope.wire())
                            .contains(held.wire())
                            .doesNotContain(tokens.get(held));
                }
            }
        }
        HttpResponse<String> nobody = service.send(request(method, path));
        assertThat(nobody.statusCode()).isEqualTo(401);
        assertThat(nobody.headers().firstValue("www-authenticate")).contains("Bearer realm=\"jobledger\"");
        assertThat(nobody.headers().firstValue("content-type")).contains("application/problem+json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/healthz", "/readyz", "/login"})
    void probesAndLogin_needNoToken(String path) {
        assertThat(service.get(path).statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Bearer",
                "Bearer ",
                "Bearer x",
                "Basic YWRtaW46YWRtaW4=",
                "Bearer jl_0000000000000000000000000000000000000000000000000000000000000000",
                "TOKEN",
                "bearer TOKENx"
            })
    void whatIsNoToken_isRefused(String header) {
        HttpResponse<String> response = service.send(service.request("/api/v1/runs")
                .header("authorization", header.replace("TOKEN", tokens.get(Scope.READ))));
        assertThat(response.statusCode()).isEqualTo(401);
        assertThat(response.headers().firstValue("www-authenticate").orElseThrow())
                .contains("invalid_token");
        assertThat(response.body()).doesNotContain(tokens.get(Scope.READ));
        String twice = service.raw("GET /api/v1/runs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                + tokens.get(Scope.READ) + "\r\nConnection: close\r\n\r\n");
        assertThat(twice).as("the good one still works").startsWith("HTTP/1.1 200");
    }

    @Test
    void expiredAndRevokedTokens_endAtOnce_andNewOnesBegin() {
        TokenAdmin.Made brief = admin.create(EnumSet.of(Scope.READ), "brief", Duration.ofHours(3), "test");
        await().atMost(Duration.ofSeconds(20))
                .until(() -> as(brief.text(), "GET", "/api/v1/runs").statusCode() == 200);
        service.clock.advance(Duration.ofHours(3));
        assertThat(as(brief.text(), "GET", "/api/v1/runs").statusCode()).isEqualTo(401);

        TokenAdmin.Made made = admin.create(EnumSet.of(Scope.READ), "made", null, "test");
        await().atMost(Duration.ofSeconds(20))
                .until(() -> as(made.text(), "GET", "/api/v1/runs").statusCode() == 200);
        admin.revoke("made", "test");
        await().atMost(Duration.ofSeconds(20))
                .until(() -> as(made.text(), "GET", "/api/v1/runs").statusCode() == 401);
        assertThat(as(tokens.get(Scope.READ), "GET", "/api/v1/runs").statusCode())
                .isEqualTo(200);
    }

    @Test
    void storeThatIsGone_orThatOthersMayWrite_letsNobodyIn(@TempDir Path own) throws IOException {
        TokenAdmin tokenAdmin =
                new TokenAdmin(new FileTokenStore(own.resolve("tokens.json")), new Acts(), new TestClock(T0));
        try (RunningService open = new RunningService(own, List.of(), Map.of())) {
            assertThat(open.get("/api/v1/runs").statusCode())
                    .as("no token yet, on loopback")
                    .isEqualTo(200);
            String text = tokenAdmin
                    .create(EnumSet.of(Scope.READ), "first", null, "test")
                    .text();
            HttpRequest.Builder withToken = open.request("/api/v1/runs").header("authorization", "Bearer " + text);
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> open.get("/api/v1/runs").statusCode() == 401);
            assertThat(open.send(withToken).statusCode()).isEqualTo(200);
            Path file = own.resolve("tokens.json");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> open.send(withToken).statusCode() == 401);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> open.send(withToken).statusCode() == 200);
            byte[] content = Files.readAllBytes(file);
            Files.delete(file);
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> open.send(withToken).statusCode() == 401);
            assertThat(open.get("/api/v1/runs").statusCode()).isEqualTo(401);
            Files.write(file, content);
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> open.send(withToken).statusCode() == 200);
            tokenAdmin.revoke("first", "test");
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> open.send(withToken).statusCode() == 401);
            assertThat(open.get("/api/v1/runs").statusCode())
                    .as("the last token's end opens nothing")
                    .isEqualTo(401);
        }
    }

    @Test
    void administrativeRequests_areWrittenDown_beforeAndAfter_andRefusedWhenTheyCannotBe() throws IOException {
        as(tokens.get(Scope.ADMIN), "POST", "/api/v1/mirrors/retry");
        as(tokens.get(Scope.READ), "POST", "/api/v1/mirrors/retry");
        Path trail = directory.resolve("audit.jsonl");
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(Files.readAllLines(trail))
                        .anyMatch(line -> line.contains("\"http.end\"")
                                && line.contains("/api/v1/mirrors/retry")
                                && line.contains("\"status\":200")
                                && line.contains("admin (")));
        assertThat(Files.readAllLines(trail))
                .anyMatch(line -> line.contains("\"http.begin\"") && line.contains("127.0.0.1"))
                .noneMatch(line -> line.contains("read ("));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(trail)))
                .isEqualTo("rw-------");
    }

    @Test
    void trailThatCannotBeWritten_stopsTheAct(@TempDir Path own) throws IOException {
        Files.createDirectory(own.resolve("audit.jsonl"));
        try (RunningService blocked = new RunningService(own, List.of(), Map.of())) {
            HttpResponse<String> response =
                    blocked.send(blocked.request("/api/v1/mirrors/retry").POST(BodyPublishers.noBody()));
            assertThat(response.statusCode()).isEqualTo(503);
            assertThat(response.body()).contains("audit.jsonl").contains("nothing was done");
            assertThat(blocked.get("/api/v1/runs").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void metrics_areOpen_whenTheSettingSaysSo(@TempDir Path own) {
        new TokenAdmin(new FileTokenStore(own.resolve("tokens.json")), new Acts(), new TestClock(T0))
                .create(EnumSet.of(Scope.READ), "first", null, "test");
        try (RunningService open = new RunningService(own, List.of(), Map.of(Setting.OPEN_METRICS, "true"))) {
            assertThat(open.get("/metrics").statusCode()).isNotEqualTo(401);
            assertThat(open.get("/api/v1/runs").statusCode()).isEqualTo(401);
        }
    }

    @Test
    void actsOfPeople_takeTheScopeAct_alsoAsEventsAndInASave_andAreWrittenDownWithTheReason() throws IOException {
        String closing = "["
                + json(
                        "job_closed",
                        run(7),
                        1,
                        1,
                        "host",
                        "h",
                        "play",
                        "p",
                        "job",
                        "acted",
                        "ansible_job_id",
                        "a7",
                        "by",
                        "me",
                        "message",
                        "gone")
                + "]";
        HttpRequest.Builder event = service.request("/api/v1/events")
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(closing));
        HttpResponse<String> refused =
                service.send(event.copy().header("authorization", "Bearer " + tokens.get(Scope.INGEST)));
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("event 0 is a job_closed").contains("scope act");
        HttpRequest.Builder save = service.request("/api/v1/jobs/h/p/acted")
                .header("content-type", "application/json")
                .header("authorization", "Bearer " + tokens.get(Scope.INGEST));
        assertThat(service.send(save.copy()
                                .PUT(BodyPublishers.ofString("{\"ansible_job_id\":\"a7\",\"status\":\"closed\"}")))
                        .statusCode())
                .isEqualTo(403);
        assertThat(service.send(save.copy().PUT(BodyPublishers.ofString("{\"ansible_job_id\":\"a7\"}")))
                        .statusCode())
                .isEqualTo(200);
        HttpResponse<String> closed =
                as(tokens.get(Scope.ACT), "POST", "/api/v1/jobs/h/p/acted/close?reason=the%20host%20is%20gone");
        assertThat(closed.statusCode()).as(closed.body()).isEqualTo(200);
        assertThat(closed.body())
                .contains("\"status\":\"closed\"")
                .contains("\"ended_by\":\"act from 127.0.0.1\"")
                .contains("the host is gone");
        assertThat(Files.readAllLines(directory.resolve("audit.jsonl")))
                .anyMatch(line -> line.contains("\"http.begin\"")
                        && line.contains("/acted/close")
                        && line.contains("the host is gone")
                        && line.contains("act ("));
        assertThat(as(tokens.get(Scope.ACT), "POST", "/api/v1/jobs/h/p/acted/close?reason=again")
                        .statusCode())
                .isEqualTo(409);
    }
}
