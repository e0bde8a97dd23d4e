package io.jobledger.http.live;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static io.jobledger.http.RunningService.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.config.Setting;
import io.jobledger.http.RunningService;
import io.jobledger.ledger.LedgerContract;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Live views: nothing is missed, nothing comes twice, and a client that does not read costs nothing. */
class LiveViewTest {
    @TempDir
    Path directory;

    private static void post(RunningService service, ObjectNode... events) {
        assertThat(service.post(List.of(events).toString()).statusCode()).isEqualTo(200);
    }

    /** A client of the stream over a plain socket, so that it reads when the test says so. */
    private static final class Client implements AutoCloseable {
        private final Socket socket;
        private final BufferedReader in;

        /** What came as one event. */
        private record Message(String event, String id, JsonNode data) {}

        Client(RunningService service, String query, String lastId) throws IOException {
            socket = new Socket("127.0.0.1", service.port());
            socket.setSoTimeout(60_000);
            // HTTP/1.0: the answer is not cut into chunks, so its lines are those of the stream.
            socket.getOutputStream()
                    .write(("GET /api/v1/stream" + query
                                    + " HTTP/1.0\r\nHost: x\r\nAccept: text/event-stream\r\nAccept-Encoding: gzip\r\n"
                                    + (lastId == null ? "" : "Last-Event-ID: " + lastId + "\r\n") + "\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        }

        /** The next event; comments and what stands before the first are passed over. */
        Message next() throws IOException {
            String event = null;
            String id = null;
            String data = null;
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.startsWith("event: ")) {
                    event = line.substring(7);
                } else if (line.startsWith("id: ")) {
                    id = line.substring(4);
                } else if (line.startsWith("data: ")) {
                    data = line.substring(6);
                } else if (line.isEmpty() && event != null) {
                    return new Message(event, id, json(data));
                }
            }
            throw new AssertionError("the stream ended");
        }

        String line(String beginning) throws IOException {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.startsWith(beginning)) {
                    return line;
                }
            }
            throw new AssertionError("the stream ended before a line that begins with " + beginning);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @Test
    void view_showsWhatIsCommitted_andResumesWhereItWas() throws IOException {
        try (RunningService service = new RunningService(directory, List.of(), Map.of())) {
            post(service, started(run(1), 1, 1, "before", "p", "j", "old"));
            String last;
            try (Client client = new Client(service, "?host=h", null)) {
                client.line(": connected");
                post(service, started(run(1), 2, 2, "h", "p", "j", "a"), started(run(1), 3, 3, "other", "p", "j", "x"));
                Client.Message first = client.next();
                assertThat(first.event()).isEqualTo("job");
                assertThat(first.data().get("ansible_job_id").textValue()).isEqualTo("a");
                assertThat(first.data().get("status").textValue()).isEqualTo("running");
                assertThat(first.data().get("type").textValue()).isEqualTo("job_started");
                post(service, json("job_ended", run(1), 4, 9, "host", "h", "ansible_job_id", "a", "status", "failed"));
                Client.Message second = client.next();
                assertThat(second.data().get("status").textValue()).isEqualTo("failed");
                assertThat(entry(second.id())).isGreaterThan(entry(first.id()));
                last = second.id();
            }
            post(service, started(run(1), 5, 20, "h", "p", "j", "b"), started(run(1), 6, 21, "h", "p", "j", "c"));
            try (Client client = new Client(service, "?host=h", last)) {
                assertThat(client.next().data().get("ansible_job_id").textValue())
                        .isEqualTo("b");
                assertThat(client.next().data().get("ansible_job_id").textValue())
                        .isEqualTo("c");
            }
        }
    }

    private static long entry(String id) {
        assertThat(id).startsWith("1-");
        return Long.parseLong(id.substring(2));
    }

    @Test
    void viewOfAnotherEpoch_orOfWhatTheLogLacks_isTold_andBeginsAnew() throws IOException {
        try (RunningService service = new RunningService(directory, List.of(), Map.of())) {
            post(service, json("run_alive", run(1), 1, 1));
            for (String lost : List.of("2-1", "1-7")) {
                try (Client client = new Client(service, "", lost)) {
                    Client.Message told = client.next();
                    assertThat(told.event()).isEqualTo("epoch");
                    assertThat(told.data().get("was").textValue()).isEqualTo(lost);
                    assertThat(told.id()).startsWith("1-");
                    post(service, started(run(2), (int) entry(told.id()) + 1, 2, "h", "p", "j", "new" + lost));
                    assertThat(client.next().data().get("ansible_job_id").textValue())
                            .isEqualTo("new" + lost);
                }
            }
            assertThat(service.send(service.request("/api/v1/stream").header("last-event-id", "7"))
                            .statusCode())
                    .isEqualTo(400);
        }
    }

    @Test
    void everyKind_isShown_andEverythingOnce_fromTheBeginning() throws IOException {
        try (RunningService service = new RunningService(directory, List.of(), Map.of())) {
            List<ObjectNode> events = new ArrayList<>();
            events.add(json(
                    "run_started", run(1), 1, 0, "kind", "playbook", "user", "deploy", "labels", Map.of("team", "db")));
            for (int i = 2; i <= 700; i++) {
                events.add(started(run(1), i, i, "h", "p", "j", "id" + i));
            }
            post(service, events.toArray(ObjectNode[]::new));
            try (Client jobs = new Client(service, "?user=deploy&label=team=db", "1-0");
                    Client all = new Client(service, "?kind=events", "1-0");
                    Client runs = new Client(service, "?kind=runs&run_id=" + run(1), "1-0")) {
                for (int i = 2; i <= 700; i++) {
                    assertThat(jobs.next().data().get("ansible_job_id").textValue())
                            .isEqualTo("id" + i);
                }
                for (int i = 1; i <= 700; i++) {
                    assertThat(all.next().data().get("seq").intValue()).isEqualTo(i);
                }
                assertThat(runs.next().data().get("user").textValue()).isEqualTo("deploy");
            }
        }
    }

    @Test
    void quietView_isKeptAlive_andTooManyAreRefused() throws IOException {
        try (RunningService service = new RunningService(
                directory, List.of(), Map.of(Setting.IDLE_TIMEOUT, "1s", Setting.STREAM_CLIENTS, "1"))) {
            try (Client client = new Client(service, "", null)) {
                client.line(": connected");
                assertThat(service.get("/api/v1/stream").statusCode()).isEqualTo(503);
                for (int beat = 0; beat < 5; beat++) {
                    client.line(": alive");
                }
            }
            // The place is free again as soon as the server has seen the client go.
            await().atMost(Duration.ofSeconds(60)).until(() -> {
                try (Client client = new Client(service, "", null)) {
                    return client.in.readLine().contains("200");
                }
            });
        }
    }

    @Test
    void clientThatDoesNotRead_isCutOff_andMissesNothing() throws IOException {
        try (RunningService service = new RunningService(directory, List.of(), Map.of(Setting.IDLE_TIMEOUT, "1s"))) {
            String padding = "x".repeat(10_000);
            try (Client slow = new Client(service, "?kind=events", "1-0")) {
                slow.line(": connected");
                for (int batch = 0; batch < 20; batch++) {
                    List<ObjectNode> events = new ArrayList<>();
                    for (int i = 1; i <= 100; i++) {
                        events.add(json("run_alive", run(1), batch * 100 + i, i, "padding", padding));
                    }
                    // Not by HTTP: its own connection would be idle for too long on a busy machine.
                    LedgerContract.append(service.ledger, events.toArray(ObjectNode[]::new));
                }
                // 20 MB wait for it, which no socket takes; the server ends it instead of waiting for ever.
                await().atMost(Duration.ofSeconds(60)).until(() -> service.service.liveViews() == 0);
                int seen = 0;
                try {
                    while (seen < 2000) {
                        assertThat(slow.next().data().get("seq").intValue()).isEqualTo(++seen);
                    }
                    throw new AssertionError("a client that did not read got everything");
                } catch (AssertionError | SocketException cut) {
                    assertThat(cut).hasMessageNotContaining("got everything");
                }
                try (Client again = new Client(service, "?kind=events", "1-" + seen)) {
                    for (int i = seen + 1; i <= 2000; i++) {
                        assertThat(again.next().data().get("seq").intValue()).isEqualTo(i);
                    }
                }
            }
        }
    }
}
