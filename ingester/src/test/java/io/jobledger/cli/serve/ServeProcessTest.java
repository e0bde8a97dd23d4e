package io.jobledger.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobledger.Wire;
import io.jobledger.cli.Main;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program as a process: it starts, refuses what it must in one line, and stops when told. */
class ServeProcessTest {
    @TempDir
    Path directory;

    private final List<Process> started = new ArrayList<>();

    private Process start(String... arguments) throws IOException {
        return start("C.UTF-8", arguments);
    }

    private Process start(String locale, String[] arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.startsWith("JOBLEDGER_"));
        builder.environment().put("XDG_CONFIG_HOME", directory.resolve("config").toString());
        builder.environment().put("LC_ALL", locale);
        Process process = builder.redirectError(
                        directory.resolve("err" + started.size()).toFile())
                .start();
        started.add(process);
        return process;
    }

    @AfterEach
    void killAll() {
        started.forEach(Process::destroyForcibly);
    }

    private static String line(Process process) throws IOException {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)).readLine();
    }

    private static String url(String greeting) {
        return greeting.replaceFirst(".* listens on (\\S+) .*", "$1");
    }

    /** Runs a command that is to end by itself; returns what it wrote to standard error. */
    private String fails(int code, String... arguments) throws Exception {
        Path error = directory.resolve("err" + started.size());
        Process process = start(arguments);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        String text = Files.readString(error);
        assertThat(process.exitValue()).as(text).isEqualTo(code);
        assertThat(text).doesNotContain("Exception").doesNotContain("\tat ");
        return text;
    }

    @Test
    void serve_startsAnswersAndStops_andASecondOneIsRefusedInOneLine() throws Exception {
        String data = directory.resolve("data").toString();
        Process first = start("serve", "--port", "0", "--data-dir", data);
        String greeting = line(first);
        assertThat(greeting)
                .contains(
                        "jobledger",
                        "listens on http://127.0.0.1:",
                        "ledger " + data + "/ledger",
                        "mirror file://" + data + "/mirror");
        HttpClient client = HttpClient.newHttpClient();
        String body = "[" + Wire.started(Wire.run(1), 1, 1, "h", "p", "j", "id") + "]";
        HttpResponse<String> stored = client.send(
                HttpRequest.newBuilder(URI.create(url(greeting) + "/api/v1/events"))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(stored.body())
                .matches("\\{\"received\":1,\"stored\":1,\"duplicates\":0,\"head\":\"1-1-[0-9a-f]{64}\"}");

        String sameLedger = fails(1, "serve", "--port", "0", "--data-dir", data);
        assertThat(sameLedger.lines())
                .singleElement()
                .asString()
                .startsWith("jobledger: ")
                .contains(data + "/ledger", "in use by another process", "--data-dir");
        String port = Integer.toString(URI.create(url(greeting)).getPort());
        String samePort = fails(
                1,
                "serve",
                "--port",
                port,
                "--data-dir",
                directory.resolve("other").toString());
        assertThat(samePort.lines())
                .singleElement()
                .asString()
                .startsWith("jobledger: ")
                .contains("port " + port, "in use", "--port");

        long before = System.nanoTime();
        first.destroy();
        assertThat(first.waitFor(20, TimeUnit.SECONDS)).as("SIGTERM stops it").isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(15));
        assertThat(first.exitValue()).isEqualTo(143);

        Process again = start("serve", "--port", "0", "--data-dir", data);
        HttpResponse<String> job = client.send(
                HttpRequest.newBuilder(URI.create(url(line(again)) + "/api/v1/jobs/h/p/j"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(job.statusCode()).isEqualTo(200);
    }

    @Test
    void localeThatCannotSpellAName_delaysOnlyTheMirror_andSaysWhatToDo() throws Exception {
        String url = url(line(start("C", new String[] {
            "serve", "--port", "0", "--data-dir", directory.resolve("data").toString()
        })));
        HttpClient client = HttpClient.newHttpClient();
        URI job = URI.create(url + "/api/v1/jobs/h/p/%E6%97%A5%E6%9C%AC");
        assertThat(client.send(
                                HttpRequest.newBuilder(job)
                                        .header("content-type", "application/json")
                                        .PUT(HttpRequest.BodyPublishers.ofString("{\"ansible_job_id\":\"a\"}"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
        assertThat(client.send(HttpRequest.newBuilder(job).build(), HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(client.send(
                                        HttpRequest.newBuilder(URI.create(url + "/api/v1/mirrors"))
                                                .build(),
                                        HttpResponse.BodyHandlers.ofString())
                                .body())
                        .contains("\"blocked\":1")
                        .contains("LC_ALL=C.UTF-8"));
    }

    @Test
    void badSettings_areOneLine_andBadFlagsShowTheUsage() throws Exception {
        assertThat(fails(2, "serve", "--port", "x").lines())
                .singleElement()
                .asString()
                .contains("--port must be a whole number");
        assertThat(fails(1, "serve", "--mirror", "ftp://bucket", "--data-dir", directory.toString())
                        .lines())
                .singleElement()
                .asString()
                .contains("ftp://bucket");
        assertThat(fails(2, "serve", "--prot", "1")).contains("Unknown option", "--prot");
    }

    @Test
    void tokens_areMadeListedAndRevoked_withoutAServerAndWhileItRuns() throws Exception {
        String data = directory.resolve("data").toString();
        String first = line(start("token", "create", "--scope", "read", "--name", "before", "--data-dir", data));
        assertThat(first).matches("jl_[0-9a-f]{64}");
        String url = url(line(start("serve", "--port", "0", "--data-dir", data)));
        String second = line(start(
                "token",
                "create",
                "--scope",
                "ingest,read",
                "--expires",
                "90d",
                "--name",
                "while",
                "--data-dir",
                data));
        HttpClient client = HttpClient.newHttpClient();
        for (String token : List.of(first, second)) {
            await().atMost(Duration.ofSeconds(30)).until(() -> status(client, url, token) == 200);
        }
        Process revoke = start("token", "revoke", "while", "--data-dir", data);
        assertThat(revoke.waitFor(60, TimeUnit.SECONDS)).isTrue();
        await().atMost(Duration.ofSeconds(30)).until(() -> status(client, url, second) == 401);
        Process list = start("token", "ls", "-o", "json", "--data-dir", data);
        String listed = new String(list.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(listed)
                .contains("\"before\"", "\"while\"", "\"revoked\"", "\"valid\"")
                .doesNotContain(first, second);
        assertThat(Files.readAllLines(Path.of(data, "audit.jsonl")))
                .hasSize(3)
                .allMatch(line -> line.contains("\"act\":\"token.") && !line.contains("jl_"));
        assertThat(fails(2, "token", "revoke", second, "--data-dir", data)).contains("by its id or name");
        assertThat(fails(2, "token", "create", "--scope", "root", "--data-dir", data))
                .contains("ingest, read, act, admin");
        assertThat(fails(2, "token", "create", "--scope", "read", "--expires", "soon", "--data-dir", data))
                .contains("--expires", "90d");
        assertThat(fails(
                                1,
                                "serve",
                                "--listen",
                                "0.0.0.0",
                                "--port",
                                "0",
                                "--data-dir",
                                directory.resolve("other").toString())
                        .lines())
                .singleElement()
                .asString()
                .contains("--allow-anonymous-network");
    }

    private static int status(HttpClient client, String url, String token) throws IOException, InterruptedException {
        return client.send(
                        HttpRequest.newBuilder(URI.create(url + "/api/v1/runs"))
                                .header("authorization", "Bearer " + token)
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }
}
