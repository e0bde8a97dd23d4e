package io.jobledger.http;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.config.Setting;
import io.jobledger.json.Json;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Verify, prune and delete over HTTP. */
class UpkeepRoutesTest {
    @TempDir
    Path directory;

    private RunningService service;

    @BeforeEach
    void start() {
        start(Map.of());
        post(
                started(run(1), 1, 0, "h", "p", "j", "a"),
                json("job_ended", run(1), 2, 9, "host", "h", "ansible_job_id", "a", "status", "succeeded"),
                json("run_finished", run(1), 3, 9));
        post(started(run(2), 1, 0, "h", "p", "k", "b"), json("run_finished", run(2), 2, 9));
        service.clock.advance(Duration.ofDays(10));
    }

    private void start(Map<Setting, String> settings) {
        service = new RunningService(directory, List.of(), settings);
    }

    private void post(JsonNode... events) {
        assertThat(service.post(Json.MAPPER.valueToTree(List.of(events)).toString())
                        .statusCode())
                .isEqualTo(200);
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private JsonNode prune(String query, int status) {
        HttpResponse<String> response =
                service.send(service.request("/api/v1/prune" + query).POST(BodyPublishers.noBody()));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return RunningService.json(response.body());
    }

    private JsonNode delete(String path, int status) {
        HttpResponse<String> response = service.send(service.request(path).DELETE());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return RunningService.json(response.body());
    }

    private List<JsonNode> verify(String query) {
        HttpResponse<String> response = service.get("/api/v1/verify" + query);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("application/x-ndjson");
        return response.body().lines().map(RunningService::json).toList();
    }

    private static JsonNode verdict(List<JsonNode> lines) {
        JsonNode last = lines.get(lines.size() - 1);
        assertThat(last.get("type").asText()).isEqualTo("verdict");
        return last;
    }

    @Test
    void verify_endsWithItsVerdict_andKnowsTheAnchorsMoment() {
        JsonNode before = verdict(verify(""));
        assertThat(before.get("intact").asBoolean()).isTrue();
        assertThat(before.get("events").asInt()).isEqualTo(5);
        assertThat(before.at("/anchor/entry").asLong()).isEqualTo(5);
        post(json("run_alive", run(3), 1, 5));
        assertThat(verdict(verify("?as_of=5")).get("as_of")).isEqualTo(before.get("anchor"));
        assertThat(service.get("/api/v1/verify?deep=x").statusCode()).isEqualTo(400);
        assertThat(service.get("/api/v1/verify?as_of=x").statusCode()).isEqualTo(400);
    }

    @Test
    void prune_onlyLooks_unlessToldOtherwise() {
        JsonNode looked = prune("?older_than=7d", 200);
        assertThat(looked.get("dry_run").asBoolean()).isTrue();
        assertThat(looked.get("runs").asInt()).isEqualTo(1);
        assertThat(looked.at("/jobs/succeeded").asInt()).isEqualTo(1);
        assertThat(looked.at("/examples/0/run_id").asText()).isEqualTo(run(1).toString());
        assertThat(service.get("/api/v1/runs/" + run(1)).statusCode()).isEqualTo(200);
        JsonNode done = prune("?older_than=7d&dry_run=false&reason=spring%20cleaning", 200);
        assertThat(done.get("events").asInt()).isEqualTo(3);
        assertThat(done.get("complete").asBoolean()).isTrue();
        assertThat(service.get("/api/v1/runs/" + run(1)).statusCode()).isEqualTo(404);
        assertThat(service.get("/api/v1/runs/" + run(2)).statusCode()).isEqualTo(200);
        List<JsonNode> lines = verify("");
        assertThat(lines.get(0).get("type").asText()).isEqualTo("removal");
        assertThat(lines.get(0).get("reason").asText()).isEqualTo("spring cleaning");
        assertThat(lines.get(0).get("removed_by").asText()).isEqualTo("anonymous from 127.0.0.1");
        assertThat(verdict(lines).get("intact").asBoolean()).isTrue();
    }

    @Test
    void prune_byName_takesOnlyWhatHasNoOtherNames() {
        for (int i = 3; i <= 5; i++) {
            assertThat(service.put(
                                    "/api/v1/jobs/db" + i + "/p/backup%20" + i,
                                    "{\"ansible_job_id\":\"s" + i
                                            + "\",\"status\":\"failed\",\"started_at\":\"2026-11-20T10:00:00Z\"}")
                            .statusCode())
                    .isEqualTo(200);
        }
        assertThat(prune("?older_than=7d&host=db%5B34%5D&job=backup*", 200)
                        .at("/jobs/failed")
                        .asInt())
                .isEqualTo(2);
        assertThat(prune("?older_than=7d&play=p&job=other", 200).get("runs").asInt())
                .isZero();
        assertThat(prune("?older_than=7d&job=j", 200).at("/examples/0/run_id").asText())
                .isEqualTo(run(1).toString());
        assertThat(prune("?older_than=7d&host=db%5B!4%5D&dry_run=false", 200)
                        .at("/jobs/failed")
                        .asInt())
                .isEqualTo(2);
        assertThat(service.get("/api/v1/jobs?play=p").body())
                .contains("backup 4")
                .doesNotContain("backup 3", "backup 5");
        assertThat(service.get("/api/v1/runs/" + run(1)).statusCode()).isEqualTo(200);
        assertThat(prune("?host=db3", 400).get("detail").asText()).contains("older_than");
        assertThat(prune("?host=db3&keep=3", 400).get("detail").asText()).contains("keep");
        assertThat(verdict(verify("")).get("intact").asBoolean()).isTrue();
    }

    @Test
    void prune_withoutARule_usesThatOfTheSettings() {
        assertThat(prune("", 400).get("detail").asText()).contains("older_than");
        service.close();
        start(Map.of(Setting.KEEP_SUCCEEDED, "7d"));
        service.clock.advance(Duration.ofDays(10));
        assertThat(prune("", 200).get("runs").asInt()).isEqualTo(1);
    }

    @Test
    void pruneAndDelete_nameWhatIsWrong() {
        assertThat(prune("?older_than=yesterday", 400).at("/errors/0/field").asText())
                .isEqualTo("older_than");
        assertThat(prune("?keep=-1", 400).at("/errors/0/field").asText()).isEqualTo("keep");
        assertThat(prune("?older_than=1d&status=running", 400)
                        .at("/errors/0/field")
                        .asText())
                .isEqualTo("status");
        assertThat(prune("?status=failed", 400).at("/errors/0/field").asText()).isEqualTo("status");
        assertThat(prune("?older_than=1d&dry_run=maybe", 400)
                        .at("/errors/0/field")
                        .asText())
                .isEqualTo("dry_run");
        assertThat(prune("?older_then=1d", 400).at("/errors/0/field").asText()).isEqualTo("older_then");
        assertThat(prune("?older_than=1d&reason=" + "x".repeat(501), 400)
                        .at("/errors/0/field")
                        .asText())
                .isEqualTo("reason");
        assertThat(prune("?older_than=1d&status=failed&status=lost", 200)
                        .get("runs")
                        .asInt())
                .isZero();
        delete("/api/v1/runs/nobody", 400);
        assertThat(service.get("/api/v1/prune").headers().firstValue("allow")).contains("POST");
        delete("/api/v1/runs/" + run(9), 404);
        assertThat(service.send(service.request("/api/v1/prune?older_than=1d")
                                .header("origin", "http://evil")
                                .POST(BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(403);
        assertThat(service.send(service.request("/api/v1/runs/" + run(1))
                                .header("origin", "http://evil")
                                .DELETE())
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void delete_refusesARunWithOpenJobs_unlessForced() {
        assertThat(delete("/api/v1/runs/" + run(2), 409).get("hint").asText()).contains("force=true");
        assertThat(delete("/api/v1/runs/" + run(2) + "?force=true", 200)
                        .at("/jobs/running")
                        .asInt())
                .isEqualTo(1);
        assertThat(service.get("/api/v1/jobs/h/p/k").statusCode()).isEqualTo(404);
        assertThat(delete("/api/v1/runs/" + run(1), 200).get("events").asInt()).isEqualTo(3);
        assertThat(verdict(verify("?deep=true")).get("removed").asInt()).isEqualTo(5);
    }

    private HttpResponse<String> erase(String body) {
        return service.send(service.request("/api/v1/erase")
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(body)));
    }

    @Test
    void erase_takesATextOut_andNamesWhatIsWrong() {
        post(json("run_started", run(4), 1, 1, "run_name", "with hunter2"));
        assertThat(erase("{\"run_id\":\"" + run(4) + "\",\"seq\":1,\"text\":\"hunter2\",\"reason\":\"a password\"}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(service.get("/api/v1/runs/" + run(4)).body())
                .contains("with [erased]")
                .doesNotContain("hunter2");
        assertThat(erase("{\"entry\":1,\"text\":\"hunter2\",\"reason\":\"r\"}").statusCode())
                .as("that event has none of it")
                .isEqualTo(409);
        assertThat(erase("{\"entry\":99,\"details\":true,\"reason\":\"r\"}").statusCode())
                .isEqualTo(404);
        for (String wrong : List.of(
                "[]",
                "{}",
                "{\"entry\":1,\"text\":\"abc\",\"reason\":\"r\"}",
                "{\"entry\":1,\"reason\":\"r\"}",
                "{\"entry\":1,\"details\":true}",
                "{\"entry\":1,\"seq\":1,\"run_id\":\"" + run(4) + "\",\"details\":true,\"reason\":\"r\"}")) {
            assertThat(erase(wrong).statusCode()).as(wrong).isEqualTo(400);
        }
    }

    @Test
    void project_computesTheRecordsAgain() {
        assertThat(service.send(service.request("/api/v1/project").POST(BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(200);
        post(json("run_alive", run(6), 1, 5));
        // While the file is replaced, whoever asks is told to come back.
        await().until(() -> service.get("/api/v1/verify?deep=true").statusCode() == 200);
        assertThat(verdict(verify("?deep=true")).get("intact").asBoolean()).isTrue();
    }
}
