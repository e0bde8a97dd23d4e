package io.jobledger.cli;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** An ingester as a process of its own, on a free port. */
final class ServedProcess implements AutoCloseable {
    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(20))
            .build();

    final String greeting;
    final String url;
    private final Process process;

    /** Starts it and waits until it listens. */
    ServedProcess(Path log, Map<String, String> environment, String... arguments) throws IOException {
        ProcessBuilder builder = builder(environment);
        builder.command().addAll(List.of("serve", "--port", "0"));
        builder.command().addAll(List.of(arguments));
        process = builder.redirectError(log.toFile()).start();
        greeting =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)).readLine();
        assertThat(greeting)
                .as("it started; its log says: " + Files.readString(log))
                .isNotNull();
        url = greeting.replaceFirst(".* listens on (\\S+) .*", "$1");
    }

    private static ProcessBuilder builder(Map<String, String> environment) {
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName())));
        builder.environment().keySet().removeIf(name -> name.startsWith("JOBLEDGER_") || name.startsWith("PG"));
        builder.environment().put("LC_ALL", "C.UTF-8");
        builder.environment().put("XDG_CONFIG_HOME", "/nowhere");
        builder.environment().putAll(environment);
        return builder;
    }

    /** Runs a command to its end; returns what it wrote, both streams together. */
    static String run(int code, Map<String, String> environment, String... arguments) throws Exception {
        ProcessBuilder builder = builder(environment);
        builder.command().addAll(List.of(arguments));
        Process process = builder.redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(text).isEqualTo(code);
        return text;
    }

    /** Sends events; null when nothing came back. */
    HttpResponse<String> post(String events) throws InterruptedException {
        return send(HttpRequest.newBuilder(URI.create(url + "/api/v1/events"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(events)));
    }

    HttpResponse<String> get(String path) throws InterruptedException {
        return send(HttpRequest.newBuilder(URI.create(url + path)));
    }

    /** The same with a token. */
    HttpResponse<String> get(String path, String token) throws InterruptedException {
        return send(HttpRequest.newBuilder(URI.create(url + path)).header("authorization", "Bearer " + token));
    }

    /** Posts nothing, with a token. */
    HttpResponse<String> postTo(String path, String token) throws InterruptedException {
        return send(HttpRequest.newBuilder(URI.create(url + path))
                .header("authorization", "Bearer " + token)
                .POST(HttpRequest.BodyPublishers.noBody()));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws InterruptedException {
        try {
            return CLIENT.send(request.timeout(Duration.ofSeconds(60)).build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            return null;
        }
    }

    /** Sends a signal, by its name. */
    void signal(String name) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** As a loss of power would. */
    void kill() {
        process.toHandle().destroyForcibly();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            process.waitFor(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }
}
