package io.jobledger.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobledger.Wire;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program with a heap that is a fraction of what it is sent: it refuses, stores nothing by half, and lives. */
class OverloadTest {
    private static final int SENDERS = 100;
    private static final int EACH = 4_000_000;

    @TempDir
    Path directory;

    @Test
    void fourHundredMegabytesAtOnce_doNotFillAHeapOfSixtyFour() throws Exception {
        Path errors = directory.resolve("errors");
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:MaxDirectMemorySize=64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "serve",
                "--port",
                "0",
                "--data-dir",
                directory.resolve("data").toString(),
                "--mirror",
                "none",
                "--ledger-cache",
                "8MiB");
        builder.environment().keySet().removeIf(name -> name.startsWith("JOBLEDGER_"));
        builder.environment().put("XDG_CONFIG_HOME", directory.toString());
        Process process = builder.redirectError(errors.toFile()).start();
        List<Socket> sockets = new ArrayList<>();
        try {
            String greeting = new BufferedReader(
                            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))
                    .readLine();
            URI url = URI.create(greeting.replaceFirst(".* listens on (\\S+) .*", "$1"));
            // Brackets: what costs most once it is read as JSON, and never ends, so that it is held.
            byte[] bomb = new byte[EACH];
            for (int i = 0; i < EACH; i++) {
                bomb[i] = (byte) "[],".charAt(i % 3);
            }
            for (int i = 0; i < SENDERS; i++) {
                Socket socket = new Socket("127.0.0.1", url.getPort());
                sockets.add(socket);
                pour(socket, bomb, i % 2 == 0);
            }
            HttpClient client = HttpClient.newHttpClient();
            HttpResponse<String> healthy = client.send(
                    HttpRequest.newBuilder(url.resolve("/healthz")).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(healthy.statusCode()).isEqualTo(200);
            for (Socket socket : sockets) {
                socket.close();
            }
            HttpRequest event = HttpRequest.newBuilder(url.resolve("/api/v1/events"))
                    .header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(
                            "[" + Wire.started(Wire.run(1), 1, 1, "h", "p", "j", "id") + "]"))
                    .build();
            await().atMost(Duration.ofSeconds(90))
                    .until(() -> client.send(event, HttpResponse.BodyHandlers.ofString())
                                    .statusCode()
                            == 200);
            assertThat(process.isAlive()).isTrue();
            assertThat(Files.readString(errors)).doesNotContain("OutOfMemory");
        } finally {
            process.destroy();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** Sends all it can. Every other sender finishes its body, so that it is parsed as well. */
    private static void pour(Socket socket, byte[] body, boolean whole) {
        try {
            socket.setSoTimeout(60_000);
            byte[] head = ("POST /api/v1/events HTTP/1.1\r\n"
                            + "Host: localhost\r\n"
                            + "Content-Type: application/json\r\n"
                            + "Transfer-Encoding: chunked\r\n\r\n"
                            + Integer.toHexString(body.length + 1) + "\r\n[")
                    .getBytes(StandardCharsets.US_ASCII);
            socket.getOutputStream().write(head);
            socket.getOutputStream().write(body);
            if (whole) {
                byte[] tail = "\r\n2\r\n1]\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
                socket.getOutputStream().write(tail);
                byte[] answer = socket.getInputStream().readNBytes(12);
                assertThat(new String(answer, StandardCharsets.US_ASCII))
                        .as(Arrays.toString(answer))
                        .isIn("HTTP/1.1 413", "HTTP/1.1 503");
            }
        } catch (IOException e) {
            // Cut: as good a refusal as any.
        }
    }
}
