package io.jobledger.http;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static io.jobledger.http.RunningService.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.RunFilter;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every route, and every refusal, over a real socket and a real ledger. Each test uses runs and hosts of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HttpServiceTest {
    @TempDir
    static Path directory;

    private RunningService service;

    @BeforeAll
    void start() {
        service = new RunningService(directory, List.of(), Map.of());
    }

    @AfterAll
    void stop() {
        service.close();
    }

    private static JsonNode problem(HttpResponse<String> response, int status) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type")).contains("application/problem+json");
        JsonNode problem = json(response.body());
        assertThat(problem.get("status").intValue()).isEqualTo(status);
        assertThat(problem.get("type").textValue()).startsWith("urn:jobledger:problem:");
        assertThat(problem.get("title").textValue()).isNotBlank();
        assertThat(problem.get("detail").textValue()).isNotBlank();
        return problem;
    }

    private static JsonNode ok(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        return json(response.body());
    }

    private void post(ObjectNode... events) {
        ok(service.post(List.of(events).toString()));
    }

    private int events() {
        Ledger ledger = service.ledger;
        return ledger.audit().runs(RunFilter.ALL, PageRequest.first(1000)).items().stream()
                        .mapToInt(run -> (int) run.events())
                        .sum()
                + ledger.audit()
                        .jobs(JobFilter.ALL, PageRequest.first(1000))
                        .items()
                        .size();
    }

    @Test
    void events_areAcknowledgedWithCounts_inBothFormats() {
        String event = json("run_alive", run(1), 1, 1).toString();
        assertThat(counts(service.post("[" + event + "," + event + "]"))).isEqualTo("2 1 1");
        HttpResponse<String> lines = service.send(service.request("/api/v1/events")
                .header("content-type", "application/x-ndjson; charset=utf-8")
                .POST(BodyPublishers.ofString(event + "\n" + json("run_alive", run(1), 2, 1) + "\n")));
        assertThat(counts(lines)).isEqualTo("2 1 1");
        assertThat(counts(service.post("[]"))).isEqualTo("0 0 0");
    }

    private static String counts(HttpResponse<String> answer) {
        JsonNode json = ok(answer);
        return json.get("received") + " " + json.get("stored") + " " + json.get("duplicates");
    }

    @Test
    void eventOfAnUnknownType_isKept_andTheAnswerNamesIt() {
        JsonNode answer = ok(service.post("[" + json("run_alive", run(905), 1, 1) + ","
                + json("job_paused", run(905), 2, 2, "host", "h", "by", List.of("x")) + "]"));
        assertThat(answer.get("stored").intValue()).isEqualTo(2);
        assertThat(answer.get("unknown_types").toString()).isEqualTo("[\"job_paused\"]");
        JsonNode run = ok(service.get("/api/v1/runs/" + run(905)));
        assertThat(run.get("events").intValue()).isEqualTo(2);
        assertThat(ok(service.get("/api/v1/runs/" + run(905) + "/events"))
                        .at("/events/1/by/0")
                        .textValue())
                .isEqualTo("x");
    }

    @Test
    void lists_sayOfWhichMomentTheySpeak_andACursorIsOfItsEpoch() {
        post(
                started(run(906), 1, 1, "as-of", "p", "j", "as-of-1"),
                started(run(906), 2, 2, "as-of", "p", "j", "as-of-2"));
        HttpResponse<String> answer = service.get("/api/v1/jobs?host=as-of&limit=1");
        JsonNode list = ok(answer);
        assertThat(answer.headers().firstValue("jobledger-as-of"))
                .contains(list.at("/as_of/entry").textValue());
        assertThat(list.at("/as_of/at").textValue()).isNotBlank();
        String next = list.get("next").textValue();
        assertThat(ok(service.get("/api/v1/jobs?host=as-of&limit=1&cursor=" + next))
                        .at("/jobs/0/ansible_job_id")
                        .textValue())
                .isEqualTo("as-of-1");
        String other = "2" + next.substring(1);
        assertThat(problem(service.get("/api/v1/jobs?host=as-of&limit=1&cursor=" + other), 410)
                        .get("type")
                        .textValue())
                .endsWith("other-epoch");
        assertThat(service.get("/jobs?host=as-of&limit=1&cursor=" + other).statusCode())
                .isEqualTo(410);
        problem(service.get("/api/v1/jobs?cursor=" + next.substring(next.indexOf('.') + 1)), 400);
        assertThat(service.get("/api/v1/jobs?format=csv&host=as-of").headers().firstValue("jobledger-as-of-time"))
                .isPresent();
    }

    @Test
    void largeBody_isParsedAwayFromTheLoop_andStored() {
        List<ObjectNode> batch = new ArrayList<>();
        for (int i = 1; i <= 1000; i++) {
            batch.add(json("run_alive", run(2), i, i, "padding", "x".repeat(200)));
        }
        assertThat(ok(service.post(batch.toString())).get("stored").intValue()).isEqualTo(1000);
    }

    @Test
    void runAndItsParts_areRead() {
        post(
                json(
                        "run_started",
                        run(3),
                        1,
                        0,
                        "kind",
                        "playbook",
                        "playbook",
                        "site.yml",
                        "run_name",
                        "CHG-3",
                        "user",
                        "deploy",
                        "tags",
                        List.of("a"),
                        "labels",
                        Map.of("team", "db")),
                json("play_started", run(3), 2, 1, "play", "p", "playbook", "site.yml"),
                started(run(3), 3, 2, "h3", "p", "j", "id3", "async", 60),
                json("run_finished", run(3), 4, 9, "stats", Map.of("h3", Map.of("ok", 2))));
        JsonNode run = ok(service.get("/api/v1/runs/" + run(3)));
        assertThat(run.get("state").textValue()).isEqualTo("finished");
        assertThat(run.get("complete").booleanValue()).isTrue();
        assertThat(run.at("/stats/h3/ok").intValue()).isEqualTo(2);
        assertThat(run.at("/plays/0/play").textValue()).isEqualTo("p");
        assertThat(run.at("/labels/team").textValue()).isEqualTo("db");
        assertThat(ok(service.get("/api/v1/runs?run_name=CHG-3")).get("runs")).hasSize(1);
        assertThat(ok(service.get("/api/v1/runs/" + run(3) + "/jobs"))
                        .at("/jobs/0/ansible_job_id")
                        .textValue())
                .isEqualTo("id3");
        assertThat(ok(service.get("/api/v1/runs/" + run(3) + "/events")).get("events"))
                .hasSize(4);
        assertThat(ok(service.get("/api/v1/runs/" + run(3) + "/events?limit=1&cursor="
                                + ok(service.get("/api/v1/runs/" + run(3) + "/events?limit=2"))
                                        .get("next")
                                        .textValue()))
                        .at("/events/0/seq")
                        .intValue())
                .isEqualTo(3);
        problem(service.get("/api/v1/runs/" + run(999)), 404);
        problem(service.get("/api/v1/runs/" + run(999) + "/jobs"), 404);
        assertThat(problem(service.get("/api/v1/runs/nonsense"), 400)
                        .at("/errors/0/field")
                        .textValue())
                .isEqualTo("run_id");
    }

    @Test
    void job_isReadByItsName_withAllThatAResumeNeeds() {
        post(started(
                run(4),
                1,
                0,
                "h4",
                "a play",
                "the job",
                "2472848566.371110",
                "async",
                60,
                "results_file",
                "/home/u/.ansible_async/2472848566.371110",
                "execution_host",
                "elsewhere",
                "playbook",
                "site.yml"));
        JsonNode job = ok(service.get("/api/v1/jobs/h4/a%20play/the%20job"));
        assertThat(job.get("ansible_job_id").textValue()).isEqualTo("2472848566.371110");
        assertThat(job.get("async_dir").textValue()).isEqualTo("/home/u/.ansible_async");
        assertThat(job.get("execution_host").textValue()).isEqualTo("elsewhere");
        assertThat(job.get("status").textValue()).isEqualTo("running");
        assertThat(job.get("overdue").booleanValue()).as("an hour later").isTrue();
        assertThat(job.get("deadline").textValue()).isEqualTo("2026-11-20T10:01:00.000000Z");
        assertThat(job.get("ambiguous").booleanValue()).isFalse();
        assertThat(job.get("source").textValue()).isEqualTo("ledger");
        assertThat(ok(service.get("/api/v1/jobs?host=h4&status=running&job=the%20job"))
                        .get("jobs"))
                .hasSize(1);
        assertThat(problem(service.get("/api/v1/jobs/h4/a%20play/nothing"), 404)
                        .get("detail")
                        .textValue())
                .contains("nothing", "h4");
        problem(service.get("/api/v1/jobs/h4/a%20play/the%20job?playbook=other.yml"), 404);
        assertThat(ok(service.get("/api/v1/jobs/h4/a%20play/the%20job?playbook=site.yml&run_id=" + run(4)))
                        .get("job_name")
                        .textValue())
                .isEqualTo("the job");
    }

    @Test
    void details_areShownWithTheJob_andNotInLists() {
        post(
                started(run(41), 1, 0, "h41", "p", "j", "d1", "details", Map.of("cmd", "run ***", "extra", 1)),
                json(
                        "job_ended",
                        run(41),
                        2,
                        9,
                        "host",
                        "h41",
                        "ansible_job_id",
                        "d1",
                        "status",
                        "failed",
                        "details",
                        Map.of("stderr", "no room", "module_args", Map.of("size", 7))));
        JsonNode job = ok(service.get("/api/v1/jobs/h41/p/j"));
        assertThat(job.get("details"))
                .isEqualTo(
                        json("{\"cmd\":\"run ***\",\"extra\":1,\"stderr\":\"no room\",\"module_args\":{\"size\":7}}"));
        assertThat(job.at("/candidates")).noneMatch(candidate -> candidate.has("details"));
        assertThat(ok(service.get("/api/v1/jobs?host=h41")).get("jobs"))
                .hasSize(1)
                .noneMatch(listed -> listed.has("details"));
        post(started(run(42), 1, 0, "h42", "p", "j", "d2"));
        assertThat(ok(service.get("/api/v1/jobs/h42/p/j")).has("details")).isFalse();
    }

    @Test
    void savingAgain_counts_alsoWhenTheClockWasSetBackInBetween() {
        assertThat(ok(service.put("/api/v1/jobs/h43/p/j", "{\"ansible_job_id\":\"s1\",\"metadata\":{\"n\":1}}"))
                        .at("/metadata/n")
                        .intValue())
                .isEqualTo(1);
        service.clock.advance(Duration.ofDays(-1000));
        try {
            assertThat(ok(service.put("/api/v1/jobs/h43/p/j", "{\"ansible_job_id\":\"s1\",\"metadata\":{\"n\":2}}"))
                            .at("/metadata/n")
                            .intValue())
                    .isEqualTo(2);
            assertThat(ok(service.get("/api/v1/jobs/h43/p/j")).at("/metadata/n").intValue())
                    .isEqualTo(2);
        } finally {
            service.clock.advance(Duration.ofDays(1000));
        }
    }

    @Test
    void plusSign_isAPlusSign() {
        post(started(run(5), 1, 0, "h5", "c++", "a+b", "id5"));
        assertThat(ok(service.get("/api/v1/jobs/h5/c++/a+b")).get("play").textValue())
                .isEqualTo("c++");
    }

    @Test
    void twoPlaybooks_areAmbiguous_untilOneIsNamed() {
        post(
                started(run(6), 1, 0, "h6", "p", "j", "a6", "playbook", "one.yml"),
                started(run(7), 1, 5, "h6", "p", "j", "b6", "playbook", "two.yml"));
        JsonNode job = ok(service.get("/api/v1/jobs/h6/p/j"));
        assertThat(job.get("ambiguous").booleanValue()).isTrue();
        assertThat(job.get("candidates"))
                .extracting(c -> c.get("playbook").textValue())
                .containsExactly("two.yml", "one.yml");
        JsonNode one = ok(service.get("/api/v1/jobs/h6/p/j?playbook=one.yml"));
        assertThat(one.get("ambiguous").booleanValue()).isFalse();
        assertThat(one.get("ansible_job_id").textValue()).isEqualTo("a6");
    }

    @Test
    void severalOpenJobs_thatMustHaveEndedByNow_doNotCountBesideAnother() {
        String path = "/api/v1/jobs/h61/p/nightly";
        post(
                started(run(61), 1, 0, "h61", "p", "nightly", "n1", "async", 60, "poll", 0),
                started(run(62), 1, 5, "h61", "p", "nightly", "n2", "async", 60, "poll", 0));
        JsonNode job = ok(service.get(path));
        assertThat(job.get("ambiguous").booleanValue()).isFalse();
        assertThat(job.get("ansible_job_id").textValue()).isEqualTo("n2");
        assertThat(job.get("overdue").booleanValue()).isTrue();
        assertThat(job.get("past_deadline")).extracting(JsonNode::textValue).containsExactly("n1");
        post(started(run(63), 1, 10, "h61", "p", "nightly", "n3", "async", 7200, "poll", 0));
        job = ok(service.get(path));
        assertThat(job.get("ansible_job_id").textValue()).isEqualTo("n3");
        assertThat(job.get("past_deadline")).extracting(JsonNode::textValue).containsExactly("n2", "n1");
        post(started(run(64), 1, 20, "h61", "p", "nightly", "n4", "async", 7200, "poll", 0));
        job = ok(service.get(path));
        assertThat(job.get("candidates"))
                .extracting(c -> c.get("ansible_job_id").textValue())
                .containsExactly("n4", "n3");
        assertThat(job.get("past_deadline_total").intValue()).isEqualTo(2);
        assertThat(ok(service.get(path + "?which=oldest")).get("ansible_job_id").textValue())
                .isEqualTo("n3");
        assertThat(ok(service.get(path + "?id=n1")).get("ansible_job_id").textValue())
                .isEqualTo("n1");
    }

    @Test
    void dryRunThatNobodyWaitsFor_isNeitherOpenNorOverdue() {
        post(started(run(65), 1, 0, "h65", "p", "j", "dry65", "async", 60, "poll", 0, "check_mode", true));
        assertThat(ok(service.get("/api/v1/jobs?host=h65&status=open")).get("jobs"))
                .isEmpty();
        assertThat(ok(service.get("/api/v1/jobs?host=h65&status=overdue")).get("jobs"))
                .isEmpty();
        JsonNode job = ok(service.get("/api/v1/jobs/h65/p/j?check_mode=true"));
        assertThat(job.get("status").textValue()).isEqualTo("closed");
        assertThat(job.get("reason").textValue()).isEqualTo("dry_run");
        assertThat(job.get("overdue").booleanValue()).isFalse();
    }

    @Test
    void savedRecord_isReadBack() {
        JsonNode put = ok(service.put(
                "/api/v1/jobs/h8/p/j",
                "{\"ansible_job_id\":\"id8\",\"metadata\":{\"a\":null,\"n\":1.50},\"x_other\":[1]}"));
        assertThat(put.get("ansible_job_id").textValue()).isEqualTo("id8");
        JsonNode job = ok(service.get("/api/v1/jobs/h8/p/j"));
        assertThat(job.get("metadata").toString()).isEqualTo("{\"a\":null,\"n\":1.50}");
        assertThat(job.get("x_other").toString()).isEqualTo("[1]");
        assertThat(job.get("started_at").textValue()).isEqualTo("2026-11-20T11:00:00.000000Z");
        ok(service.put("/api/v1/jobs/h8/p/j", job.toString()));
        assertThat(ok(service.get("/api/v1/jobs/h8/p/j")).get("metadata"))
                .as("saving an answer as it is changes nothing")
                .isEqualTo(job.get("metadata"));
        ok(service.put("/api/v1/jobs/h8/p/num", "{\"ansible_job_id\":2472848566.371110}"));
        assertThat(ok(service.get("/api/v1/jobs/h8/p/num"))
                        .get("ansible_job_id")
                        .textValue())
                .isEqualTo("2472848566.371110");
    }

    static Stream<Arguments> badSaves() {
        return Stream.of(
                arguments("", 400, "JSON object"),
                arguments("[]", 400, "JSON object"),
                arguments("{", 400, "not JSON"),
                arguments("{}", 400, "ansible_job_id"),
                arguments("{\"ansible_job_id\":\"\"}", 400, "ansible_job_id"),
                arguments("{\"ansible_job_id\":\"a\",\"host\":\"other\"}", 400, "must be those of the path"),
                arguments("{\"ansible_job_id\":\"a\",\"job_name\":\"other\"}", 400, "must be those of the path"),
                arguments("{\"ansible_job_id\":\"a\",\"status\":\"done\"}", 400, "status"),
                arguments("{\"ansible_job_id\":\"a\",\"metadata\":7}", 400, "metadata"),
                arguments("{\"ansible_job_id\":\"a\",\"save_time\":\"now\"}", 400, "save_time"),
                arguments("{\"ansible_job_id\":\"a\",\"x\":\"\\ud800\"}", 400, "surrogate"),
                arguments(
                        "{\"ansible_job_id\":\"a\",\"metadata\":{\"m\":\"" + "x".repeat(64_000) + "\"}}", 413, "64000"),
                arguments(
                        "{\"ansible_job_id\":\"a\",\"metadata\":{\"m\":\"" + "x".repeat(2_000_000) + "\"}}",
                        413,
                        "64000"));
    }

    @ParameterizedTest
    @MethodSource("badSaves")
    void badSave_isRefused_andNothingIsStored(String body, int status, String word) {
        assertThat(problem(service.put("/api/v1/jobs/h9/p/j", body), status).toString())
                .contains(word);
        problem(service.get("/api/v1/jobs/h9/p/j"), 404);
    }

    static Stream<Arguments> badPosts() {
        String good = json("run_alive", run(10), 1, 1).toString();
        return Stream.of(
                arguments("", 400, "array"),
                arguments("not json", 400, "JSON"),
                arguments(good, 400, "array"),
                arguments("[" + good + ",{\"type\":\"run_alive\"}]", 400, "\"field\":\"run_id\""),
                arguments(
                        "[" + good + "," + good.replace("run_alive", "No type") + "]",
                        400,
                        "\"index\":1,\"field\":\"type\""),
                arguments("[" + good + "," + good.replace("\"seq\":1", "\"seq\":0") + "]", 400, "\"field\":\"seq\""),
                arguments("[" + good + "," + good.replace("run_alive", "") + "]", 400, "\"field\":\"type\""),
                arguments("[" + "[".repeat(10_000), 400, "depth"),
                arguments(
                        "[" + String.join(",", java.util.Collections.nCopies(10_000, good)) + "]",
                        413,
                        "max-batch-events"),
                arguments("[" + good + "," + " ".repeat(9_000_000) + good + "]", 413, "max-body"));
    }

    @ParameterizedTest
    @MethodSource("badPosts")
    void badBatch_isRefusedWithFieldOrLimit_andTheLedgerIsUnchanged(String body, int status, String word) {
        int before = events();
        assertThat(problem(service.post(body), status).toString()).contains(word);
        assertThat(events()).isEqualTo(before);
        problem(service.get("/api/v1/runs/" + run(10)), 404);
    }

    @Test
    void bytesThatAreNoUtf8_areRefused() {
        HttpResponse<String> response = service.send(service.request("/api/v1/events")
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofByteArray(new byte[] {'[', '"', (byte) 0xff, '"', ']'})));
        assertThat(problem(response, 400).get("detail").textValue()).contains("UTF-8");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "application/jsonp",
                ""
            })
    void otherContentTypes_areRefused(String type) {
        var request = service.request("/api/v1/events").POST(BodyPublishers.ofString("[]"));
        problem(service.send(type.isEmpty() ? request : request.header("content-type", type)), 415);
        var put = service.request("/api/v1/jobs/h/p/j").PUT(BodyPublishers.ofString("{}"));
        problem(service.send(type.isEmpty() ? put : put.header("content-type", type)), 415);
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/jobs?hots=a, hots", "/api/v1/jobs?host=, host", "/api/v1/jobs?host=a&host=b, host",
                "/api/v1/jobs?limit=0, limit", "/api/v1/jobs?limit=1001, limit",
        "/api/v1/jobs?limit=x, limit", "/api/v1/jobs?status=done, status", "/api/v1/jobs?run_id=1, run_id",
                "/api/v1/runs?x=1, x", "/api/v1/jobs/a/b/c?x=1, x",
        "/api/v1/jobs/a/b/c?run_id=1, run_id", "/api/v1/jobs/a/b/c?playbook=, playbook", "/api/v1/mirrors?x=1, x"
    })
    void badParameter_isNamed(String path, String field) {
        assertThat(problem(service.get(path), 400).at("/errors/0/field").textValue())
                .isEqualTo(field);
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/jobs/%/b/c, host",
        "/api/v1/jobs/a/%zz/c, play",
        "/api/v1/jobs/a/b/%f, job",
        "/api/v1/jobs/a/b/%ff, job",
        "/api/v1/jobs/a/b/%00, job",
        "/api/v1/jobs//b/c, host",
        "/api/v1/jobs/a//c, play",
        "/api/v1/jobs/a/b/%ed%a0%80, job"
    })
    void badEscapesAndNamesInThePath_areNamed(String path, String field) {
        String response = service.rawGet(path);
        assertThat(response)
                .startsWith("HTTP/1.1 400")
                .containsIgnoringCase("content-type: application/problem+json")
                .contains("\"field\":\"" + field + "\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/v1/jobs?host=%zz", "/api/v1/runs?run_name=%", "/%zz", "/api/v1/runs/%zz"})
    void badEscapesElsewhere_areAProblemToo(String path) {
        assertThat(service.rawGet(path)).matches("(?s)HTTP/1.1 (400|404) .*application/problem\\+json.*");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "..",
                ".",
                "../..",
                "a/b",
                "%2F",
                "%",
                "/",
                "\\",
                "C:\\x",
                "a\nb",
                "a\r\nX-Evil: 1",
                "'",
                "\"",
                "<script>",
                "\u65e5\u672c",
                "\uD83D\uDE80",
                "a b",
                "?",
                "#",
                ";x=1",
                "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
                        + "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
            })
    void strangeNames_arePutAndGotByTheirRealName(String name) {
        String path = "/api/v1/jobs/" + escape(name) + "/" + escape(name) + "/" + escape(name);
        String body = "{\"ansible_job_id\":\"strange\"}";
        String put = service.raw("PUT " + path
                + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body);
        assertThat(put).startsWith("HTTP/1.1 200");
        String got = service.rawGet(path);
        assertThat(got).startsWith("HTTP/1.1 200");
        assertThat(json(got.substring(got.indexOf("\r\n\r\n") + 4)).get("host").textValue())
                .isEqualTo(name);
        assertThat(got.substring(0, got.indexOf("\r\n\r\n"))).doesNotContain("X-Evil");
        String missing = service.rawGet("/api/v1/jobs/" + escape(name) + "/" + escape(name) + "/missing");
        assertThat(missing).startsWith("HTTP/1.1 404").doesNotContain("\nX-Evil");
    }

    private static String escape(String name) {
        StringBuilder text = new StringBuilder();
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            text.append(b == '.' ? "." : String.format("%%%02X", b));
        }
        return text.toString();
    }

    @Test
    void longestNames_fitIntoARequest() {
        String name = "\u00e4".repeat(2048);
        String path = "/api/v1/jobs/" + escape(name) + "/" + escape(name) + "/" + escape(name);
        assertThat(service.rawGet(path)).startsWith("HTTP/1.1 404").contains("no-such-job");
        assertThat(service.rawGet(path + "%41")).startsWith("HTTP/1.1 400").contains("4096");
        assertThat(service.rawGet("/" + "x".repeat(100_000)))
                .matches("(?s)HTTP/1\\.[01] 414 .*")
                .contains("application/problem+json");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /api/v1/nothing, 404",
        "GET, /api/v2/runs, 404",
        "GET, /api/v1/jobs/a/b, 404",
        "GET, /api/v1/jobs/a/b/c/d, 404",
        "DELETE, /api/v1/events, 405",
        "GET, /api/v1/events, 405",
        "POST, /api/v1/runs, 405",
        "POST, /api/v1/jobs/a/b/c, 405",
        "DELETE, /api/v1/jobs/a/b/c, 405",
        "PUT, /healthz, 405"
    })
    void otherPathsAndMethods_areProblems(String method, String path, int status) {
        HttpResponse<String> response = service.send(service.request(path)
                .header("content-type", "application/json")
                .method(method, BodyPublishers.ofString("{}")));
        problem(response, status);
        assertThat(response.headers().firstValue("allow").isPresent()).isEqualTo(status == 405);
    }

    @Test
    void healthAndVersion() {
        assertThat(ok(service.get("/healthz")).get("status").textValue()).isEqualTo("ok");
        assertThat(ok(service.get("/readyz")).get("ledger").textValue()).contains(directory.toString());
        assertThat(ok(service.get("/api/v1")).get("version").textValue()).isEqualTo("test");
        assertThat(ok(service.get("/api/v1/mirrors")).get("mirrors")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/index.html",
                "/api",
                "/api/v1/jobs/<b>/<b>/<b>",
                "/api/v1/runs/<script>",
                "/../../etc/passwd",
                "/%3Cscript%3E",
                "/api/v1/jobs?%3Cscript%3E=1"
            })
    void noAnswer_toAProgram_isHtml(String path) {
        assertThat(service.rawGet(path)).doesNotContainIgnoringCase("text/html");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NONSENSE\r\n\r\n",
                "GET / HTTP/9.9\r\n\r\n",
                "GET  HTTP/1.1\r\n\r\n",
                "\r\n\r\n\0\0\0\r\n\r\n",
                "POST /api/v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
                "POST /api/v1/events HTTP/1.1\r\n"
                        + "Host: x\r\n"
                        + "Content-Length: 5\r\n"
                        + "Content-Length: 6\r\n"
                        + "Connection: close\r\n\r\n"
                        + "[]   []",
                "POST /api/v1/events HTTP/1.1\r\n"
                        + "Host: x\r\n"
                        + "Transfer-Encoding: chunked\r\n"
                        + "Connection: close\r\n\r\n"
                        + "zz\r\n"
            })
    void whatIsNoHttp_isRefusedAndTheConnectionClosed(String request) {
        assertThat(service.raw(request))
                .matches("(?s)HTTP/\\d\\.\\d (400|505|501|414) .*")
                .doesNotContainIgnoringCase("text/html");
        ok(service.get("/healthz"));
    }

    @Test
    void silentRun_isShownAsInterrupted_bySettingAndClock() {
        post(json("run_started", run(11), 1, 0, "kind", "playbook"));
        assertThat(ok(service.get("/api/v1/runs/" + run(11))).get("state").textValue())
                .isEqualTo("running");
        service.clock.advance(Duration.ofMinutes(61));
        assertThat(ok(service.get("/api/v1/runs/" + run(11))).get("state").textValue())
                .isEqualTo("interrupted");
        post(json("run_alive", run(11), 2, 1));
        assertThat(ok(service.get("/api/v1/runs/" + run(11))).get("state").textValue())
                .as("it speaks again")
                .isEqualTo("running");
        assertThat(service.clock.instant()).isAfter(T0);
        service.clock.advance(Duration.ofMinutes(-61));
    }

    @Test
    void twoHundredPostsAtOnce_areAllStored() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 1; i <= 200; i++) {
            var request = service.request("/api/v1/events")
                    .header("content-type", "application/json")
                    .timeout(Duration.ofSeconds(60))
                    .POST(BodyPublishers.ofString("[" + started(run(12), i, i, "h12", "p", "j" + i, "id12-" + i) + "]"))
                    .build();
            answers.add(service.client.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
        }
        for (CompletableFuture<HttpResponse<String>> answer : answers) {
            assertThat(ok(answer.get(60, TimeUnit.SECONDS)).get("stored").intValue())
                    .isEqualTo(1);
        }
        JsonNode run = ok(service.get("/api/v1/runs/" + run(12)));
        assertThat(run.get("events").intValue()).isEqualTo(200);
        assertThat(ok(service.get("/api/v1/jobs?host=h12&limit=1000")).get("jobs"))
                .hasSize(200);
    }

    @Test
    void pipelinedRequests_areAnsweredInOrder() {
        String text = service.raw("GET /healthz HTTP/1.1\r\n"
                + "Host: x\r\n\r\n"
                + "GET /api/v1/runs/nonsense HTTP/1.1\r\n"
                + "Host: x\r\n\r\n"
                + "GET /healthz HTTP/1.1\r\n"
                + "Host: x\r\n"
                + "Connection: close\r\n\r\n");
        assertThat(text.split("HTTP/1.1 ")).hasSize(4);
        assertThat(text.indexOf("HTTP/1.1 400"))
                .isGreaterThan(text.indexOf("HTTP/1.1 200"))
                .isLessThan(text.lastIndexOf("HTTP/1.1 200"));
    }
}
