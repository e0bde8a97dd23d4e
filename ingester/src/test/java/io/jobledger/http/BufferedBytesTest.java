package io.jobledger.http;

import static io.jobledger.Wire.events;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.saved;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobledger.config.Setting;
import io.jobledger.http.guard.Load;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
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

/**
 * Every byte that is counted is given back, whichever way its request ends; and whoever reads nothing takes nobody's
 * place who stores or looks up.
 */
class BufferedBytesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int MIB = 1 << 20;
    private static final String POST = "POST /api/v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    private static final String CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n";

    @TempDir
    Path directory;

    private static byte[] blanks(int count) {
        byte[] blanks = new byte[count];
        Arrays.fill(blanks, (byte) ' ');
        return blanks;
    }

    /**
     * Sends a head and a body of blanks in chunks, {@code end} after it, and reads the status; the empty text when
     * there is no answer.
     */
    private static String pour(Socket socket, String head, int body, String end) throws IOException {
        socket.setSoTimeout(60_000);
        OutputStream out = socket.getOutputStream();
        try {
            out.write(head.getBytes(StandardCharsets.US_ASCII));
            for (int left = body; left > 0; left -= 50_000) {
                int size = Math.min(left, 50_000);
                out.write((Integer.toHexString(size) + "\r\n").getBytes(StandardCharsets.US_ASCII));
                out.write(blanks(size));
                out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
            }
            out.write(end.getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            // It is refused meanwhile; the answer is there all the same.
        }
        return status(socket);
    }

    private static String status(Socket socket) throws IOException {
        byte[] line = socket.getInputStream().readNBytes(12);
        return new String(line, StandardCharsets.US_ASCII).replace("HTTP/1.1 ", "");
    }

    private String once(RunningService service, String head, int body, String end) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", service.port())) {
            return pour(socket, head, body, end);
        }
    }

    private static void givenBack(RunningService service, String after) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(service.service.load().bodies()).as(after).isZero();
            assertThat(service.service.load().requests()).as(after).isZero();
        });
    }

    @Test
    void oversizedChunkedBodies_areRefusedEachTime_andLegalOnesGoOn() throws IOException {
        try (RunningService service = new RunningService(
                directory, List.of(), Map.of(Setting.MAX_BODY, "1MiB", Setting.MAX_BUFFERED, "1536KiB"))) {
            for (int round = 0; round < 4; round++) {
                assertThat(service.post(new String(blanks(1_000_000), StandardCharsets.US_ASCII))
                                .statusCode())
                        .as("legal, round " + round)
                        .isEqualTo(400);
                assertThat(once(service, CHUNKED, 8 * MIB, "0\r\n\r\n"))
                        .as("oversized, round " + round)
                        .isEqualTo("413");
            }
            assertThat(service.post(new String(blanks(1_000_000), StandardCharsets.US_ASCII))
                            .statusCode())
                    .isEqualTo(400);
            givenBack(service, "all of it");
        }
    }

    @Test
    void tooLarge_isNeverToldToComeBack() throws IOException {
        try (RunningService service = new RunningService(
                        directory, List.of(), Map.of(Setting.MAX_BODY, "1MiB", Setting.MAX_BUFFERED, "1MiB"));
                Socket holder = new Socket("127.0.0.1", service.port())) {
            holder.getOutputStream()
                    .write((POST + "Content-Length: 1000000\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            holder.getOutputStream().write(blanks(900_000));
            await().atMost(PATIENCE).until(() -> service.service.load().bodies() == 900_000);
            assertThat(service.post(" ".repeat(500_000)).statusCode())
                    .as("it would fit later")
                    .isEqualTo(503);
            assertThat(once(service, POST + "Content-Length: 2000000\r\n\r\n", 0, ""))
                    .as("it never would")
                    .isEqualTo("413");
            assertThat(once(service, POST + "Content-Length: 2000000\r\nExpect: 100-continue\r\n\r\n", 0, ""))
                    .isEqualTo("413");
        }
    }

    @Test
    void everyWayOut_givesBackWhatWasCounted() throws IOException {
        Map<Setting, String> settings = Map.of(
                Setting.MAX_BODY,
                "1MiB",
                Setting.MAX_BUFFERED,
                "2MiB",
                Setting.BODY_TIMEOUT,
                "2s",
                Setting.HEAD_TIMEOUT,
                "2s");
        try (RunningService service = new RunningService(directory, List.of(), settings)) {
            assertThat(once(service, CHUNKED, 900_000, "0\r\n\r\n"))
                    .as("whole, and no JSON")
                    .isEqualTo("400");
            givenBack(service, "a bad body");
            assertThat(once(service, CHUNKED, 900_000, "xyz\r\n"))
                    .as("a chunk that is none")
                    .isEqualTo("400");
            givenBack(service, "a broken chunk");
            try (Socket socket = new Socket("127.0.0.1", service.port())) {
                socket.getOutputStream()
                        .write((POST + "Content-Length: 900000\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
                socket.getOutputStream().write(blanks(800_000));
                await().atMost(PATIENCE).until(() -> service.service.load().bodies() == 800_000);
                // A reset, not an end.
                socket.setSoLinger(true, 0);
            }
            givenBack(service, "a reset");
            try (Socket socket = new Socket("127.0.0.1", service.port())) {
                socket.getOutputStream()
                        .write((POST + "Content-Length: 900000\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
                socket.getOutputStream().write(blanks(800_000));
                socket.setSoTimeout(60_000);
                assertThat(RunningService.readAll(socket))
                        .as("cut when its time is over")
                        .doesNotContain(" 200 ");
            }
            givenBack(service, "a time-out");
            try (Socket socket = new Socket("127.0.0.1", service.port())) {
                assertThat(pour(
                                socket,
                                CHUNKED.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n"),
                                900_000,
                                "0\r\n\r\n"))
                        .isEqualTo("100");
                givenBack(service, "one that asked first");
            }
            try (Socket socket = new Socket("127.0.0.1", service.port())) {
                String twice = POST + "Content-Length: 300000\r\n\r\n" + " ".repeat(300_000) + POST
                        + "Content-Length: 300000\r\n\r\n" + " ".repeat(300_000);
                assertThat(pour(socket, twice, 0, "")).as("two on one line").isEqualTo("400");
            }
            givenBack(service, "a pipeline");
            for (String path : List.of("/api/v1/runs", "/login", "/api/v1/jobs/h/p/j", "/nowhere")) {
                String head = "POST " + path + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
                assertThat(once(service, head, 5 * MIB, "0\r\n\r\n"))
                        .as(path + " takes no such body")
                        .isEqualTo("413");
            }
            givenBack(service, "what takes no body");
            assertThat(service.post("[" + json("run_alive", run(1), 1, 1) + "]").statusCode())
                    .isEqualTo(200);
        }
    }

    private static void fill(RunningService service) throws Exception {
        String text = "x".repeat(20_000);
        for (int i = 0; i < 400; i++) {
            service.ledger
                    .sink()
                    .append(events(saved(run(i), i, "h" + i, "p", "j", "id" + i, "metadata", Map.of("text", text))))
                    .get(60, TimeUnit.SECONDS);
        }
    }

    private static Socket open(RunningService service, String path) throws IOException {
        Socket socket = new Socket();
        // Before it connects: what both systems would buffer for it must not hold the whole answer.
        socket.setReceiveBufferSize(8192);
        socket.connect(new InetSocketAddress("127.0.0.1", service.port()));
        socket.setSoTimeout(60_000);
        socket.getOutputStream()
                .write(("GET " + path + " HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    @Test
    void unreadExportsAndLiveViews_stopNeitherStoringNorLookups_andAreCut() throws Exception {
        Map<Setting, String> settings = Map.of(
                Setting.MAX_REQUESTS,
                "6",
                Setting.SEND_TIMEOUT,
                "4s",
                Setting.MAX_BUFFERED,
                "64MiB",
                Setting.IDLE_TIMEOUT,
                "10m");
        try (RunningService service = new RunningService(directory, List.of(), settings)) {
            fill(service);
            List<Socket> readers = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                Socket socket = open(service, i % 3 == 2 ? "/api/v1/stream" : "/api/v1/jobs?format=ndjson");
                readers.add(socket);
                String status = status(socket);
                assertThat(status).as("reader " + i).isEqualTo(i < 6 ? "200" : "503");
            }
            assertThat(service.get("/api/v1/runs").statusCode())
                    .as("a list waits for its turn")
                    .isEqualTo(503);
            assertThat(service.post("[" + json("run_alive", run(9999), 1, 1) + "]")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(service.put("/api/v1/jobs/h/p/new", "{\"ansible_job_id\":\"a\"}")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(service.get("/api/v1/jobs/h1/p/j").statusCode()).isEqualTo(200);
            assertThat(service.get("/metrics").statusCode()).isEqualTo(200);
            assertThat(service.get("/readyz").statusCode()).isEqualTo(200);
            // The four exports take nothing, and are cut; the live views wait for what comes.
            await().atMost(PATIENCE).until(() -> service.get("/api/v1/runs").statusCode() == 200);
            await().atMost(PATIENCE)
                    .until(() -> service.service.load().room(Load.Kind.OTHER).requests() == 2);
            for (Socket socket : readers) {
                socket.close();
            }
            await().atMost(PATIENCE).until(() -> service.service.load().unread() == 0);
        }
    }

    @Test
    void clientThatAsksOnAndOn_andTakesNoAnswer_isStopped() throws Exception {
        try (RunningService service = new RunningService(directory, List.of(), Map.of())) {
            assertThat(service.put(
                                    "/api/v1/jobs/h/p/j",
                                    "{\"ansible_job_id\":\"a\",\"metadata\":{\"text\":\"" + "x".repeat(20_000) + "\"}}")
                            .statusCode())
                    .isEqualTo(200);
            try (Socket socket = open(service, "/api/v1/jobs/h/p/j")) {
                byte[] more = "GET /api/v1/jobs/h/p/j HTTP/1.1\r\nHost: x\r\n\r\n"
                        .repeat(2000)
                        .getBytes(StandardCharsets.US_ASCII);
                try {
                    socket.getOutputStream().write(more);
                } catch (IOException e) {
                    // Closed meanwhile.
                }
                // 40 MB of answers were asked for.
                long read = 0;
                try {
                    for (byte[] piece = new byte[65_536]; ; ) {
                        int count = socket.getInputStream().read(piece);
                        if (count < 0) {
                            break;
                        }
                        read += count;
                    }
                } catch (IOException reset) {
                    // As good an end as any.
                }
                assertThat(read).isLessThan(10_000_000L);
            }
            givenBack(service, "a pipeline that nobody reads");
        }
    }
}
