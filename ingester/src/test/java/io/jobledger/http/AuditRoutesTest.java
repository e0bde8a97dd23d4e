package io.jobledger.http;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static io.jobledger.http.RunningService.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.config.Setting;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The questions of an audit over HTTP: filters, pages, formats, tags. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuditRoutesTest {
    /** More than a chunk of an export. */
    private static final int JOBS = 1300;

    @TempDir
    static Path directory;

    private RunningService service;

    @BeforeAll
    void start() {
        service = new RunningService(directory, List.of(), Map.of(Setting.MAX_BATCH_EVENTS, "5000"));
        List<ObjectNode> events = new ArrayList<>();
        events.add(json(
                "run_started",
                run(1),
                1,
                0,
                "kind",
                "playbook",
                "run_name",
                "CHG-1",
                "user",
                "deploy",
                "controller",
                "ci",
                "labels",
                Map.of("team", "db=1"),
                "playbook",
                "site.yml"));
        for (int i = 1; i <= JOBS; i++) {
            events.add(started(
                    run(1), 1 + i, i, "h" + i % 3, "p" + i % 2, "j", "id" + i, "async", 60, "playbook", "site.yml"));
        }
        events.add(json(
                "job_ended",
                run(1),
                JOBS + 2,
                5000,
                "host",
                "h1",
                "ansible_job_id",
                "id1",
                "status",
                "failed",
                "rc",
                -1,
                "message",
                "=cmd|' /C calc'!A0"));
        events.add(json(
                "job_ended",
                run(1),
                JOBS + 3,
                5000,
                "host",
                "h2",
                "ansible_job_id",
                "id2",
                "status",
                "succeeded",
                "rc",
                0,
                "message",
                "two\nlines, \"quoted\""));
        assertThat(service.post(events.toString()).statusCode()).isEqualTo(200);
    }

    @AfterAll
    void stop() {
        service.close();
    }

    private JsonNode ok(String path) {
        HttpResponse<String> response = service.get(path);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return json(response.body());
    }

    @Test
    void pages_followEachOther_toTheEnd() {
        List<String> ids = new ArrayList<>();
        String next = "";
        for (int page = 0; next != null; page++) {
            JsonNode answer = ok("/api/v1/jobs?host=h1&limit=100" + next);
            answer.get("jobs").forEach(job -> ids.add(job.get("ansible_job_id").textValue()));
            assertThat(answer.has("total")).isFalse();
            next = answer.get("next").isNull()
                    ? null
                    : "&cursor=" + answer.get("next").textValue();
            assertThat(page).isLessThan(10);
        }
        assertThat(ids)
                .hasSize(434)
                .doesNotHaveDuplicates()
                .startsWith("id1300", "id1297")
                .endsWith("id4", "id1");
        assertThat(ok("/api/v1/jobs?host=h1&limit=1&total=true").get("total").intValue())
                .isEqualTo(434);
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/jobs?status=failed, 1",
        "/api/v1/jobs?status=failed&status=succeeded, 2",
        "/api/v1/jobs?status=open, 1298",
        "/api/v1/jobs?status=overdue, 1298",
        "/api/v1/jobs?label=team=db%3D1, 1300",
        "/api/v1/jobs?label=team=other, 0",
        "/api/v1/jobs?user=deploy&controller=ci, 1300",
        "/api/v1/jobs?run_name=CHG-1, 1300",
        "/api/v1/jobs?since=2026-11-20T10:21:40Z, 1",
        "/api/v1/jobs?since=30m, 0",
        "/api/v1/jobs?since=7d&until=now, 1300",
        "/api/v1/jobs?q=QUOTED, 1",
        "/api/v1/jobs?finished_since=1d, 2",
        "/api/v1/jobs?min_duration=1h&status=failed, 1",
        "/api/v1/jobs?max_duration=90s, 0",
        "/api/v1/runs?host=h2&label=team=db%3D1, 1",
        "/api/v1/runs?state=running, 1",
        "/api/v1/runs?state=finished, 0",
        "/api/v1/runs?kind=adhoc, 0",
        "/api/v1/runs?incomplete=false&q=deploy, 1",
        "/api/v1/hosts, 3",
        "/api/v1/plays, 2"
    })
    void filters_areRead(String path, int rows) {
        JsonNode answer = ok(path + (path.contains("?") ? "&" : "?") + "limit=1000&total=true");
        assertThat(answer.get("total").intValue()).isEqualTo(rows);
        assertThat(answer.elements().next()).hasSize(Math.min(1000, rows));
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/jobs?status=done, status",
        "/api/v1/jobs?since=yesterday, since",
        "/api/v1/jobs?finished_until=1, finished_until",
        "/api/v1/jobs?min_duration=long, min_duration",
        "/api/v1/jobs?min_duration=999999999d, min_duration",
        "/api/v1/jobs?label=x, label",
        "/api/v1/jobs?cursor=x, cursor",
        "/api/v1/jobs?sort=host, sort",
        "/api/v1/hosts?sort=jobs, sort",
        "/api/v1/jobs?total=yes, total",
        "/api/v1/jobs?format=xml, format",
        "/api/v1/runs?state=dead, state",
        "/api/v1/runs?check_mode=1, check_mode",
        "/api/v1/runs?status=failed, status",
        "/api/v1/stats?limit=1, limit",
        "/api/v1/stream?kind=all, kind",
        "/api/v1/jobs?q=%00, q",
        "/api/v1/jobs/h/p/j/history?host=h, host"
    })
    void badParameter_isNamed(String path, String field) {
        HttpResponse<String> response = service.get(path);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(json(response.body()).at("/errors/0/field").textValue()).isEqualTo(field);
    }

    @Test
    void cursorOfAnotherSort_isRefused() {
        String cursor = ok("/api/v1/jobs?limit=1").get("next").textValue();
        assertThat(service.get("/api/v1/jobs?limit=1&sort=finished_at&cursor=" + cursor)
                        .statusCode())
                .isEqualTo(400);
        assertThat(service.get("/api/v1/runs?limit=1&cursor=" + cursor).statusCode())
                .isEqualTo(400);
    }

    @Test
    void ndjson_holdsTheWholeResult_unlessLimited() {
        HttpResponse<String> all =
                service.send(service.request("/api/v1/jobs").header("accept", "application/x-ndjson"));
        assertThat(all.headers().firstValue("content-type")).contains("application/x-ndjson");
        List<JsonNode> rows = all.body().lines().map(RunningService::json).toList();
        assertThat(rows).hasSize(JOBS);
        assertThat(rows.get(0)).isEqualTo(ok("/api/v1/jobs?limit=1").at("/jobs/0"));
        assertThat(rows.stream()
                        .map(row -> row.get("ansible_job_id").textValue())
                        .collect(Collectors.toSet()))
                .hasSize(JOBS);
        assertThat(service.get("/api/v1/jobs?format=ndjson&limit=7").body().lines())
                .hasSize(7);
        assertThat(service.get("/api/v1/runs/" + run(1) + "/events?format=ndjson")
                        .body()
                        .lines())
                .hasSize(JOBS + 3);
        assertThat(service.get("/api/v1/jobs?format=ndjson&host=nobody").body()).isEmpty();
        assertThat(service.get("/api/v1/runs/" + run(9) + "/jobs?format=ndjson").statusCode())
                .as("known before the first byte")
                .isEqualTo(404);
    }

    @Test
    void csv_isReadByAnyReader_andNoCellIsAFormula() {
        HttpResponse<String> all =
                service.send(service.request("/api/v1/jobs").header("accept", "text/csv;q=0.9, application/xml"));
        assertThat(all.headers().firstValue("content-type").orElseThrow()).startsWith("text/csv");
        assertThat(all.body()).startsWith("host,play,job_name,status,").contains("\r\n");
        assertThat(all.body().split("\r\n")).hasSize(JOBS + 1);
        String failed = service.get("/api/v1/jobs?format=csv&status=failed").body();
        assertThat(failed)
                .as("a formula is text")
                .contains("'=cmd|' /C calc'!A0")
                .doesNotContain(",=cmd")
                .as("a number stays one")
                .contains(",-1,");
        assertThat(service.get("/api/v1/jobs?format=csv&status=succeeded").body())
                .contains("\"two\nlines, \"\"quoted\"\"\"");
        assertThat(service.get("/api/v1/hosts?format=csv").body().split("\r\n"))
                .hasSize(4)
                .startsWith(
                        "host,jobs,running,overdue,succeeded,failed,timed_out,cancelled,lost,closed,last_started_at");
        assertThat(service.get("/api/v1/jobs?format=csv&host=nobody").body())
                .as("the header is there without rows too")
                .startsWith("host,play")
                .endsWith("metadata\r\n");
        assertThat(service.get("/api/v1/runs?format=csv").body()).contains("\"{\"\"team\"\":\"\"db=1\"\"}\"");
        assertThat(service.send(service.request("/api/v1/jobs").header("accept", "image/png"))
                        .statusCode())
                .isEqualTo(406);
    }

    @Test
    void hostsPlaysAndStats_areCounted() {
        JsonNode host = ok("/api/v1/hosts/h1");
        assertThat(host.get("jobs").intValue()).isEqualTo(434);
        assertThat(host.get("failed").intValue()).isEqualTo(1);
        assertThat(host.get("overdue").intValue()).isEqualTo(433);
        assertThat(host.get("newest")).hasSize(20);
        assertThat(host.get("names"))
                .extracting(name -> name.get("play").textValue())
                .containsExactly("p0", "p1");
        assertThat(service.get("/api/v1/hosts/nobody").statusCode()).isEqualTo(404);
        assertThat(service.rawGet("/api/v1/hosts/..")).contains("no-such-host");
        JsonNode stats = ok("/api/v1/stats?host=h1");
        assertThat(stats.get("jobs").intValue()).isEqualTo(434);
        assertThat(stats.at("/days/0/day").textValue()).isEqualTo("2026-11-20");
        assertThat(stats.at("/durations/max").doubleValue()).isEqualTo(4999);
        assertThat(stats.at("/runs/running").intValue()).isEqualTo(1);
        assertThat(stats.get("ledger_bytes").longValue()).isPositive();
        assertThat(ok("/api/v1/jobs/h1/p1/j/history?limit=1000").get("jobs")).hasSize(217);
    }

    @ParameterizedTest
    @CsvSource({"/api/v1/jobs/h1/p1/j", "/api/v1/hosts/h1"})
    void lookup_hasATag_andIsNotSentTwice(String path) {
        HttpResponse<String> first = service.get(path);
        String tag = first.headers().firstValue("etag").orElseThrow();
        HttpResponse<String> again = service.send(service.request(path).header("if-none-match", "\"other\", W/" + tag));
        assertThat(again.statusCode()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
        assertThat(again.headers().firstValue("etag")).contains(tag);
        assertThat(service.send(service.request(path).header("if-none-match", "\"other\""))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void tag_changesWithTheRecord() {
        service.post("[" + started(run(500), 1, 10, "tagged", "p", "j", "t1") + "]");
        String before = service.get("/api/v1/jobs/tagged/p/j")
                .headers()
                .firstValue("etag")
                .orElseThrow();
        service.post("["
                + json("job_ended", run(500), 2, 20, "host", "tagged", "ansible_job_id", "t1", "status", "lost") + "]");
        HttpResponse<String> after =
                service.send(service.request("/api/v1/jobs/tagged/p/j").header("if-none-match", before));
        assertThat(after.statusCode()).isEqualTo(200);
        assertThat(json(after.body()).get("status").textValue()).isEqualTo("lost");
        assertThat(T0).isNotNull();
    }

    @Test
    void largeAnswers_arePackedForThoseWhoAsk() {
        HttpResponse<String> large =
                service.send(service.request("/api/v1/jobs").header("accept-encoding", "gzip"));
        assertThat(large.headers().firstValue("content-encoding")).contains("gzip");
        assertThat(large.headers().firstValue("vary").orElse("")).containsIgnoringCase("accept-encoding");
        HttpResponse<String> small = service.send(service.request("/healthz").header("accept-encoding", "gzip"));
        assertThat(small.headers().firstValue("content-encoding")).isEmpty();
        assertThat(small.body()).isEqualTo("{\"status\":\"ok\"}");
    }
}
