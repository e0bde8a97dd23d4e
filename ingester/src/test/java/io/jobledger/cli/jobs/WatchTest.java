package io.jobledger.cli.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import io.jobledger.cli.FakeIngester;
import io.jobledger.cli.Shell;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code jobs watch}: by the stream, over a break, without a stream, and its end. */
class WatchTest {
    private static final String JOB =
            "{\"host\":\"%s\",\"play\":\"p\",\"job_name\":\"j\",\"status\":\"%s\",\"overdue\":false,\"ansible_job_id\":\"j1\",\"run_id\":\"r\",\"execution_host\":\"%1$s\","
                    + "\"started_at\":\"2020-01-01T10:00:00.000000Z\",\"deadline\":%s}";
    private static final long PATIENCE = 60;

    private final BlockingQueue<String> streamed = new LinkedBlockingQueue<>();
    private FakeIngester ingester;
    private Process watch;
    private BlockingQueue<String> lines;

    private static String job(String host, String status) {
        return String.format(JOB, host, status, "null");
    }

    @BeforeEach
    void start() throws IOException {
        ingester = new FakeIngester();
    }

    @AfterEach
    void stop() {
        if (watch != null) {
            watch.destroyForcibly();
        }
        ingester.close();
    }

    private void watch(String... more) throws IOException {
        List<String> words = Shell.program("jobs", "watch", "--url", ingester.url());
        words.addAll(List.of(more));
        watch = Shell.process(words)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        lines = new LinkedBlockingQueue<>();
        BufferedReader out = new BufferedReader(new InputStreamReader(watch.getInputStream(), StandardCharsets.UTF_8));
        CompletableFuture.runAsync(() -> out.lines().forEach(lines::add));
    }

    private void open(String... jobs) {
        ingester.json("GET /api/v1/jobs", "{\"jobs\":[" + String.join(",", jobs) + "],\"next\":null}");
    }

    /** Sends what the test puts into the queue; an empty text ends the stream. */
    private void stream(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(": hello\n\n".getBytes(StandardCharsets.UTF_8));
            out.flush();
            for (String text = streamed.take(); !text.isEmpty(); text = streamed.take()) {
                out.write(text.getBytes(StandardCharsets.UTF_8));
                out.flush();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void send(int id, String job) {
        streamed.add("id: " + id + "\nevent: job\ndata: " + job + "\n\n");
    }

    private String line() throws InterruptedException {
        String line = lines.poll(PATIENCE, TimeUnit.SECONDS);
        assertThat(line).as("a line within a minute").isNotNull();
        return line.replaceFirst("^\\S+ \\S+  ", "");
    }

    @Test
    void piped_aLineForEachChange_overABreak_andSigtermEndsIt() throws Exception {
        open(job("a", "running"));
        ingester.on("GET /api/v1/stream", this::stream);
        watch("--play", "p");
        assertThat(line()).isEqualTo("running    a / p / j");
        send(7, job("b", "running"));
        assertThat(line()).isEqualTo("running    b / p / j");
        send(8, job("b", "running"));
        send(9, job("a", "failed"));
        assertThat(line()).as("what says nothing new is not shown").isEqualTo("failed     a / p / j");
        streamed.add("id: 10\nevent: job\ndata: {\"cut\":");
        streamed.add("");
        send(11, job("b", "succeeded"));
        assertThat(line()).isEqualTo("succeeded  b / p / j");
        assertThat(ingester.asked.stream().filter(one -> one.contains("/stream")))
                .hasSize(2)
                .allMatch(one -> one.equals("GET /api/v1/stream?play=p"));
        assertThat(ingester.headers("Last-Event-ID")).contains("9");
        watch.destroy();
        assertThat(watch.waitFor(PATIENCE, TimeUnit.SECONDS)).isTrue();
        assertThat(watch.exitValue()).isEqualTo(143);
    }

    @Test
    void withoutAStream_itAsksAgain_andFindsOutHowAJobEnded() throws Exception {
        open(job("a", "running"), String.format(JOB, "late", "running", "\"2020-01-01T11:00:00.000000Z\""));
        watch("-o", "json");
        assertThat(line()).contains("\"host\":\"a\"", "\"status\":\"running\"");
        assertThat(line()).as("no event says so, the clock does").contains("\"host\":\"late\"", "\"overdue\":true");
        ingester.on(
                "GET /api/v1/jobs",
                exchange -> FakeIngester.text(
                        exchange,
                        200,
                        "application/json",
                        exchange.getRequestURI().getQuery().contains("host=a")
                                ? "{\"jobs\":[" + job("a", "lost") + "],\"next\":null}"
                                : "{\"jobs\":[],\"next\":null}"));
        assertThat(line()).contains("\"host\":\"a\"", "\"status\":\"lost\"");
    }

    @Test
    void noIngester_isSaidAtOnce() throws Exception {
        ingester.close();
        watch();
        assertThat(watch.waitFor(PATIENCE, TimeUnit.SECONDS)).isTrue();
        assertThat(watch.exitValue()).isEqualTo(1);
    }
}
