package io.jobledger.http;

import static io.jobledger.Wire.T0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobledger.TestClock;
import io.jobledger.auth.FileTokenStore;
import io.jobledger.auth.Scope;
import io.jobledger.auth.TokenAdmin;
import io.jobledger.config.Setting;
import io.jobledger.trail.Acts;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A browser's way in, and what pages of other sites cannot do. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LoginTest {
    @TempDir
    static Path directory;

    private TokenAdmin admin;
    private String reader;
    private String sender;
    private String boss;
    private RunningService service;

    @BeforeAll
    void start() {
        admin = new TokenAdmin(new FileTokenStore(directory.resolve("tokens.json")), new Acts(), new TestClock(T0));
        reader = admin.create(EnumSet.of(Scope.READ), "reader", null, "test").text();
        sender = admin.create(EnumSet.of(Scope.INGEST), "sender", null, "test").text();
        boss = admin.create(EnumSet.of(Scope.ADMIN), "boss", null, "test").text();
        // Most tests come from this address; what guesses has others, by the header of a proxy that is trusted.
        service = new RunningService(directory, List.of(), Map.of(Setting.TRUSTED_PROXIES, "127.0.0.0/8"));
    }

    @AfterAll
    void stop() {
        service.close();
    }

    private HttpResponse<String> login(String token, String next, String... headers) {
        String form = "token=" + URLEncoder.encode(token, StandardCharsets.UTF_8) + "&next="
                + URLEncoder.encode(next, StandardCharsets.UTF_8);
        var request = service.request("/login")
                .header("content-type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(form));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return service.send(request);
    }

    private static String cookie(HttpResponse<String> response) {
        return response.headers().firstValue("set-cookie").orElseThrow().split(";")[0];
    }

    @Test
    void goodToken_givesACookie_thatReads_untilItsTokenEnds() {
        HttpResponse<String> response = login(reader, "/api/v1/runs?limit=1");
        assertThat(response.statusCode()).isEqualTo(303);
        assertThat(response.headers().firstValue("location")).contains("/api/v1/runs?limit=1");
        assertThat(response.headers().firstValue("set-cookie").orElseThrow().toLowerCase())
                .contains("httponly", "samesite=strict", "path=/")
                .doesNotContain(reader);
        assertThat(service.send(service.request("/api/v1/runs").header("cookie", cookie(response)))
                        .statusCode())
                .isEqualTo(200);
        assertThat(service.send(service.request("/api/v1/runs").header("cookie", cookie(response) + "0"))
                        .statusCode())
                .as("forged")
                .isEqualTo(401);
        String other = cookie(response)
                .replaceFirst("=[^.]*", "=" + admin.list().get(2).id());
        assertThat(service.send(service.request("/api/v1/runs").header("cookie", other))
                        .statusCode())
                .as("another token's id")
                .isEqualTo(401);

        String brief =
                admin.create(EnumSet.of(Scope.READ), "brief", null, "test").text();
        await().atMost(Duration.ofSeconds(20)).until(() -> login(brief, "/").statusCode() == 303);
        String session = cookie(login(brief, "/"));
        admin.revoke("brief", "test");
        await().atMost(Duration.ofSeconds(20))
                .until(() -> service.send(service.request("/api/v1/runs").header("cookie", session))
                                .statusCode()
                        == 401);
    }

    @Test
    void badToken_andOneThatMayNotRead_areToldSo() {
        HttpResponse<String> unknown = login("<script>alert(1)</script>", "/\"><script>");
        assertThat(unknown.statusCode()).isEqualTo(401);
        assertThat(unknown.body()).contains("not known").doesNotContain("<script>");
        assertThat(unknown.headers().firstValue("set-cookie")).isEmpty();
        assertThat(unknown.headers().firstValue("content-security-policy").orElseThrow())
                .contains("frame-ancestors 'none'");
        assertThat(login(sender, "/").statusCode()).isEqualTo(403);
        assertThat(login(sender, "/").body()).contains("scope read").doesNotContain(sender);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "//evil.example",
                "https://evil.example",
                "/\\evil.example",
                "javascript:alert(1)",
                "/a\r\nX: y",
                "",
                "/ü"
            })
    void loginNeverLeadsElsewhere(String next) {
        HttpResponse<String> response = login(reader, next);
        assertThat(response.statusCode()).isEqualTo(303);
        assertThat(response.headers().firstValue("location")).contains("/");
    }

    @Test
    void browserWithoutASession_isSentToTheForm_aProgramIsNot() {
        HttpResponse<String> page = service.send(service.request("/?q=1").header("accept", "text/html,*/*"));
        assertThat(page.statusCode()).isEqualTo(303);
        assertThat(page.headers().firstValue("location")).contains("/login?next=%2F%3Fq%3D1");
        assertThat(service.get("/login?next=%2F%3Fq%3D1").body()).contains("value=\"/?q=1\"");
        assertThat(service.send(service.request("/api/v1/runs").header("accept", "text/html"))
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void logout_endsTheCookie() {
        HttpResponse<String> out = service.send(service.request("/logout")
                .header("cookie", cookie(login(reader, "/")))
                .POST(BodyPublishers.noBody()));
        assertThat(out.statusCode()).isEqualTo(303);
        assertThat(out.headers().firstValue("set-cookie").orElseThrow())
                .startsWith("jobledger=;")
                .contains("Max-Age=0");
    }

    @Test
    void logout_endsTheSession_alsoForWhoeverHasACopyOfTheCookie_andNoOther() {
        String session = cookie(login(reader, "/"));
        String other = cookie(login(reader, "/"));
        assertThat(session).as("each login is one of its own").isNotEqualTo(other);
        assertThat(service.send(service.request("/api/v1/runs").header("cookie", session))
                        .statusCode())
                .isEqualTo(200);
        service.send(service.request("/logout").header("cookie", session).POST(BodyPublishers.noBody()));
        assertThat(service.send(service.request("/api/v1/runs").header("cookie", session))
                        .statusCode())
                .isEqualTo(401);
        assertThat(service.send(service.request("/api/v1/runs").header("cookie", other))
                        .statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({
        "origin, https://evil.example",
        "origin, null",
        "sec-fetch-site, cross-site",
        "sec-fetch-site, same-site"
    })
    void pageOfAnotherSite_canNotWrite_evenWithTheCookie(String header, String value) {
        String session = cookie(login(boss, "/"));
        HttpResponse<String> response = service.send(service.request("/api/v1/mirrors/retry")
                .header("cookie", session)
                .header(header, value)
                .POST(BodyPublishers.noBody()));
        assertThat(response.statusCode()).isEqualTo(403);
        assertThat(response.headers().firstValue("access-control-allow-origin")).isEmpty();
        assertThat(login(reader, "/", header, value).statusCode())
                .as("nor log a browser in as somebody else")
                .isEqualTo(403);
        HttpResponse<String> own = service.send(service.request("/api/v1/mirrors/retry")
                .header("cookie", session)
                .header("origin", service.url)
                .header("sec-fetch-site", "same-origin")
                .POST(BodyPublishers.noBody()));
        assertThat(own.statusCode()).as(own.body()).isEqualTo(200);
    }

    private HttpResponse<String> bearer(String token, String from) {
        return service.send(service.request("/api/v1/runs")
                .header("authorization", "Bearer " + token)
                .header("x-forwarded-for", from));
    }

    @Test
    void tenWrongTokensAMinute_areEnough_ofOneAddress_andGoodOnesGoOn() {
        String from = "198.51.100.7";
        for (int i = 0; i < 5; i++) {
            assertThat(bearer("jl_" + "0".repeat(64), from).statusCode()).isEqualTo(401);
            // What the client itself wrote stands before what the trusted proxy added, and counts for nothing.
            assertThat(login("wrong" + i, "/", "x-forwarded-for", "203.0.113." + i + ", " + from)
                            .statusCode())
                    .isEqualTo(401);
        }
        HttpResponse<String> eleventh = bearer("jl_" + "0".repeat(64), from);
        assertThat(eleventh.statusCode()).isEqualTo(429);
        assertThat(Integer.parseInt(eleventh.headers().firstValue("retry-after").orElseThrow()))
                .isBetween(1, 60);
        HttpResponse<String> login = login(reader, "/", "x-forwarded-for", from);
        assertThat(login.statusCode()).as("a login is not even looked at").isEqualTo(429);
        assertThat(login.headers().firstValue("retry-after")).isPresent();
        assertThat(login.headers().firstValue("set-cookie")).isEmpty();
        assertThat(bearer(reader, from).statusCode())
                .as("a good token of a neighbour")
                .isEqualTo(200);
        assertThat(bearer(reader, "198.51.100.8").statusCode()).isEqualTo(200);
        assertThat(login(reader, "/", "x-forwarded-for", "198.51.100.8").statusCode())
                .as("somebody else")
                .isEqualTo(303);
        service.clock.advance(Duration.ofSeconds(60));
        assertThat(login(reader, "/", "x-forwarded-for", from).statusCode())
                .as("the minute is over")
                .isEqualTo(303);
    }

    @ParameterizedTest
    @CsvSource({
        "evil.example, 421",
        "evil.example:8740, 421",
        "127.0.0.1.evil.example, 421",
        "localhost, 200",
        "LOCALHOST:1, 200",
        "[::1]:8740, 200",
        "127.0.0.1, 200",
        "x, 200"
    })
    void nameThatOnlyResolvesHere_isNotAnsweredTo(String host, int status) {
        assertThat(service.raw("GET /healthz HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 " + status);
    }
}
