package io.jobledger.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.FaultReport;
import io.jobledger.Wire;
import io.jobledger.json.Json;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.model.RunId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever is posted, the answer is a problem of 4xx and nothing is stored, or 200 and all of it is stored as it came.
 * Never 5xx, and the service goes on. Bodies are built from good events by a seeded generator;
 * {@code -Djobledger.fuzz.seed=N} repeats a failure.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileBodiesTest {
    private static final int ROUNDS = FaultReport.SOAK ? 40_000 : 800;
    private static final long SEED = Long.getLong("jobledger.fuzz.seed", FaultReport.SOAK ? System.nanoTime() : 8740L);
    /** Put in place of any value of an event, as JSON text. */
    private static final List<String> VALUES = List.of(
            "null",
            "true",
            "[]",
            "{}",
            "-1",
            "0",
            "1.0",
            "1.5",
            "1e3",
            "1E400",
            "1e999999999",
            "-1e-999999999",
            "9007199254740991",
            "9007199254740992",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775809",
            "1" + "0".repeat(99),
            "1" + "0".repeat(2000),
            "0.".concat("1".repeat(90)),
            "NaN",
            "Infinity",
            "-Infinity",
            "+1",
            "01",
            "0x1",
            ".5",
            "1.",
            "'x'",
            "undefined",
            "\"\"",
            "\" \"",
            "\"\\u0000\"",
            "\"\\ud800\"",
            "\"\\udc00\\ud800\"",
            "\"\\ud83d\\ude00\"",
            "\"\u202e\u200b\ufeff\"",
            "\"\\u001b[31m\\r\\nX: y\"",
            "\"" + "x".repeat(4096) + "\"",
            "\"" + "x".repeat(4097) + "\"",
            "\"" + "x".repeat(70_000) + "\"",
            "\"" + "ж".repeat(2049) + "\"",
            "\"../../../etc/passwd\"",
            "\"<script>alert(1)</script>\"",
            "\"'; DROP TABLE jobs; --\"",
            "\"con\"",
            "\"2026-11-20T10:00:00Z\"",
            "\"9999-12-31T23:59:59.999999999Z\"",
            "\"0001-01-01T00:00:00Z\"",
            "\"2026-02-30T10:00:00Z\"",
            "\"+999999999-01-01T00:00:00Z\"",
            "[[[[]]]]",
            "{\"a\":{\"a\":{\"a\":[1,{\"\":null}]}}}",
            nested(30),
            nested(63),
            nested(64),
            nested(65),
            nested(5000),
            "{" + "\"k\":1,".repeat(500) + "\"z\":1}",
            "[" + "0,".repeat(20_000) + "0]",
            "\"" + "\\u0041".repeat(200) + "\"");

    @TempDir
    static Path directory;

    private final Random random = new Random(SEED);
    private RunningService service;
    private long run;

    private static String nested(int depth) {
        return "[".repeat(depth) + "]".repeat(depth);
    }

    @BeforeAll
    void start() {
        System.out.println("hostile bodies: jobledger.fuzz.seed=" + SEED);
        service = new RunningService(directory, List.of(), Map.of());
    }

    @AfterAll
    void stop() {
        service.close();
    }

    private <T> T any(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    /** A good event of any type, of a run that no other body names. */
    private ObjectNode event(RunId id, int seq) {
        String job = "f" + id + "." + seq;
        List<Supplier<ObjectNode>> kinds = List.of(
                () -> Wire.started(
                        id,
                        seq,
                        seq,
                        "h",
                        "p",
                        "j",
                        job,
                        "async",
                        60,
                        "details",
                        Map.of("cmd", "x", "module_args", Map.of("a", 1))),
                () -> Wire.json("job_polled", id, seq, seq, "host", "h", "ansible_job_id", job),
                () -> Wire.json(
                        "job_ended",
                        id,
                        seq,
                        seq,
                        "host",
                        "h",
                        "ansible_job_id",
                        job,
                        "status",
                        "failed",
                        "rc",
                        2,
                        "message",
                        "m",
                        "changed",
                        true),
                () -> Wire.json(
                        "job_intended",
                        id,
                        seq,
                        seq,
                        "host",
                        "h",
                        "play",
                        "p",
                        "job",
                        "j",
                        "task",
                        "t",
                        "no_log",
                        false),
                () -> Wire.json("play_started", id, seq, seq, "play", "p"),
                () -> Wire.json("run_finished", id, seq, seq, "stats", Map.of("h", Map.of("ok", 1))),
                () -> Wire.json("run_alive", id, seq, seq, "x_future", List.of(1, "two", Map.of("three", 3.5))));
        return seq == 1 && random.nextBoolean()
                ? random.nextBoolean()
                        ? Wire.json(
                                "run_started",
                                id,
                                1,
                                1,
                                "kind",
                                "playbook",
                                "argv",
                                List.of("ansible-playbook", "site.yml"),
                                "labels",
                                Map.of("team", "db"))
                        : Wire.saved(id, 1, "h", "p", "j", job, "metadata", Map.of("n", 1))
                : any(kinds).get();
    }

    /** Good events with something done to them, as bytes. */
    private byte[] body(RunId id, boolean ndjson) {
        List<String> events = new ArrayList<>();
        int count = 1 + random.nextInt(3);
        int bad = random.nextInt(count);
        for (int i = 0; i < count; i++) {
            ObjectNode event = event(id, i + 1);
            events.add(i == bad ? twisted(event) : Json.text(event));
        }
        String text = ndjson ? String.join("\n", events) : "[" + String.join(",", events) + "]";
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        switch (random.nextInt(12)) {
            case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 1 -> bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            case 2 -> {
                for (int i = 0; i < 1 + random.nextInt(20); i++) {
                    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                }
            }
            case 3 ->
                bytes = joined(
                        any(List.of("\ufeff", "\0", ")]}',\n", "<html>", "[", "{", "null "))
                                .getBytes(StandardCharsets.UTF_8),
                        bytes);
            case 4 ->
                bytes = joined(
                        bytes,
                        any(List.of("x", "]", "}", "[]", "\0", ",", "//c", "\n{\"type\":1}"))
                                .getBytes(StandardCharsets.UTF_8));
            case 5 ->
                bytes = text.getBytes(
                        any(List.of(StandardCharsets.UTF_16, StandardCharsets.UTF_16LE, StandardCharsets.ISO_8859_1)));
            default -> {}
        }
        return bytes;
    }

    private static byte[] joined(byte[] a, byte[] b) {
        byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    /** One field gets another value, comes twice, goes, or a strange one is added. */
    private String twisted(ObjectNode event) {
        List<String> names = new ArrayList<>();
        event.fieldNames().forEachRemaining(names::add);
        String name = any(names);
        String json = Json.text(event);
        String value = any(VALUES);
        return switch (random.nextInt(6)) {
            case 0, 1, 2 -> json.replace("\"" + name + "\":" + Json.text(event.get(name)), "\"" + name + "\":" + value);
            case 3 -> json.substring(0, json.length() - 1) + ",\"" + name + "\":" + value + "}";
            case 4 -> Json.text(event.without(name));
            default ->
                json.substring(0, json.length() - 1) + ","
                        + any(List.of(
                                "\"x\"", "\"\"", "\"__proto__\"", "\"" + "n".repeat(5000) + "\"", "\"\\u0000\"", "x"))
                        + ":" + value + "}";
        };
    }

    private HttpResponse<String> post(byte[] body, boolean ndjson, String... headers) {
        var request = service.request("/api/v1/events")
                .header("content-type", ndjson ? "application/x-ndjson" : "application/json");
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return service.send(request.POST(BodyPublishers.ofByteArray(body)));
    }

    private void assertRefused(HttpResponse<String> answer, String what) {
        assertThat(answer.statusCode()).as("%s: %s", what, answer.body()).isBetween(400, 499);
        assertThat(answer.headers().firstValue("content-type")).contains("application/problem+json");
        assertThat(RunningService.json(answer.body()).get("detail").textValue()).isNotBlank();
    }

    @Test
    void twistedBodies_areRefusedWhole_orStoredAsTheyCame() throws IOException {
        int stored = 0;
        for (int round = 0; round < ROUNDS; round++) {
            RunId id = Wire.run(1_000_000 + (int) ++run);
            boolean ndjson = random.nextBoolean();
            byte[] body = body(id, ndjson);
            String what = "seed " + SEED + ", round " + round + ": "
                    + new String(body, 0, Math.min(body.length, 2000), StandardCharsets.UTF_8);
            HttpResponse<String> answer = post(body, ndjson);
            if (answer.statusCode() == 200) {
                stored++;
                assertStored(body, ndjson, answer, what);
            } else {
                assertRefused(answer, what);
                assertThat(service.ledger
                                .audit()
                                .events(id, PageRequest.first(100))
                                .items())
                        .as(what)
                        .isEmpty();
                assertThat(service.ledger
                                .audit()
                                .jobs(JobFilter.builder().run(id).build(), PageRequest.first(10))
                                .items())
                        .as(what)
                        .isEmpty();
            }
        }
        assertThat(stored).as("good ones are among them").isBetween(ROUNDS / 20, ROUNDS * 19 / 20);
        assertThat(service.get("/readyz").statusCode()).isEqualTo(200);
    }

    /** Each event of a body that was accepted is read back as it was sent. */
    private void assertStored(byte[] body, boolean ndjson, HttpResponse<String> answer, String what)
            throws IOException {
        List<JsonNode> sent = new ArrayList<>();
        String text = new String(body, StandardCharsets.UTF_8);
        if (ndjson) {
            for (String line : text.split("\n")) {
                if (!line.isBlank()) {
                    sent.add(Json.MAPPER.readTree(line));
                }
            }
        } else {
            Json.MAPPER.readTree(text).forEach(sent::add);
        }
        JsonNode told = RunningService.json(answer.body());
        assertThat(told.get("received").intValue()).as(what).isEqualTo(sent.size());
        for (JsonNode event : sent) {
            // From the ledger itself: a save is no run that could be asked for.
            List<String> kept = service.ledger
                    .audit()
                    .events(
                            RunId.parse(event.get("run_id").textValue()),
                            event.get("seq").longValue() - 1,
                            1);
            assertThat(kept).as(what).hasSize(1);
            JsonNode back = Json.OWN.readTree(kept.get(0));
            // An event may be there already, from another body that named the same run.
            if (told.get("stored").intValue() == sent.size()) {
                assertThat(back).as(what).isEqualTo(event);
            }
        }
    }

    @Test
    void bombs_areRefusedQuickly_andCostNoMemory() throws IOException {
        String head = "[{\"type\":\"run_alive\",\"run_id\":\"" + Wire.run(999_999)
                + "\",\"seq\":1,\"at\":\"2026-11-20T10:00:00Z\",\"x\":";
        for (String bomb : List.of(
                "[".repeat(4_000_000),
                "{\"a\":".repeat(1_000_000),
                "1".repeat(7_000_000),
                "\"" + "x".repeat(7_000_000),
                "1e" + "9".repeat(7_000_000),
                "\"" + "\\".repeat(7_000_000),
                " ".repeat(7_000_000),
                "{" + "\"a\":1,".repeat(1_000_000) + "\"a\":1}}]",
                "{\"" + "n".repeat(7_000_000) + "\":1}}]",
                "[" + "[],".repeat(2_000_000) + "1]}]")) {
            assertRefused(post((head + bomb).getBytes(StandardCharsets.UTF_8), false), bomb.substring(0, 12));
            if (!bomb.isBlank()) {
                assertRefused(post(bomb.getBytes(StandardCharsets.UTF_8), true), bomb.substring(0, 12));
            }
        }
        assertThat(post("\n".repeat(8_000_000).getBytes(StandardCharsets.UTF_8), true)
                        .statusCode())
                .as("blank lines are nothing")
                .isEqualTo(200);
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
            for (int i = 0; i < 200; i++) {
                gzip.write(new byte[1 << 20]);
            }
        }
        assertRefused(post(zipped.toByteArray(), false, "content-encoding", "gzip"), "a gzip bomb");
        assertRefused(post(new byte[9 << 20], false), "more than max-body");
        assertThat(service.ledger.audit().run(Wire.run(999_999))).isEmpty();
        assertThat(service.get("/readyz").statusCode()).isEqualTo(200);
    }

    @Test
    void savesOfTwistedRecords_areRefused_orReadBack() {
        for (int round = 0; round < ROUNDS / 5; round++) {
            String value = any(VALUES);
            String field = any(List.of(
                    "ansible_job_id",
                    "metadata",
                    "status",
                    "started_at",
                    "deadline",
                    "async",
                    "rc",
                    "message",
                    "details",
                    "execution_host",
                    "x_future",
                    "finished_at",
                    "run_id",
                    "host"));
            String body = "{" + (field.equals("ansible_job_id") ? "" : "\"ansible_job_id\":\"s" + round + "\",") + "\""
                    + field + "\":" + value + "}";
            String path = "/api/v1/jobs/h/hostile/save" + round;
            HttpResponse<String> answer = service.put(path, body);
            String what = "seed " + SEED + ", round " + round + ": " + body.substring(0, Math.min(200, body.length()));
            if (answer.statusCode() == 200) {
                HttpResponse<String> read = service.get(path);
                assertThat(read.statusCode()).as("%s: %s", what, read.body()).isEqualTo(200);
                assertThat(RunningService.json(read.body()).get("ansible_job_id"))
                        .as(what)
                        .isEqualTo(RunningService.json(answer.body()).get("ansible_job_id"));
            } else {
                assertRefused(answer, what);
                assertThat(service.get(path).statusCode()).as(what).isEqualTo(404);
            }
        }
    }
}
