package io.jobledger.cli;

import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.Wire;
import io.jobledger.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A machine is lost, and its ledger goes on elsewhere: by the commands of docs/how-to/operate.md as they stand there,
 * read by a shell. A machine is a data directory.
 */
class LogCopyProcessTest {
    private static final String SECTION = "## A backup that never stops";

    @TempDir
    Path home;

    private final HttpClient client = HttpClient.newHttpClient();
    private final List<Process> processes = new ArrayList<>();
    private String token;

    @BeforeEach
    void program() throws IOException {
        Path program = Files.createDirectories(home.resolve("bin")).resolve("jobledger");
        StringBuilder words = new StringBuilder("#!/bin/sh\nexec");
        Shell.program().forEach(word -> words.append(" '").append(word).append('\''));
        Files.writeString(program, words + " \"$@\"\n");
        assertThat(program.toFile().setExecutable(true)).isTrue();
    }

    @AfterEach
    void killAll() {
        processes.forEach(Process::destroyForcibly);
    }

    private static List<String> commands() throws IOException {
        String page = Files.readString(Wire.checkout().resolve("docs/how-to/operate.md"));
        String section = page.substring(page.indexOf(SECTION) + SECTION.length());
        return section.substring(0, section.indexOf("\n## "))
                .lines()
                .filter(line -> line.startsWith("jobledger "))
                .toList();
    }

    private Process start(String machine, String url, String line) throws IOException {
        ProcessBuilder builder = Shell.process(List.of("sh", "-c", "exec " + line));
        builder.environment().put("HOME", home.toString());
        builder.environment().put("PATH", home.resolve("bin") + ":" + System.getenv("PATH"));
        builder.environment().put("XDG_DATA_HOME", home.resolve(machine).toString());
        builder.environment().put("XDG_CONFIG_HOME", home.resolve("none").toString());
        builder.environment().put("JOBLEDGER_PORT", "0");
        if (url != null) {
            builder.environment().put("JOBLEDGER_URL", url);
            builder.environment().put("JOBLEDGER_TOKEN", token);
        }
        Process process = builder.redirectError(
                        home.resolve("err" + processes.size()).toFile())
                .start();
        processes.add(process);
        return process;
    }

    private String output(String machine, String url, String line) throws Exception {
        Path error = home.resolve("err" + processes.size());
        Process process = start(machine, url, line);
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(text + Files.readString(error)).isZero();
        return text;
    }

    private static String url(Process served) throws IOException {
        String greeting =
                new BufferedReader(new InputStreamReader(served.getInputStream(), StandardCharsets.UTF_8)).readLine();
        assertThat(greeting).isNotNull();
        return greeting.replaceFirst(".* listens on (\\S+) .*", "$1");
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(
                request.header("authorization", "Bearer " + token).build(), HttpResponse.BodyHandlers.ofString());
    }

    private JsonNode mirror(String url) throws IOException, InterruptedException {
        String body = send(HttpRequest.newBuilder(URI.create(url + "/api/v1/mirrors")))
                .body();
        return Json.OWN.readTree(body).at("/mirrors/0");
    }

    @Test
    void killedAndLost_theLedgerGoesOnElsewhere_byTheCommandsOfThePage() throws Exception {
        List<String> commands = commands();
        assertThat(commands).hasSize(4);
        token = output("one", null, "jobledger token create --scope admin --name ops")
                .strip();
        Process first = start("one", null, commands.get(0));
        String url = url(first);
        for (int i = 1; i <= 40; i++) {
            HttpResponse<String> stored = send(HttpRequest.newBuilder(URI.create(url + "/api/v1/events"))
                    .header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(
                            "[" + started(run(1), i, i, "h", "p", "j" + i, "a" + i) + "]")));
            assertThat(stored.statusCode()).isEqualTo(200);
        }
        await().atMost(90, TimeUnit.SECONDS)
                .until(() -> mirror(url).path("log_copy_as_of").asText().equals("1-40"));
        assertThat(output("one", url, commands.get(1))).contains("whole", "1-40");
        first.destroyForcibly();
        assertThat(first.waitFor(20, TimeUnit.SECONDS)).isTrue();
        Files.move(home.resolve("one"), home.resolve("lost"));

        assertThat(output("two", null, commands.get(2)))
                .contains("the copy of the log in file://" + home, "40 entries", "epoch 2", "tokens.json was restored");
        String again = url(start("two", null, commands.get(3)));
        for (int i = 1; i <= 40; i++) {
            assertThat(send(HttpRequest.newBuilder(URI.create(again + "/api/v1/jobs/h/p/j" + i)))
                            .statusCode())
                    .isEqualTo(200);
        }
        assertThat(client.send(
                                HttpRequest.newBuilder(URI.create(again + "/api/v1/runs"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .as("the tokens of the lost machine count")
                .isEqualTo(401);
        await().atMost(90, TimeUnit.SECONDS)
                .until(() -> mirror(again).path("log_copy_as_of").asText().startsWith("2-"));
        assertThat(mirror(again).path("log_copy").asText()).isEqualTo("whole");
        JsonNode ready = Json.OWN.readTree(
                send(HttpRequest.newBuilder(URI.create(again + "/readyz"))).body());
        assertThat(ready.at("/log_copies/copies").asInt()).isEqualTo(1);
        assertThat(ready.at("/log_copies/blocked").asInt()).isZero();
        assertThat(send(HttpRequest.newBuilder(URI.create(again + "/mirrors"))).body())
                .contains("Copies of the log", "up to date");
        assertThat(send(HttpRequest.newBuilder(URI.create(again + "/metrics"))).body())
                .contains("jobledger_log_copy_lag_seconds{mirror=\"file://" + home + "/mirror\"} 0.0")
                .contains("jobledger_log_copy_puts_total{");
    }
}
