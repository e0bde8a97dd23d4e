package io.jobledger.http;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.http.RunningService.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.auth.FileTokenStore;
import io.jobledger.auth.Tokens;
import io.jobledger.config.Setting;
import io.jobledger.config.SettingsLoader;
import io.jobledger.ledger.AsOf;
import io.jobledger.ledger.AuditQueries;
import io.jobledger.ledger.ConditionalSink;
import io.jobledger.ledger.DeliveryState;
import io.jobledger.ledger.EventSink;
import io.jobledger.ledger.Heads;
import io.jobledger.ledger.JobLookup;
import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.LedgerFeed;
import io.jobledger.ledger.NewsSource;
import io.jobledger.ledger.Outbox;
import io.jobledger.ledger.Upkeep;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.RunFilter;
import io.jobledger.log.LogChain;
import io.jobledger.log.LogHead;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.Event;
import io.jobledger.model.Job;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import io.jobledger.sink.SinkRelays;
import io.jobledger.sink.mirror.file.FileMirror;
import io.jobledger.trail.Acts;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Too much, too slow, too busy, and mirrors that answer or do not. */
class HttpLimitsTest {
    @TempDir
    Path directory;

    /** Sends until the server stops taking, then reads: what a simple client does. */
    private static String pour(RunningService service, String head, byte[] piece, long pieces, String tail)
            throws IOException {
        try (Socket socket = new Socket("127.0.0.1", service.port())) {
            socket.setSoTimeout(20_000);
            OutputStream out = socket.getOutputStream();
            try {
                out.write(head.getBytes(StandardCharsets.US_ASCII));
                for (long i = 0; i < pieces; i++) {
                    out.write(piece);
                }
                out.write(tail.getBytes(StandardCharsets.US_ASCII));
                out.flush();
            } catch (IOException e) {
                // The server no longer takes what it has refused; the answer must be readable all the same.
            }
            return RunningService.readAll(socket);
        }
    }

    @ParameterizedTest
    @CsvSource({"/api/v1/events, POST, 1000", "/api/v1/jobs/h/p/j, PUT, 100"})
    void hundredMegabytes_areRefusedWithTheLimit_alsoToAClientThatWritesFirst(String path, String method, long pieces)
            throws IOException {
        try (RunningService service = new RunningService(directory, List.of(), Map.of())) {
            String head = method + " " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
            byte[] piece = new byte[100_000];
            Arrays.fill(piece, (byte) ' ');
            String withLength =
                    pour(service, head + "Content-Length: " + pieces * piece.length + "\r\n\r\n", piece, pieces, "");
            assertThat(withLength)
                    .startsWith("HTTP/1.1 413")
                    .contains("application/problem+json")
                    .contains("max-body");
            byte[] chunk = new byte[100_000 + 9];
            Arrays.fill(chunk, (byte) ' ');
            byte[] size = "186a0\r\n".getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(size, 0, chunk, 0, size.length);
            chunk[chunk.length - 2] = '\r';
            chunk[chunk.length - 1] = '\n';
            String chunked = pour(service, head + "Transfer-Encoding: chunked\r\n\r\n", chunk, pieces, "0\r\n\r\n");
            assertThat(chunked).startsWith("HTTP/1.1 413").contains("max-body");
            assertThat(service.get("/healthz").statusCode()).isEqualTo(200);
            assertThat(service.ledger
                            .audit()
                            .runs(RunFilter.ALL, PageRequest.first(10))
                            .items())
                    .isEmpty();
        }
    }

    @Test
    void clientThatAsksFirst_isToldBeforeItSends() throws IOException {
        try (RunningService service = new RunningService(directory, List.of(), Map.of(Setting.MAX_BODY, "1KiB"))) {
            String answer = service.raw("POST /api/v1/events HTTP/1.1\r\n"
                    + "Host: x\r\n"
                    + "Content-Type: application/json\r\n"
                    + "Expect: 100-continue\r\n"
                    + "Content-Length: 5000\r\n"
                    + "Connection: close\r\n\r\n");
            assertThat(answer).startsWith("HTTP/1.1 413").contains("1024");
        }
    }

    @Test
    void bodyThatBreaksOff_isNeverAcknowledged() throws IOException {
        try (RunningService service = new RunningService(directory, List.of(), Map.of())) {
            String event = json("run_alive", run(1), 1, 1).toString();
            try (Socket socket = new Socket("127.0.0.1", service.port())) {
                socket.setSoTimeout(20_000);
                socket.getOutputStream()
                        .write(("POST /api/v1/events HTTP/1.1\r\n"
                                        + "Host: x\r\n"
                                        + "Content-Type: application/json\r\n"
                                        + "Content-Length: 5000\r\n\r\n"
                                        + "["
                                        + event + "]")
                                .getBytes(StandardCharsets.UTF_8));
                socket.shutdownOutput();
                assertThat(RunningService.readAll(socket)).doesNotContain(" 200 ");
            }
            assertThat(service.ledger.audit().run(run(1))).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "POST /api/v1/ev",
                "POST /api/v1/events HTTP/1.1\r\n"
                        + "Host: x\r\n"
                        + "Content-Type: application/json\r\n"
                        + "Content-Length: 50\r\n\r\n"
                        + "["
            })
    void connectionOnWhichNothingMoves_isClosed(String beginning) throws IOException {
        try (RunningService service = new RunningService(directory, List.of(), Map.of(Setting.IDLE_TIMEOUT, "1s"));
                Socket socket = new Socket("127.0.0.1", service.port())) {
            // Far longer than the limit: reading must end because the server closes, not because the client gives up.
            socket.setSoTimeout(15_000);
            socket.getOutputStream().write(beginning.getBytes(StandardCharsets.US_ASCII));
            assertThat(RunningService.readAll(socket)).doesNotContain(" 200 ");
        }
    }

    @ParameterizedTest
    @EnumSource(LedgerException.Kind.class)
    void everyFailureOfTheLedger_isAProblem_thatSaysWhetherToComeBack(LedgerException.Kind kind) throws Exception {
        LedgerException failure = new LedgerException(kind, "no more room in the test");
        for (boolean atOnce : new boolean[] {true, false}) {
            Tokens tokens = new Tokens(new FileTokenStore(directory.resolve("tokens.json")), Clock.systemUTC());
            HttpService service = new HttpService(
                    SettingsLoader.load(
                            Map.of(Setting.PORT, "0", Setting.DATA_DIR, directory.toString()),
                            null,
                            Map.of("XDG_CONFIG_HOME", directory.toString())),
                    new FailingLedger(failure, atOnce),
                    List.of(),
                    new SinkRelays(new FailingLedger(failure, atOnce), Clock.systemUTC()),
                    Clock.systemUTC(),
                    "test",
                    tokens,
                    new Acts());
            try {
                String url = service.start();
                for (HttpRequest.Builder request : List.of(
                        HttpRequest.newBuilder(URI.create(url + "/api/v1/events"))
                                .POST(BodyPublishers.ofString("[" + json("run_alive", run(1), 1, 1) + "]")),
                        HttpRequest.newBuilder(URI.create(url + "/api/v1/jobs/h/p/j"))
                                .PUT(BodyPublishers.ofString("{\"ansible_job_id\":\"a\"}")))) {
                    HttpResponse<String> response = HttpClient.newHttpClient()
                            .send(
                                    request.header("content-type", "application/json")
                                            .build(),
                                    HttpResponse.BodyHandlers.ofString());
                    int status = switch (kind) {
                        case FULL -> 507;
                        case REFUSED -> 413;
                        case UNSUPPORTED -> 501;
                        default -> 503;
                    };
                    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
                    assertThat(response.headers().firstValue("retry-after").isPresent())
                            .isEqualTo(status == 503 || status == 507);
                    assertThat(response.headers().firstValue("content-type")).contains("application/problem+json");
                    assertThat(json(response.body()).get("detail").textValue()).contains("no more room");
                }
            } finally {
                service.close();
                tokens.close();
            }
        }
    }

    /** A ledger whose writes fail, at once or later. */
    private record FailingLedger(LedgerException failure, boolean atOnce) implements Ledger {
        @Override
        public EventSink sink() {
            return (List<Event> events) -> {
                if (atOnce) {
                    throw failure;
                }
                return CompletableFuture.failedFuture(failure);
            };
        }

        @Override
        public ConditionalSink conditionalSink() {
            return (events, precondition) -> {
                throw failure;
            };
        }

        @Override
        public JobLookup jobs() {
            return new JobLookup() {
                @Override
                public Optional<JobRecord> nth(JobKey key, Narrowing narrowing, int n) {
                    return Optional.empty();
                }

                @Override
                public Optional<Known> known(JobKey key, Narrowing narrowing) {
                    return Optional.empty();
                }

                @Override
                public Optional<Job> job(String executionHost, AnsibleJobId jobId) {
                    return Optional.empty();
                }
            };
        }

        @Override
        public AuditQueries audit() {
            return null;
        }

        @Override
        public Heads heads() {
            return new Heads() {
                @Override
                public LogHead now() {
                    return new LogHead(1, 0, LogChain.start());
                }

                @Override
                public boolean remembers(LogHead head) {
                    return true;
                }

                @Override
                public void require(LogHead told) {}
            };
        }

        @Override
        public AsOf asOf() {
            return new AsOf(1, 0, Instant.EPOCH);
        }

        @Override
        public DeliveryState deliveryState() {
            throw failure;
        }

        @Override
        public NewsSource news() {
            throw failure;
        }

        @Override
        public LedgerFeed feed() {
            return null;
        }

        @Override
        public long bytes() {
            return 0;
        }

        @Override
        public Upkeep upkeep() {
            return new NoUpkeep();
        }

        @Override
        public Outbox outbox() {
            return null;
        }

        @Override
        public Ledger.Copied files() {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<Integer> mirrors() {
            return List.of();
        }

        @Override
        public void check() {
            throw failure;
        }

        @Override
        public void backup(Path file) {
            throw failure;
        }

        @Override
        public void computeAgain() {
            throw failure;
        }

        @Override
        public String location() {
            return "nowhere";
        }

        @Override
        public void close() {}
    }

    @Test
    void jobThatOnlyTheMirrorHas_isFound_alsoInATreeThatARoleWrote() throws IOException {
        Path tree = directory.resolve("state");
        Path play = Files.createDirectories(tree.resolve("db1/Upgrade databases"));
        Files.writeString(
                play.resolve("upgrade_db.json"),
                "{\"job_name\": \"upgrade_db\", \"host\": \"db1\", \"ansible_job_id\": \"j889214147243.9938\","
                        + " \"save_time\": \"2026-11-20T10:30:45Z\", \"metadata\": {\"ticket\": \"CHG-7\"}}");
        Files.writeString(
                play.resolve("older.json"),
                "{\"job_name\": \"older\", \"host\": \"db1\", \"ansible_job_id\": 2472848566.371110, \"save_time\":"
                        + " \"2026-11-20T10:30:45Z\", \"metadata\": {}}");
        Files.writeString(play.resolve("damaged.json"), "{\"job_name\": \"dam");
        FileMirror mirror = new FileMirror(tree);
        try (RunningService service = new RunningService(directory.resolve("data"), List.of(mirror), Map.of())) {
            JsonNode job = json(service.get("/api/v1/jobs/db1/Upgrade%20databases/upgrade_db")
                    .body());
            assertThat(job.get("ansible_job_id").textValue()).isEqualTo("j889214147243.9938");
            assertThat(job.get("source").textValue()).isEqualTo(mirror.uri());
            assertThat(job.get("status").textValue()).isEqualTo("running");
            assertThat(job.at("/metadata/ticket").textValue()).isEqualTo("CHG-7");
            assertThat(json(service.get("/api/v1/jobs/db1/Upgrade%20databases/older")
                                    .body())
                            .get("ansible_job_id")
                            .textValue())
                    .isEqualTo("2472848566.371110");
            assertThat(service.get("/api/v1/jobs/db1/Upgrade%20databases/none").statusCode())
                    .isEqualTo(404);
            assertThat(service.get("/api/v1/jobs/db1/Upgrade%20databases/upgrade_db?playbook=other.yml")
                            .statusCode())
                    .isEqualTo(404);
            HttpResponse<String> damaged = service.get("/api/v1/jobs/db1/Upgrade%20databases/damaged");
            assertThat(damaged.statusCode())
                    .as("not known is not the same as not there")
                    .isEqualTo(503);
            assertThat(damaged.body()).contains("damaged.json");
        }
    }

    @Test
    void mirrorThatCannotBeRead_isNeverAnswered404() throws IOException {
        Path file = Files.writeString(directory.resolve("mirror"), "where a directory should be");
        try (RunningService service =
                new RunningService(directory.resolve("data"), List.of(new FileMirror(file)), Map.of())) {
            HttpResponse<String> response = service.get("/api/v1/jobs/h/p/j");
            assertThat(response.statusCode()).as(response.body()).isEqualTo(503);
            assertThat(response.headers().firstValue("retry-after")).isPresent();
            assertThat(json(response.body()).get("detail").textValue()).contains(file.toString());
            assertThat(service.put("/api/v1/jobs/h/p/j", "{\"ansible_job_id\":\"a\"}")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(service.get("/api/v1/jobs/h/p/j").statusCode())
                    .as("what the ledger has needs no mirror")
                    .isEqualTo(200);
            assertThat(json(service.get("/api/v1/mirrors").body())
                            .at("/mirrors/0/pending")
                            .intValue())
                    .isEqualTo(1);
        }
    }
}
