package io.jobledger.http;

import static io.jobledger.Wire.events;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.saved;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobledger.config.Setting;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients that send a byte now and then, that do not read, or that are too many: cut, and never more than a bounded
 * burden.
 */
class SlowClientsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String POST = "POST /api/v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

    @TempDir
    Path directory;

    /**
     * Sends a byte every tenth of a second for as long as the server takes them; returns whether it closed before the
     * patience ended.
     */
    private static boolean isCutWhileItDrips(Socket socket) throws IOException {
        socket.setSoTimeout(100);
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            try {
                socket.getOutputStream().write('a');
                if (socket.getInputStream().read() < 0) {
                    return true;
                }
            } catch (SocketTimeoutException e) {
                // The server still waits, as it should for a while.
            } catch (IOException e) {
                return true;
            }
        }
        return false;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "GET /healthz HTTP/1.1\r\nX-Long: ",
                POST + "Content-Length: 1000000\r\n\r\n[",
                POST + "Transfer-Encoding: chunked\r\n\r\nfffff\r\n["
            })
    void clientThatDrips_isCut_thoughSomethingAlwaysMoves(String beginning) throws IOException {
        // The idle limit alone would never be reached.
        try (RunningService service = new RunningService(
                        directory,
                        List.of(),
                        Map.of(Setting.HEAD_TIMEOUT, "1s", Setting.BODY_TIMEOUT, "1s", Setting.IDLE_TIMEOUT, "10m"));
                Socket socket = new Socket("127.0.0.1", service.port())) {
            socket.getOutputStream().write(beginning.getBytes(StandardCharsets.US_ASCII));
            assertThat(isCutWhileItDrips(socket)).isTrue();
            assertThat(service.get("/healthz").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void clientThatDripsItsSecondRequest_isCutToo() throws IOException {
        try (RunningService service = new RunningService(
                        directory, List.of(), Map.of(Setting.HEAD_TIMEOUT, "1s", Setting.IDLE_TIMEOUT, "1s"));
                Socket socket = new Socket("127.0.0.1", service.port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            byte[] status = socket.getInputStream().readNBytes(12);
            assertThat(new String(status, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 200");
            // The rest of the first answer is read while the second request drips.
            socket.getInputStream().skipNBytes(socket.getInputStream().available());
            assertThat(isCutWhileItDrips(socket)).isTrue();
        }
    }

    @Test
    void clientThatDoesNotRead_isCut() throws Exception {
        try (RunningService service = new RunningService(
                directory,
                List.of(),
                Map.of(Setting.SEND_TIMEOUT, "1s", Setting.IDLE_TIMEOUT, "10m", Setting.MAX_BUFFERED, "64MiB"))) {
            String text = "x".repeat(20_000);
            for (int i = 0; i < 1000; i++) {
                service.ledger
                        .sink()
                        .append(events(saved(run(i), i, "h" + i, "p", "j", "id" + i, "metadata", Map.of("text", text))))
                        .get(60, TimeUnit.SECONDS);
            }
            try (Socket socket = new Socket()) {
                // Before it connects: what both systems would buffer for it must not hold the whole answer.
                socket.setReceiveBufferSize(8192);
                socket.connect(new InetSocketAddress("127.0.0.1", service.port()));
                socket.setSoTimeout(60_000);
                socket.getOutputStream()
                        .write("GET /api/v1/jobs?limit=1000 HTTP/1.1\r\nHost: x\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
                assertThat(socket.getInputStream().read()).isEqualTo('H');
                await().atMost(PATIENCE)
                        .until(() -> service.service.connections().open() == 0);
                long read = 1;
                try {
                    for (byte[] piece = new byte[65536]; ; ) {
                        int count = socket.getInputStream().read(piece);
                        if (count < 0) {
                            break;
                        }
                        read += count;
                    }
                } catch (IOException reset) {
                    // As good an end as any.
                }
                assertThat(read).isLessThan(20_000_000L);
            }
        }
    }

    @Test
    void bodiesOfAllTogether_areBounded_theRestIsToldToComeBack_andItIsFreedAgain() throws Exception {
        int most = 2 << 20;
        try (RunningService service = new RunningService(
                directory, List.of(), Map.of(Setting.MAX_BODY, "1MiB", Setting.MAX_BUFFERED, "2MiB"))) {
            List<Socket> sockets = new ArrayList<>();
            byte[] part = new byte[900_000];
            Arrays.fill(part, (byte) ' ');
            int told = 0;
            for (int i = 0; i < 12; i++) {
                Socket socket = new Socket("127.0.0.1", service.port());
                sockets.add(socket);
                socket.setSoTimeout(20_000);
                // Chunked: what it will send cannot be known before it comes.
                socket.getOutputStream()
                        .write((POST + "Transfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(part.length) + "\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                socket.getOutputStream().write(part);
                if (i >= 2) {
                    // Two fit; every other one hears so at once, though it has not finished.
                    byte[] status = socket.getInputStream().readNBytes(12);
                    assertThat(new String(status, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 503");
                    told++;
                } else {
                    int expected = (i + 1) * part.length;
                    await().atMost(PATIENCE).until(() -> service.service.load().bodies() == expected);
                }
                assertThat(service.service.load().bodies()).isLessThanOrEqualTo(most + 65536L);
            }
            assertThat(told).isEqualTo(10);
            HttpResponse<String> announced = service.post(" ".repeat(500_000));
            assertThat(announced.statusCode()).isEqualTo(503);
            assertThat(announced.headers().firstValue("retry-after")).isPresent();
            assertThat(announced.body()).contains("max-buffered");
            for (Socket socket : sockets) {
                socket.close();
            }
            await().atMost(PATIENCE).until(() -> service.service.load().bodies() == 0);
            await().atMost(PATIENCE)
                    .until(() -> service.post("[" + json("run_alive", run(1), 1, 1) + "]")
                                    .statusCode()
                            == 200);
            assertThat(service.service.load().bodies()).isZero();
        }
    }

    @Test
    void tooManyConnections_areClosed_inAllAndFromOneAddress_andPlacesAreFreed() throws Exception {
        for (Setting limit : List.of(Setting.MAX_CONNECTIONS, Setting.MAX_CONNECTIONS_PER_ADDRESS)) {
            try (RunningService service =
                    new RunningService(directory.resolve(limit.key()), List.of(), Map.of(limit, "2"))) {
                Socket first = new Socket("127.0.0.1", service.port());
                Socket second = new Socket("127.0.0.1", service.port());
                await().atMost(PATIENCE)
                        .until(() -> service.service.connections().open() == 2);
                try (Socket third = new Socket("127.0.0.1", service.port())) {
                    third.setSoTimeout(20_000);
                    assertThat(RunningService.readAll(third)).isEmpty();
                }
                first.close();
                second.close();
                await().atMost(PATIENCE)
                        .until(() -> service.service.connections().open() == 0);
                assertThat(service.get("/healthz").statusCode()).isEqualTo(200);
            }
        }
    }

    @Test
    void refusedBodies_giveTheirPlacesBack() throws Exception {
        try (RunningService service = new RunningService(
                directory, List.of(), Map.of(Setting.MAX_CONNECTIONS, "5", Setting.MAX_BODY, "1KiB"))) {
            for (int i = 0; i < 20; i++) {
                try (Socket socket = new Socket("127.0.0.1", service.port())) {
                    socket.setSoTimeout(20_000);
                    socket.getOutputStream()
                            .write((POST + "Content-Length: 5000\r\n\r\n[").getBytes(StandardCharsets.US_ASCII));
                    assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                            .isEqualTo("HTTP/1.1 413");
                }
                await().atMost(PATIENCE)
                        .until(() -> service.service.connections().open() == 0);
            }
            assertThat(service.service.load().requests()).isZero();
        }
    }

    @Test
    void tooManyRequests_areToldToComeBack() throws Exception {
        try (RunningService service = new RunningService(directory, List.of(), Map.of(Setting.MAX_REQUESTS, "1"))) {
            Socket socket = new Socket("127.0.0.1", service.port());
            socket.getOutputStream().write((POST + "Content-Length: 10\r\n\r\n[").getBytes(StandardCharsets.US_ASCII));
            await().atMost(PATIENCE).until(() -> service.service.load().requests() == 1);
            HttpResponse<String> second = service.post("[]");
            assertThat(second.statusCode()).isEqualTo(503);
            assertThat(service.get("/healthz").statusCode()).as("it lives").isEqualTo(200);
            assertThat(service.get("/api/v1/runs").statusCode())
                    .as("other kinds have places of their own")
                    .isEqualTo(200);
            assertThat(second.body()).contains("max-requests");
            socket.close();
            await().atMost(PATIENCE).until(() -> service.post("[]").statusCode() == 200);
        }
    }

    @Test
    void lineAndHeaders_haveTheLimitsThatAreSet() {
        try (RunningService service = new RunningService(
                directory, List.of(), Map.of(Setting.MAX_REQUEST_LINE, "1KiB", Setting.MAX_HEADERS, "1KiB"))) {
            assertThat(service.rawGet("/" + "a".repeat(1100))).contains(" 414 ").contains("max-request-line");
            assertThat(service.raw("GET / HTTP/1.1\r\nHost: x\r\nA: " + "a".repeat(1100) + "\r\n\r\n"))
                    .contains(" 431 ")
                    .contains("max-headers");
        }
    }

    @Test
    void namesMetadataAndDepth_haveTheLimitsThatAreSet() {
        try (RunningService service = new RunningService(
                directory,
                List.of(),
                Map.of(
                        Setting.MAX_NAME,
                        "64",
                        Setting.MAX_METADATA,
                        "50",
                        Setting.MAX_DEPTH,
                        "4",
                        Setting.MAX_EVENT_CHARS,
                        "1000"))) {
            assertThat(service.put("/api/v1/jobs/h/p/" + "j".repeat(65), "{\"ansible_job_id\":\"a\"}")
                            .body())
                    .contains("job_name")
                    .contains("max-name");
            assertThat(service.put(
                                    "/api/v1/jobs/h/p/j",
                                    "{\"ansible_job_id\":\"a\",\"metadata\":{\"a\":\"" + "b".repeat(50) + "\"}}")
                            .body())
                    .contains("max-metadata");
            assertThat(service.put("/api/v1/jobs/h/p/j", "{\"ansible_job_id\":\"a\",\"metadata\":{\"a\":[[[1]]]}}")
                            .body())
                    .contains("max-depth");
            assertThat(service.post("[" + json("run_alive", run(1), 1, 1, "text", "b".repeat(1000)) + "]")
                            .body())
                    .contains("1000 characters");
            assertThat(service.post("[" + json("run_alive", run(1), 1, 1, "deep", List.of(List.of(List.of(List.of()))))
                                    + "]")
                            .body())
                    .contains("max-depth");
            assertThat(service.put("/api/v1/jobs/h/p/" + "j".repeat(64), "{\"ansible_job_id\":\"a\"}")
                            .statusCode())
                    .isEqualTo(200);
        }
    }
}
