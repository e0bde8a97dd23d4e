package io.jobledger.http;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.Wire;
import io.jobledger.config.Setting;
import io.jobledger.json.Json;
import io.jobledger.ledger.h2.EmbeddedLedger;
import io.jobledger.sink.copy.LogCopier;
import io.jobledger.sink.mirror.file.FileMirror;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is counted, and that the pages, the dashboard and the alert rules name nothing else. */
class MetricsTest {
    private static final Pattern NAME = Pattern.compile("\\b(?:jobledger|jvm|process|system)_[a-z0-9_]+");
    private static final Pattern SUFFIX = Pattern.compile("_(?:bucket|count|sum|max)$");

    @TempDir
    Path directory;

    private RunningService service;

    @BeforeEach
    void start() {
        service = new RunningService(
                directory, List.of(new FileMirror(directory.resolve("mirror"))), Map.of(Setting.LOG_COPY, "1s"));
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private String scrape() {
        var response = service.get("/metrics");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("text/plain; version=0.0.4; charset=utf-8");
        return response.body();
    }

    /** The value of a sample, NaN when there is none. */
    private static double value(String text, String sample) {
        return text.lines()
                .filter(line -> line.startsWith(sample + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(sample.length() + 1)))
                .findFirst()
                .orElse(Double.NaN);
    }

    @Test
    void whatHappens_isCounted() {
        String batch = Json.MAPPER
                .valueToTree(List.of(
                        started(run(1), 1, 0, "h", "p", "j", "a", "async", 60),
                        started(run(1), 2, 1, "h", "p", "k", "b"),
                        json("job_ended", run(1), 3, 9, "host", "h", "ansible_job_id", "b", "status", "lost")))
                .toString();
        service.post(batch);
        service.post(batch);
        service.get("/api/v1/jobs/h/p/j");
        service.get("/api/v1/jobs/h/p/nothing%20here");
        service.get("/nowhere/at/all");
        service.get("/api/v1/runs/" + run(1));
        // A request is counted just after its answer is sent.
        String text = await().atMost(Duration.ofSeconds(60))
                .until(
                        this::scrape,
                        now -> value(
                                        now,
                                        "jobledger_http_request_duration_seconds_count{method=\"GET\",route=\"/api/v1/runs/{run_id}\",status=\"200\"}")
                                == 1);
        assertThat(value(text, "jobledger_events_stored_total")).isEqualTo(3);
        assertThat(value(text, "jobledger_events_duplicate_total")).isEqualTo(3);
        assertThat(value(text, "jobledger_commit_duration_seconds_count")).isEqualTo(2);
        assertThat(value(text, "jobledger_commit_events_sum")).isEqualTo(6);
        assertThat(value(text, "jobledger_queue_events")).isZero();
        assertThat(value(text, "jobledger_projection_lag_entries")).isZero();
        assertThat(value(text, "jobledger_projection_lag_seconds")).isZero();
        assertThat(value(text, "jobledger_projection_set_aside")).isZero();
        assertThat(value(text, "jobledger_lookups_total{result=\"ledger\"}")).isEqualTo(1);
        assertThat(value(text, "jobledger_lookups_total{result=\"absent\"}")).isEqualTo(1);
        assertThat(value(text, "jobledger_jobs{state=\"overdue\"}")).isEqualTo(1);
        assertThat(value(text, "jobledger_jobs{state=\"running\"}")).isZero();
        assertThat(value(text, "jobledger_jobs{state=\"lost\"}")).isEqualTo(1);
        assertThat(value(text, "jobledger_runs{state=\"running\"}")).isEqualTo(1);
        assertThat(value(text, "jobledger_ledger_size_bytes")).isPositive();
        String counted = "jobledger_http_request_duration_seconds_count{method=\"";
        assertThat(value(text, counted + "GET\",route=\"/api/v1/jobs/{host}/{play}/{job}\",status=\"404\"}"))
                .isEqualTo(1);
        assertThat(value(text, counted + "GET\",route=\"other\",status=\"404\"}"))
                .isEqualTo(1);
        assertThat(value(text, counted + "POST\",route=\"/api/v1/events\",status=\"200\"}"))
                .isEqualTo(2);
        assertThat(text).doesNotContain("nothing").doesNotContain("nowhere");
    }

    @Test
    void whatCouldNotBeWorkedIntoTheRecords_isCounted_andSaidByReadyz() {
        ((EmbeddedLedger) service.ledger)
                .jdbi()
                .useHandle(handle -> handle.execute(
                        "INSERT INTO set_aside (entry, run_id, seq, reason) VALUES (7, ?, 1, 'no reason')",
                        run(1).value()));
        assertThat(value(scrape(), "jobledger_projection_set_aside")).isEqualTo(1);
        JsonNode ready = RunningService.json(service.get("/readyz").body());
        assertThat(ready.get("status").textValue()).isEqualTo("degraded");
        assertThat(ready.at("/records/set_aside").intValue()).isEqualTo(1);
    }

    @Test
    void copyOfTheLog_isSeenWhereMirrorsAre() {
        service.post("[" + started(run(1), 1, 1, "h", "p", "j", "a") + "]");
        service.clock.advance(Duration.ofSeconds(7));
        JsonNode mirror =
                RunningService.json(service.get("/api/v1/mirrors").body()).at("/mirrors/0");
        assertThat(mirror.get("log_copy").textValue()).isEqualTo("behind");
        assertThat(mirror.get("log_copy_as_of").isNull()).isTrue();
        assertThat(RunningService.json(service.get("/readyz").body())
                        .at("/log_copies/lag_entries")
                        .intValue())
                .isEqualTo(1);
        String labels = "{mirror=\"" + service.relays.get(0).mirror().uri() + "\"}";
        assertThat(value(scrape(), "jobledger_log_copy_lag_entries" + labels)).isEqualTo(1);
        assertThat(value(scrape(), "jobledger_log_copy_lag_seconds" + labels)).isEqualTo(7);
        assertThat(service.get("/mirrors").body()).contains("Copies of the log", "catching up");

        service.copiers.forEach(LogCopier::start);
        await().atMost(Duration.ofSeconds(60))
                .until(() -> RunningService.json(service.get("/api/v1/mirrors").body())
                        .at("/mirrors/0/log_copy")
                        .asText()
                        .equals("whole"));
        assertThat(value(scrape(), "jobledger_log_copy_lag_entries" + labels)).isZero();
        assertThat(value(scrape(), "jobledger_log_copy_lag_seconds" + labels)).isZero();
        assertThat(value(scrape(), "jobledger_log_copy_blocked" + labels)).isZero();
        assertThat(value(scrape(), "jobledger_log_copy_bytes_total" + labels)).isPositive();
        assertThat(service.get("/mirrors").body()).contains("up to date");
    }

    @Test
    void methodsAndPathsOfStrangers_makeNoNewLabels() {
        for (int i = 0; i < 20; i++) {
            service.raw("BREW" + i + " /teapot/" + i + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        }
        assertThat(scrape().lines()
                        .filter(line -> line.startsWith("jobledger_http_request_duration_seconds_count"))
                        .count())
                .isLessThanOrEqualTo(2);
    }

    private static Set<String> names(String text) {
        return NAME.matcher(text)
                .results()
                .map(found -> SUFFIX.matcher(found.group()).replaceFirst(""))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> documented() throws IOException {
        return Files.readAllLines(Wire.checkout().resolve("docs/reference/metrics.md")).stream()
                .filter(line -> line.startsWith("| `"))
                .flatMap(line -> names(line.substring(0, line.indexOf(" | "))).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void referencePage_listsWhatIsExposed() throws IOException {
        service.get("/healthz");
        String text = await().atMost(Duration.ofSeconds(60))
                .until(this::scrape, now -> now.contains("jobledger_http_request"));
        Set<String> exposed = text.lines()
                .filter(line -> line.startsWith("# TYPE "))
                .map(line -> SUFFIX.matcher(line.split(" ")[2]).replaceFirst(""))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(documented()).containsAll(exposed);
        // This service speaks plain HTTP and has no hooks; TlsTest and WebhookTest see what is there only with them.
        assertThat(documented().stream()
                        .filter(name -> name.startsWith("jobledger_")
                                && !name.startsWith("jobledger_tls_")
                                && !name.startsWith("jobledger_sink_")))
                .containsExactlyElementsOf(exposed.stream()
                        .filter(name -> name.startsWith("jobledger_"))
                        .toList());
    }

    @Test
    void dashboardAndAlertRules_nameOnlyWhatIsDocumented() throws IOException {
        String dashboard = Files.readString(Wire.checkout().resolve("docs/monitoring/grafana-dashboard.json"));
        JsonNode panels = Json.MAPPER.readTree(dashboard).path("panels");
        assertThat(panels)
                .hasSizeGreaterThan(10)
                .allSatisfy(panel -> assertThat(panel.findValues("expr"))
                        .as(panel.path("title").asText())
                        .isNotEmpty());
        assertThat(documented()).containsAll(names(dashboard));
        String rules = Files.readString(Wire.checkout().resolve("docs/monitoring/alerts.yml"));
        assertThat(names(rules)).hasSizeGreaterThan(5);
        assertThat(documented()).containsAll(names(rules));
    }
}
