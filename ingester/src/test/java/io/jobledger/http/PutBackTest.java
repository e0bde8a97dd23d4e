package io.jobledger.http;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.http.RunningService.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A ledger that was put back to an earlier state is noticed by the head that a recorder was told. */
class PutBackTest {
    private static final String HASH = "0123456789abcdef".repeat(4);

    @TempDir
    Path directory;

    private static HttpResponse<String> post(RunningService service, int seq, String told) {
        return service.send(service.request("/api/v1/events")
                .header("content-type", "application/json")
                .header("jobledger-head", told)
                .POST(BodyPublishers.ofString("[" + json("run_alive", run(1), seq, seq) + "]")));
    }

    private static String head(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        String head = json(answer.body()).get("head").textValue();
        assertThat(answer.headers().firstValue("jobledger-head")).contains(head);
        return head;
    }

    @Test
    void whatTheLedgerSaid_isKnownAgain_alsoByTheNextProcess() {
        String first;
        String last;
        try (RunningService service = new RunningService(directory, List.of(), Map.of())) {
            first = head(service.post("[" + json("run_alive", run(1), 1, 1) + "]"));
            assertThat(first).startsWith("1-1-");
            last = head(post(service, 2, first));
            assertThat(head(post(service, 2, last))).as("a repeat").isEqualTo(last);
        }
        try (RunningService again = new RunningService(directory, List.of(), Map.of())) {
            assertThat(head(post(again, 3, first))).startsWith("1-3-");
            head(post(again, 4, last));
            head(post(again, 5, "1-0-" + "0".repeat(64)));
        }
    }

    static Stream<String> whatItLacks() {
        return Stream.of("1-3-" + HASH, "1-2-" + HASH, "2-1-" + HASH);
    }

    @ParameterizedTest
    @MethodSource("whatItLacks")
    void whatTheLedgerLacks_stopsIngest_andNothingElse(String told) {
        try (RunningService service = new RunningService(directory, List.of(), Map.of())) {
            head(service.post("[" + json("run_alive", run(1), 1, 1) + "]"));
            head(service.post("[" + json("run_alive", run(1), 2, 2) + "]"));
            for (HttpResponse<String> refused : List.of(
                    post(service, 3, told),
                    service.post("[" + json("run_alive", run(2), 1, 1) + "]"),
                    service.put("/api/v1/jobs/h/p/j", "{\"ansible_job_id\":\"j1\"}"),
                    service.get("/readyz"))) {
                assertThat(refused.statusCode()).as(refused.body()).isEqualTo(503);
                JsonNode problem = json(refused.body());
                assertThat(problem.get("type").textValue()).endsWith("ledger-behind");
                assertThat(problem.get("detail").textValue()).contains("restore", "accept-loss");
            }
            JsonNode run = json(service.get("/api/v1/runs/" + run(1)).body());
            assertThat(run.get("events").intValue()).isEqualTo(2);
        }
        try (RunningService again = new RunningService(directory, List.of(), Map.of())) {
            assertThat(again.get("/readyz").statusCode()).isEqualTo(200);
            head(again.post("[" + json("run_alive", run(1), 3, 3) + "]"));
        }
    }

    @Test
    void whatIsNoHead_isRefused_andChangesNothing() {
        try (RunningService service = new RunningService(directory, List.of(), Map.of())) {
            JsonNode problem = json(post(service, 1, "1-x").body());
            assertThat(problem.at("/errors/0/field").textValue()).isEqualTo("Jobledger-Head");
            JsonNode ready = json(service.get("/readyz").body());
            assertThat(ready.get("status").textValue()).isEqualTo("ok");
            assertThat(ready.at("/records/lag_entries").intValue()).isZero();
        }
    }
}
