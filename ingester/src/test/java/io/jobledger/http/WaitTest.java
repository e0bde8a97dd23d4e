package io.jobledger.http;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static io.jobledger.http.RunningService.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.config.Setting;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Waiting for a job's end, and saving on a condition, over a real socket. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WaitTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    static Path directory;

    private RunningService service;

    @BeforeAll
    void start() {
        Map<Setting, String> room = Map.of(
                Setting.MAX_WAITERS, "1000",
                Setting.MAX_CONNECTIONS, "1500",
                Setting.MAX_CONNECTIONS_PER_ADDRESS, "1500");
        service = new RunningService(directory, List.of(), room);
    }

    @AfterAll
    void stop() {
        service.close();
    }

    private CompletableFuture<HttpResponse<String>> waiting(String path) {
        return service.client.sendAsync(service.request(path).build(), BodyHandlers.ofString());
    }

    private static HttpResponse<String> answer(CompletableFuture<HttpResponse<String>> waiting) throws Exception {
        HttpResponse<String> response = waiting.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        OpenApi.DOCUMENT.check(response);
        return response;
    }

    private void post(Object... events) {
        assertThat(service.post(List.of(events).toString()).statusCode()).isEqualTo(200);
    }

    @Test
    void waiter_isAnsweredWhenTheJobEnds_andAPollIsNoEnd() throws Exception {
        post(started(run(1), 1, 0, "h1", "p", "j", "w1"));
        CompletableFuture<HttpResponse<String>> waiting = waiting("/api/v1/jobs/h1/p/j?wait=40s");
        await().atMost(LIMIT).until(() -> service.service.waiting() == 1);
        post(
                json("job_polled", run(1), 2, 5, "host", "h1", "ansible_job_id", "w1"),
                json("job_ended", run(2), 1, 6, "host", "other", "ansible_job_id", "w1", "status", "failed"));
        assertThat(waiting.isDone()).isFalse();
        post(json("job_ended", run(1), 3, 9, "host", "h1", "ansible_job_id", "w1", "status", "succeeded"));
        HttpResponse<String> response = answer(waiting);
        assertThat(json(response.body()).get("status").textValue()).isEqualTo("succeeded");
        assertThat(response.headers().firstValue("etag"))
                .isEqualTo(service.get("/api/v1/jobs/h1/p/j").headers().firstValue("etag"));
        assertThat(service.service.waiting()).isZero();
    }

    @Test
    void whatHasEnded_isNotThere_orIsStillOpenAtTheEnd_isSaidAsItIs() throws Exception {
        post(
                started(run(3), 1, 0, "h2", "p", "j", "w2"),
                started(run(3), 2, 0, "h2", "p", "done", "w3"),
                json("job_ended", run(3), 3, 9, "host", "h2", "ansible_job_id", "w3", "status", "lost"));
        assertThat(json(answer(waiting("/api/v1/jobs/h2/p/done?wait=40s")).body())
                        .get("status")
                        .textValue())
                .isEqualTo("lost");
        assertThat(answer(waiting("/api/v1/jobs/h2/p/none?wait=40s")).statusCode())
                .isEqualTo(404);
        assertThat(json(answer(waiting("/api/v1/jobs/h2/p/j?wait=50ms")).body())
                        .get("status")
                        .textValue())
                .isEqualTo("running");
        assertThat(service.get("/api/v1/jobs/h2/p/j?wait=long").statusCode()).isEqualTo(400);
    }

    @Test
    void aThousandWaiters_keepNobodyFromStoringAndResuming_andAllHear_andNobodyMoreIsTaken() throws Exception {
        int jobs = 3;
        int waiters = 1000;
        for (int j = 0; j < jobs; j++) {
            post(started(run(10 + j), 1, 0, "m" + j, "p", "j", "m" + j));
        }
        List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
        for (int i = 0; i < waiters; i++) {
            all.add(waiting("/api/v1/jobs/m" + i % jobs + "/p/j?wait=40s"));
        }
        await().atMost(LIMIT).until(() -> service.service.waiting() == waiters);
        HttpResponse<String> more = service.get("/api/v1/jobs/m0/p/j?wait=40s");
        assertThat(more.statusCode()).isEqualTo(503);
        assertThat(more.body()).contains("max-waiters");
        assertThat(service.get("/metrics").body()).contains("jobledger_waiters 1000.0");
        post(started(run(20), 1, 0, "m", "p", "j", "m"));
        assertThat(service.get("/api/v1/jobs/m/p/j").statusCode()).isEqualTo(200);
        for (int j = 0; j < jobs; j++) {
            post(json("job_ended", run(10 + j), 2, 9, "host", "m" + j, "ansible_job_id", "m" + j, "status", "failed"));
        }
        for (CompletableFuture<HttpResponse<String>> one : all) {
            assertThat(json(answer(one).body()).get("status").textValue()).isEqualTo("failed");
        }
    }

    private HttpResponse<String> put(String path, String header, String value, String id) {
        return service.send(service.request(path)
                .header("content-type", "application/json")
                .header(header, value)
                .PUT(BodyPublishers.ofString("{\"ansible_job_id\":\"" + id + "\"}")));
    }

    @Test
    void save_onTheConditionThatNothingOrTheSameIsKnown() {
        String path = "/api/v1/jobs/c1/p/j";
        assertThat(put(path, "if-match", "*", "c0").statusCode())
                .as("nothing is known")
                .isEqualTo(412);
        assertThat(put(path, "if-none-match", "*", "c1").statusCode()).isEqualTo(200);
        HttpResponse<String> second = put(path, "if-none-match", "*", "c2");
        assertThat(second.statusCode()).isEqualTo(412);
        assertThat(second.body())
                .contains("precondition-failed")
                .contains("job c1, running")
                .contains("Nothing was saved");
        assertThat(service.get("/api/v1/jobs?ansible_job_id=c2").body()).contains("\"jobs\":[]");
        // The first look of a run tells of the run, too.
        post(json("job_polled", run(30), 3, 2999, "host", "c1", "ansible_job_id", "c1"));
        String seen = service.get(path).headers().firstValue("etag").orElseThrow();
        post(json("job_polled", run(30), 1, 3000, "host", "c1", "ansible_job_id", "c1"));
        assertThat(put(path, "if-match", seen, "c1").statusCode())
                .as("a look changes nothing")
                .isEqualTo(200);
        post(json("job_ended", run(30), 2, 3001, "host", "c1", "ansible_job_id", "c1", "status", "failed"));
        assertThat(put(path, "if-match", seen, "c3").statusCode())
                .as("it has ended meanwhile")
                .isEqualTo(412);
        assertThat(put(
                                path,
                                "if-match",
                                service.get(path).headers().firstValue("etag").orElseThrow(),
                                "c3")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void adoptedJob_getsAName_andACancelIsAskedFor() {
        post(
                json(
                        "job_polled",
                        run(40),
                        1,
                        5,
                        "host",
                        "a1",
                        "ansible_job_id",
                        "a1",
                        "adopted",
                        true,
                        "job",
                        "migrate a1",
                        "results_file",
                        "/root/.ansible_async/a1",
                        "sighting",
                        Map.of("since", "2026-11-20T09:00:00.000000Z")),
                started(run(40), 2, 0, "a1", "p", "named", "a2"));
        assertThat(json(service.get("/api/v1/jobs/a1/unknown/migrate%20a1").body())
                        .get("adopted")
                        .booleanValue())
                .isTrue();
        HttpResponse<String> named = act("/api/v1/jobs/a1/p/Migrate/name?ansible_job_id=a1");
        assertThat(named.statusCode()).as(named.body()).isEqualTo(200);
        JsonNode job = json(service.get("/api/v1/jobs/a1/p/Migrate").body());
        assertThat(job.get("results_file").textValue()).isEqualTo("/root/.ansible_async/a1");
        assertThat(job.get("started_at").textValue()).startsWith("2026-11-20T09:00:00");
        assertThat(job.get("adopted").booleanValue()).isTrue();
        assertThat(service.get("/api/v1/jobs/a1/unknown/migrate%20a1").statusCode())
                .as("its makeshift name is gone")
                .isEqualTo(404);
        assertThat(act("/api/v1/jobs/a1/p/other/name?ansible_job_id=a2").statusCode())
                .as("its task named it")
                .isEqualTo(409);
        assertThat(act("/api/v1/jobs/a1/p/other/name?ansible_job_id=nobody").statusCode())
                .isEqualTo(404);
        assertThat(act("/api/v1/jobs/a1/p/named/cancel").statusCode())
                .as("without a reason")
                .isEqualTo(400);
        assertThat(act("/api/v1/jobs/a1/p/named/cancel?reason=wrong%20release").body())
                .contains("\"status\":\"running\"");
        assertThat(service.ledger.audit().eventsOf("a1", new io.jobledger.model.AnsibleJobId("a2"), 10))
                .anyMatch(event -> event.body().contains("wrong release"));
    }

    private HttpResponse<String> act(String path) {
        return service.send(service.request(path).POST(BodyPublishers.noBody()));
    }
}
