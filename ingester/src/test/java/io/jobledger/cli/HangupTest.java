package io.jobledger.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGHUP has the ingester read again what may change; SIGTERM ends it with a line. */
class HangupTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private static int save(ServedProcess served, String job) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(served.url + "/api/v1/jobs/h/p/" + job))
                .header("content-type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofString("{\"ansible_job_id\":\"a\"}"))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }

    @Test
    void hangup_reopensTheAccessLog_andReadsTheLimits_andTermEndsWithALine() throws Exception {
        Path log = directory.resolve("log");
        Path access = directory.resolve("access.log");
        Path moved = directory.resolve("access.log.1");
        Path settings = Files.writeString(directory.resolve("jobledger.properties"), "max-name = 4096\n");
        try (ServedProcess served = new ServedProcess(
                log,
                Map.of(),
                "--data-dir",
                directory.resolve("data").toString(),
                "--mirror",
                "none",
                "--access-log",
                access.toString(),
                "--config",
                settings.toString())) {
            String longName = "n".repeat(100);
            assertThat(save(served, longName)).isEqualTo(200);
            await().atMost(PATIENCE).until(() -> Files.readString(access).contains(longName));
            Files.move(access, moved);
            Files.writeString(settings, "max-name = 64\nkeep-failed = 90d\n");
            served.signal("HUP");
            await().atMost(PATIENCE).until(() -> Files.readString(log).contains("Read again"));
            assertThat(Files.readString(log)).as("what needs a start is said").contains("count from the next start");
            assertThat(save(served, longName)).as("the new limit").isEqualTo(400);
            await().atMost(PATIENCE)
                    .until(() ->
                            Files.exists(access) && Files.readString(access).contains("\"status\":400"));
            assertThat(Files.readString(moved)).contains("\"status\":200").doesNotContain("\"status\":400");

            Files.writeString(settings, "max-name = many\n");
            served.signal("HUP");
            await().atMost(PATIENCE)
                    .until(() -> Files.readString(log).contains("cannot be used; the limits stay as they are"));
            assertThat(save(served, longName)).isEqualTo(400);
            served.signal("TERM");
            await().atMost(PATIENCE).until(() -> !served.isAlive());
            assertThat(Files.readString(log).lines().filter(line -> line.contains("Stopping")))
                    .hasSize(1);
        }
    }
}
