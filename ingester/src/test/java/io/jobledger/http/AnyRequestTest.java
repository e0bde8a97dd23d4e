package io.jobledger.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.auth.FileTokenStore;
import io.jobledger.auth.Scope;
import io.jobledger.auth.TokenAdmin;
import io.jobledger.trail.Acts;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever is asked, with whatever method and body: no answer is the fault of the server. What the contract's fuzzer
 * finds beyond its own reach stands here.
 */
class AnyRequestTest {
    private static final List<String> METHODS =
            List.of("GET", "HEAD", "POST", "DELETE", "OPTIONS", "TRACE", "QUERY", "CONNECT");
    private static final List<String> TARGETS = List.of(
            "/login",
            "/job",
            "/api/v1/events",
            "/api/v1/jobs/h/p/j",
            "/api/v1/jobs/h/p/j/history",
            "/metrics",
            "/%",
            "/%00",
            "//",
            "*",
            "x:80",
            "http://x/healthz",
            "/a?%",
            "/jobs?q=%ff");
    private static final List<String> BODIES = List.of(
            "",
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\ntoken=a",
            "Content-Type: multipart/form-data\r\nContent-Length: 1\r\n\r\na",
            "Content-Type: application/x-www-form-urlencoded\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n"
                    + "3\r\n"
                    + "%%%\r\n"
                    + "0\r\n\r\n");

    @TempDir
    Path directory;

    private static void askAll(RunningService service, String headers) {
        List<String> wrong = new ArrayList<>();
        for (String method : METHODS) {
            for (String target : TARGETS) {
                for (String body : BODIES) {
                    String answer = service.raw(method + " " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                            + headers + (body.isEmpty() ? "\r\n" : body));
                    String status = answer.length() < 12 ? answer : answer.substring(9, 12);
                    if (!status.matches("[234]\\d\\d")) {
                        wrong.add(method + " " + target + " " + body + " → "
                                + answer.lines().findFirst().orElse("nothing"));
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void noRequestIsAnsweredAsAFaultOfTheServer_withoutTokens() {
        try (RunningService service = new RunningService(directory, List.of(), Map.of())) {
            askAll(service, "");
        }
    }

    @Test
    void norWithAToken() {
        TokenAdmin admin =
                new TokenAdmin(new FileTokenStore(directory.resolve("tokens.json")), new Acts(), Clock.systemUTC());
        String token =
                admin.create(EnumSet.of(Scope.ADMIN), "boss", null, "test").text();
        try (RunningService service = new RunningService(directory, List.of(), Map.of())) {
            askAll(service, "Authorization: Bearer " + token + "\r\n");
        }
    }
}
