package io.jobledger.cli.ask;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.Wire;
import io.jobledger.cli.Ran;
import io.jobledger.cli.Shell;
import io.jobledger.cli.serve.Ingester;
import io.jobledger.config.Setting;
import io.jobledger.config.SettingsLoader;
import io.jobledger.json.Json;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every command that reads, against a real ingester: it must take what the commands send, and they must understand what
 * it answers.
 */
class AuditCommandsTest {
    private static final int MANY = 1500;

    @TempDir
    static Path directory;

    private static Ingester ingester;
    private static String url;

    @BeforeAll
    static void start() throws Exception {
        ingester = Ingester.start(
                SettingsLoader.load(
                        Map.of(Setting.PORT, "0", Setting.DATA_DIR, directory.toString(), Setting.MIRROR, "none"),
                        null,
                        Map.of("XDG_CONFIG_HOME", directory.toString())),
                Clock.systemUTC());
        url = ingester.greeting().replaceFirst(".* listens on (\\S+) .*", "$1");
        List<ObjectNode> events = new ArrayList<>();
        events.add(Wire.json(
                "run_started",
                Wire.run(1),
                1,
                0,
                "playbook",
                "site.yml",
                "user",
                "anna",
                "controller",
                "ci-1",
                "run_name",
                "release-42",
                "labels",
                Map.of("team", "db")));
        events.add(Wire.started(
                Wire.run(1),
                2,
                1,
                "db1",
                "Upgrade",
                "Migrate",
                "j1.1",
                "async",
                3600,
                "playbook",
                "site.yml",
                "action",
                "ansible.builtin.command"));
        events.add(Wire.started(Wire.run(1), 3, 2, "日本", "Upgrade", "Migrate", "j2.1"));
        events.add(Wire.json(
                "job_ended",
                Wire.run(1),
                4,
                60,
                "host",
                "日本",
                "ansible_job_id",
                "j2.1",
                "status",
                "failed",
                "rc",
                3,
                "message",
                "no room, \"left\""));
        post(events);
        events.clear();
        for (int i = 1; i <= MANY; i++) {
            events.add(Wire.started(Wire.run(2), i, 100 + i, "web" + i % 7, "Restart", "Job " + i, "k" + i));
            if (events.size() == 500) {
                post(events);
                events.clear();
            }
        }
    }

    @AfterAll
    static void stop() {
        ingester.close();
    }

    private static void post(List<ObjectNode> events) throws Exception {
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(url + "/api/v1/events"))
                                .header("content-type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(
                                        Json.MAPPER.valueToTree(events).toString()))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    private static Ran run(String... words) {
        return Ran.of(Stream.concat(Stream.of(words), Stream.of("--url", url)).toArray(String[]::new));
    }

    private static JsonNode json(String... words) throws Exception {
        Ran ran = run(Stream.concat(Stream.of(words), Stream.of("-o", "json")).toArray(String[]::new));
        assertThat(ran.code()).as(ran.err()).isZero();
        return Json.MAPPER.readTree(ran.out());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--host db1",
                "--execution-host db1",
                "--job Migrate --host db1",
                "--ansible-job-id j1.1",
                "--run-name release-42 --open",
                "--label team=db --status running,overdue",
                "--user anna --controller ci-1 --overdue",
                "--action ansible.builtin.command",
                "--q DB1",
                "--playbook site.yml --host db1",
                "--task Migrate --host db1",
                "--until 2026-11-20T10:00:02Z --sort started_at"
            })
    void eachFilter_findsTheOneJob(String options) throws Exception {
        JsonNode jobs = json(("jobs ls " + options).split(" ")).get("jobs");
        assertThat(jobs).as(options).hasSize(1);
        assertThat(jobs.get(0).get("ansible_job_id").asText()).isEqualTo("j1.1");
    }

    @Test
    void restOfTheFilters_areTaken() throws Exception {
        assertThat(json(
                                "jobs",
                                "ls",
                                "--finished-since",
                                "2026-11-20T10:00:00Z",
                                "--finished-until",
                                "2026-11-20T10:02:00Z",
                                "--min-duration",
                                "10s",
                                "--max-duration",
                                "2h",
                                "--since",
                                "2026-11-20T10:00:00Z",
                                "--play",
                                "Upgrade",
                                "--status",
                                "failed")
                        .get("jobs"))
                .hasSize(1);
        assertThat(json(
                                "runs",
                                "ls",
                                "--run-name",
                                "release-42",
                                "--playbook",
                                "site.yml",
                                "--user",
                                "anna",
                                "--controller",
                                "ci-1",
                                "--host",
                                "db1",
                                "--label",
                                "team=db",
                                "--since",
                                "2026-11-20T10:00:00Z",
                                "--until",
                                "2026-11-20T10:00:01Z",
                                "--check-mode",
                                "false",
                                "--q",
                                "RELEASE")
                        .get("runs"))
                .hasSize(1);
        assertThat(run(
                                "runs",
                                "ls",
                                "--state",
                                "finished",
                                "--finished-since",
                                "1h",
                                "--finished-until",
                                "now",
                                "--kind",
                                "adhoc",
                                "--incomplete")
                        .out())
                .startsWith("no runs");
        assertThat(run("jobs", "ls", "--since", "yesterday").err()).contains("since");
    }

    @Test
    void overdue_showsTheCard_andHowToResume() {
        Ran ran = run("jobs", "ls", "--overdue", "--utc", "--exit-code");
        assertThat(ran.code()).isEqualTo(4);
        assertThat(ran.out())
                .contains(
                        "db1 / Upgrade / Migrate",
                        "allowed 1h",
                        "started    2026-11-20 10:00:01Z",
                        "ansible db1 -i INVENTORY -m ansible.builtin.async_status -a jid=j1.1");
    }

    @Test
    void lists_showTheirTables() {
        assertThat(run("jobs", "ls", "--play", "Restart", "--limit", "3", "--total"))
                .extracting(ran -> ran.lines().size(), Ran::err)
                .containsExactly(4, "3 of 1500 jobs" + System.lineSeparator());
        assertThat(run("jobs", "ls", "--play", "Restart", "--all", "-o", "wide").lines().stream()
                        .filter(line -> !line.startsWith("STATUS")))
                .hasSize(MANY);
        assertThat(run("jobs", "history", "db1", "Upgrade", "Migrate").lines()).hasSize(2);
        assertThat(run("jobs", "show", "日本", "Upgrade", "Migrate").out())
                .contains("message          no room, \"left\"", "rc               3");
        assertThat(run("runs", "ls", "--run-name", "release-42").lines()).hasSize(2);
        assertThat(run("runs", "show", Wire.run(1).toString()).out())
                .contains("went             ", "run_name         release-42")
                .doesNotContain("{");
        assertThat(run("runs", "ls", "-o", "wide").out()).contains("JOBS", " on ");
        assertThat(run("runs", "diff", Wire.run(1).toString(), Wire.run(1).toString())
                        .out())
                .contains("before           ", "failed again", "after            ");
        assertThat(run("runs", "diff", Wire.run(1).toString(), Wire.run(99).toString())
                        .code())
                .isEqualTo(3);
        assertThat(run("runs", "jobs", Wire.run(1).toString()).lines()).hasSize(3);
        assertThat(run("hosts", "ls").lines())
                .hasSizeGreaterThanOrEqualTo(10)
                .first()
                .asString()
                .startsWith("HOST ");
        assertThat(run("hosts", "show", "db1").lines())
                .contains("host             db1")
                .anyMatch(line -> line.startsWith("PLAY "));
        assertThat(run("plays", "ls").lines()).anyMatch(line -> line.matches("Upgrade +site.yml +1 .*"));
        assertThat(run("events", Wire.run(1).toString()).lines()).hasSize(5);
        assertThat(run("events", Wire.run(9).toString()).code()).isEqualTo(3);
        assertThat(run("stats", "--play", "Upgrade").out())
                .contains("jobs             2", "failed           1", "2026-11-20");
    }

    @Test
    void rowsForPrograms_comeFromTheIngester() throws Exception {
        List<String> words = Shell.program("jobs", "ls", "--status", "failed", "-o", "csv", "--url", url);
        ProcessBuilder ascii = Shell.process(words);
        ascii.environment().put("LC_ALL", "C");
        assertThat(Shell.output(ascii).lines().toList())
                .as("UTF-8 whatever the locale")
                .hasSize(2)
                .last()
                .asString()
                .contains("日本", "\"no room, \"\"left\"\"\"");
        Path file = directory.resolve("all.ndjson");
        assertThat(run("export", "jobs", "--play", "Restart", "--to", file.toString())
                        .out())
                .startsWith("1500 rows in ");
        assertThat(Files.readAllLines(file)).hasSize(MANY).allMatch(line -> line.startsWith("{"));
        assertThat(Shell.output(Shell.process(
                                Shell.program("export", "events", Wire.run(1).toString(), "--url", url)))
                        .lines())
                .hasSize(4);
        assertThat(run(
                                "export",
                                "runs",
                                "--run-name",
                                "release-42",
                                "--format",
                                "csv",
                                "--to",
                                directory.resolve("runs.csv").toString())
                        .out())
                .startsWith("1 row in ");
    }

    @Test
    void watch_seesAJobStartAndEnd() throws Exception {
        Process watch = Shell.process(Shell.program("jobs", "watch", "--host", "live", "--url", url))
                .redirectErrorStream(true)
                .start();
        try {
            BlockingQueue<String> lines = new LinkedBlockingQueue<>();
            BufferedReader out =
                    new BufferedReader(new InputStreamReader(watch.getInputStream(), StandardCharsets.UTF_8));
            CompletableFuture.runAsync(() -> out.lines().forEach(lines::add));
            // Either the list or the stream tells it: which of them does not matter.
            post(List.of(Wire.started(Wire.run(3), 1, 5, "live", "p", "j", "l1")));
            assertThat(lines.poll(60, TimeUnit.SECONDS)).endsWith("running    live / p / j");
            post(List.of(Wire.json(
                    "job_ended",
                    Wire.run(3),
                    2,
                    6,
                    "host",
                    "live",
                    "ansible_job_id",
                    "l1",
                    "status",
                    "succeeded",
                    "rc",
                    0)));
            assertThat(lines.poll(60, TimeUnit.SECONDS)).endsWith("succeeded  live / p / j");
        } finally {
            watch.destroyForcibly();
        }
    }
}
