package io.jobledger.event;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.Wire;
import io.jobledger.model.Event;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A batch is good, or refused whole with the fields that are wrong. */
class BatchDecoderTest {
    private static final BatchDecoder DECODER = new BatchDecoder(1000);
    private static final String HEAD =
            "\"run_id\":\"5f0c9a3e-7d7c-4c3b-9f0e-2a4b6c8d0e1f\",\"seq\":2,\"at\":\"2026-11-20T10:30:45.123456Z\"";
    private static final String JOB =
            "\"host\":\"h\",\"play\":\"p\",\"job\":\"j\",\"task\":\"t\",\"ansible_job_id\":\"j1.1\"";

    private static InvalidEvents refused(byte[] body, boolean ndjson) {
        InvalidEvents refusal = catchThrowableOfType(InvalidEvents.class, () -> DECODER.decode(body, ndjson));
        assertThat(refusal).as("the batch is refused").isNotNull();
        return refusal;
    }

    private static InvalidEvents refused(String body, boolean ndjson) {
        return refused(body.getBytes(StandardCharsets.UTF_8), ndjson);
    }

    private static List<Event> decode(String body, boolean ndjson) throws InvalidEvents {
        return DECODER.decode(body.getBytes(StandardCharsets.UTF_8), ndjson);
    }

    /** A good launch in which one piece of text is replaced by a bad one. */
    private static String launch(String good, String bad) {
        String json = "{\"type\":\"job_started\"," + HEAD + "," + JOB + ",\"async\":60,\"check_mode\":false}";
        assertThat(json).contains(good);
        return json.replace(good, bad);
    }

    private static String of(String type, String... fields) {
        return "{\"type\":\"" + type + "\"," + HEAD + (fields.length == 0 ? "" : "," + String.join(",", fields)) + "}";
    }

    static Stream<Arguments> badEvents() {
        return Stream.of(
                arguments("type", launch("job_started", "Job_started")),
                arguments("type", launch("job_started", "")),
                arguments("type", launch("\"job_started\"", "7")),
                arguments("type", launch("\"type\":\"job_started\",", "")),
                arguments("type", launch("\"job_started\"", "null")),
                arguments("run_id", launch("5f0c9a3e", "5F0C9A3E")),
                arguments("run_id", launch("5f0c9a3e-", "5f0c9a3e")),
                arguments("run_id", launch("\"5f0c9a3e-7d7c-4c3b-9f0e-2a4b6c8d0e1f\"", "12")),
                arguments("seq", launch("\"seq\":2", "\"seq\":0")),
                arguments("seq", launch("\"seq\":2", "\"seq\":-1")),
                arguments("seq", launch("\"seq\":2", "\"seq\":\"2\"")),
                arguments("seq", launch("\"seq\":2", "\"seq\":2.0")),
                arguments("seq", launch("\"seq\":2", "\"seq\":9007199254740992")),
                arguments("seq", launch("\"seq\":2", "\"seq\":99999999999999999999")),
                arguments("seq", launch("\"seq\":2", "\"seq\":1e99999")),
                arguments("at", launch("2026-11-20T10:30:45.123456Z", "yesterday")),
                arguments("at", launch("2026-11-20T10:30:45.123456Z", "2026-11-20T10:30:45.123456")),
                arguments("at", launch("2026-11-20T10:30:45.123456Z", "2026-02-30T10:30:45Z")),
                arguments("at", launch("2026-11-20T10:30:45.123456Z", "1969-12-31T23:59:59Z")),
                arguments("at", launch("2026-11-20T10:30:45.123456Z", "+10000-01-01T00:00:00Z")),
                arguments("at", launch("\"2026-11-20T10:30:45.123456Z\"", "1763634645")),
                arguments("host", launch("\"host\":\"h\"", "\"host\":\"\"")),
                arguments("host", launch("\"host\":\"h\"", "\"host\":null")),
                arguments("host", launch("\"host\":\"h\",", "")),
                arguments("host", launch("\"host\":\"h\"", "\"host\":[\"h\"]")),
                arguments("host", launch("\"host\":\"h\"", "\"host\":\"a\\u0000b\"")),
                arguments("host", launch("\"host\":\"h\"", "\"host\":\"a\\ud800b\"")),
                arguments("host", launch("\"host\":\"h\"", "\"host\":\"" + "x".repeat(4097) + "\"")),
                arguments("play", launch("\"play\":\"p\"", "\"play\":\"\"")),
                arguments("job", launch("\"job\":\"j\"", "\"job\":\"\\udc00\"")),
                arguments("task", launch("\"task\":\"t\"", "\"task\":7")),
                arguments("ansible_job_id", launch("\"j1.1\"", "\"\"")),
                arguments("ansible_job_id", launch("\"j1.1\"", "2472848566.371110")),
                arguments("ansible_job_id", launch("\"j1.1\"", "\"" + "x".repeat(256) + "\"")),
                arguments("ansible_job_id", launch("\"j1.1\"", "\"j\\ud800\"")),
                arguments("ansible_job_id", launch("\"j1.1\"", "\"j\\n1\"")),
                arguments("async", launch("\"async\":60", "\"async\":-1")),
                arguments("async", launch("\"async\":60", "\"async\":9007199254740992")),
                arguments("async", launch("\"async\":60", "\"async\":\"60\"")),
                arguments("check_mode", launch("\"check_mode\":false", "\"check_mode\":\"no\"")),
                arguments(
                        "execution_host",
                        of("job_polled", "\"host\":\"h\"", "\"ansible_job_id\":\"j\"", "\"execution_host\":\"\"")),
                arguments(
                        "results_file",
                        of("job_polled", "\"host\":\"h\"", "\"ansible_job_id\":\"j\"", "\"results_file\":\"\\u0000\"")),
                arguments(
                        "message",
                        of(
                                "job_ended",
                                "\"host\":\"h\"",
                                "\"ansible_job_id\":\"j\"",
                                "\"status\":\"failed\"",
                                "\"message\":\"\\ud83d\"")),
                arguments("status", of("job_ended", "\"host\":\"h\"", "\"ansible_job_id\":\"j\"")),
                arguments(
                        "status",
                        of("job_ended", "\"host\":\"h\"", "\"ansible_job_id\":\"j\"", "\"status\":\"running\"")),
                arguments(
                        "status", of("job_ended", "\"host\":\"h\"", "\"ansible_job_id\":\"j\"", "\"status\":\"done\"")),
                arguments(
                        "rc",
                        of(
                                "job_ended",
                                "\"host\":\"h\"",
                                "\"ansible_job_id\":\"j\"",
                                "\"status\":\"failed\"",
                                "\"rc\":1.5")),
                arguments(
                        "details",
                        of(
                                "job_ended",
                                "\"host\":\"h\"",
                                "\"ansible_job_id\":\"j\"",
                                "\"status\":\"failed\"",
                                "\"details\":\"x\"")),
                arguments(
                        "details.stdout",
                        of(
                                "job_ended",
                                "\"host\":\"h\"",
                                "\"ansible_job_id\":\"j\"",
                                "\"status\":\"failed\"",
                                "\"details\":{\"stdout\":[1]}")),
                arguments("details.module_args", launch("\"check_mode\":false", "\"details\":{\"module_args\":\"x\"}")),
                arguments("play", of("play_started")),
                arguments("seq", of("run_started", "\"kind\":\"playbook\"")),
                arguments("kind", of("run_started", "\"kind\":\"pull\"").replace("\"seq\":2", "\"seq\":1")),
                arguments("tags", of("run_started", "\"tags\":\"all\"").replace("\"seq\":2", "\"seq\":1")),
                arguments("argv", of("run_started", "\"argv\":[1]").replace("\"seq\":2", "\"seq\":1")),
                arguments(
                        "labels.team",
                        of("run_started", "\"labels\":{\"team\":1}").replace("\"seq\":2", "\"seq\":1")),
                arguments("stats", of("run_finished", "\"stats\":[]")),
                arguments("reason", of("run_interrupted", "\"reason\":7")),
                arguments("ansible_job_id", of("job_ended", "\"host\":\"h\"", "\"status\":\"failed\"")),
                arguments(
                        "launch",
                        of(
                                "job_ended",
                                "\"host\":\"h\"",
                                "\"status\":\"failed\"",
                                "\"launch\":1",
                                "\"ansible_job_id\":\"j\"")),
                arguments("launch", of("job_ended", "\"host\":\"h\"", "\"status\":\"failed\"", "\"launch\":2")),
                arguments("launch", of("job_polled", "\"host\":\"h\"", "\"launch\":0")),
                arguments("record", of("job_saved").replace("\"seq\":2", "\"seq\":1")),
                arguments(
                        "record.job_name",
                        of("job_saved", "\"record\":{\"host\":\"h\",\"play\":\"p\",\"ansible_job_id\":\"j\"}")
                                .replace("\"seq\":2", "\"seq\":1")),
                arguments(
                        "record.metadata",
                        of(
                                        "job_saved",
                                        "\"record\":{\"host\":\"h\",\"play\":\"p\",\"job_name\":\"j\",\"ansible_job_id\":\"j\",\"metadata\":[]}")
                                .replace("\"seq\":2", "\"seq\":1")),
                arguments(null, "7"),
                arguments(null, "null"),
                arguments(null, "[]"),
                arguments(null, launch("\"check_mode\":false", "\"check_mode\":false,\"unknown\":\"\\ud800\"")),
                arguments(
                        null,
                        launch(
                                "\"check_mode\":false",
                                "\"check_mode\":false,\"unknown\":\"" + "x".repeat(64_000) + "\"")));
    }

    @ParameterizedTest
    @MethodSource("badEvents")
    void badEvent_isNamedByIndexAndField_inBothFormats(String field, String event) {
        String good = launch("\"j1.1\"", "\"j1.2\"").replace("\"seq\":2", "\"seq\":3");
        for (boolean ndjson : new boolean[] {false, true}) {
            InvalidEvents refusal =
                    refused(ndjson ? good + "\n" + event + "\n" : "[" + good + "," + event + "]", ndjson);
            assertThat(refusal.faults()).hasSize(1);
            assertThat(refusal.faults().get(0).index()).isEqualTo(1);
            assertThat(refusal.faults().get(0).field()).isEqualTo(field);
            assertThat(refusal.faults().get(0).detail()).isNotBlank();
            assertThat(refusal.tooLarge()).isFalse();
        }
    }

    static Stream<Arguments> unreadableBodies() {
        String good = launch("\"j1.1\"", "\"j1.1\"");
        return Stream.of(
                arguments("", "array"),
                arguments("   ", "array"),
                arguments("hello", "not JSON"),
                arguments("{", "not JSON"),
                arguments(good, "array"),
                arguments("7", "array"),
                arguments("null", "array"),
                arguments("[" + good, "not JSON"),
                arguments("[" + good + "] []", "not JSON"),
                arguments("[" + good + "]x", "not JSON"),
                arguments("[" + good.replace("\"seq\":2", "\"seq\":2,\"seq\":3") + "]", "Duplicate"),
                arguments("[" + good.replace("\"seq\":2", "\"seq\":" + "9".repeat(200)) + "]", "not JSON"),
                arguments("[".repeat(100) + "]".repeat(100), "depth"),
                arguments(
                        "[" + good.replace("\"async\":60", "\"deep\":" + "{\"a\":".repeat(80) + "1" + "}".repeat(80))
                                + "]",
                        "depth"),
                arguments("[NaN]", "not JSON"),
                arguments("<html></html>", "not JSON"));
    }

    @ParameterizedTest
    @MethodSource("unreadableBodies")
    void unreadableBody_saysWhy(String body, String why) {
        InvalidEvents refusal = refused(body, false);
        assertThat(refusal.faults())
                .singleElement()
                .satisfies(fault -> assertThat(fault.index()).isEqualTo(-1));
        assertThat(refusal.getMessage()).contains(why).hasSizeLessThan(500);
    }

    @Test
    void brokenLine_isNamed_andNothingOfTheBatchIsTaken() {
        String good = launch("\"j1.1\"", "\"j1.1\"");
        for (String broken : List.of("{\"type\":", good + good, good + " x", "[" + good + "]\nx", "}")) {
            InvalidEvents refusal = refused(good + "\n" + broken + "\n" + good + "\n", true);
            assertThat(refusal.faults().get(0).index()).as(broken).isPositive();
        }
    }

    @Test
    void arrayAsNdjson_isRefused_insteadOfReadInPart() {
        String good = launch("\"j1.1\"", "\"j1.1\"");
        assertThat(refused("[" + good + "] trailing", true).faults().get(0).index())
                .isZero();
        assertThat(refused("[" + good + "]", true).faults().get(0).detail()).isEqualTo("must be a JSON object");
    }

    @Test
    void bytesThatAreNoUtf8_areRefused() {
        byte[] good = ("[" + launch("\"j1.1\"", "\"j1.1\"") + "]").getBytes(StandardCharsets.UTF_8);
        List<byte[]> bad = List.of(
                new byte[] {(byte) 0xff},
                new byte[] {(byte) 0xc0, (byte) 0x80},
                new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
                new byte[] {(byte) 0xe2, (byte) 0x82});
        for (byte[] bytes : bad) {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            int place = new String(good, StandardCharsets.UTF_8).indexOf("\"host\":\"h") + 8;
            body.write(good, 0, place);
            body.writeBytes(bytes);
            body.write(good, place, good.length - place);
            assertThat(refused(body.toByteArray(), false).getMessage()).isEqualTo("the body is not UTF-8");
        }
        assertThat(refused(("[]").getBytes(StandardCharsets.UTF_16), false).faults())
                .hasSize(1);
    }

    @Test
    void emptyBatch_isAGoodBatchOfNothing() throws InvalidEvents {
        assertThat(decode("[]", false)).isEmpty();
        assertThat(decode("", true)).isEmpty();
        assertThat(decode("\n \n\r\n", true)).isEmpty();
    }

    @Test
    void tooManyEvents_areTooLarge_andNameTheLimit() {
        List<ObjectNode> events = new ArrayList<>();
        for (int seq = 1; seq <= 10_000; seq++) {
            events.add(json("run_alive", run(1), seq, seq));
        }
        StringBuilder lines = new StringBuilder();
        events.forEach(event -> lines.append(event).append('\n'));
        for (InvalidEvents refusal : List.of(refused(events.toString(), false), refused(lines.toString(), true))) {
            assertThat(refusal.tooLarge()).isTrue();
            assertThat(refusal.getMessage()).contains("1000").contains("max-batch-events");
        }
    }

    @Test
    void exactlyTheMostEvents_areTaken() throws InvalidEvents {
        StringBuilder lines = new StringBuilder();
        for (int seq = 1; seq <= 1000; seq++) {
            lines.append(json("run_alive", run(1), seq, seq)).append('\n');
        }
        assertThat(decode(lines.toString(), true)).hasSize(1000);
    }

    @Test
    void manyFaults_areCutToAHundred() {
        assertThat(refused("[" + "7,".repeat(499) + "7]", false).faults()).hasSize(100);
    }

    @Test
    void everyFaultOfAnEvent_isSaidAtOnce() {
        InvalidEvents refusal =
                refused("[{\"type\":\"job_started\",\"run_id\":\"x\",\"seq\":0,\"at\":\"now\",\"host\":\"\"}]", false);
        assertThat(refusal.faults())
                .extracting(InvalidEvents.Fault::field)
                .contains("run_id", "seq", "at", "host", "play", "job", "task", "ansible_job_id");
    }

    @Test
    void runStarted_mayBeLong_becauseACommandLineMay() throws InvalidEvents {
        String[] words = new String[5000];
        java.util.Arrays.fill(words, "x".repeat(100));
        ObjectNode event = json("run_started", run(1), 1, 0, "kind", "playbook", "argv", words);
        assertThat(decode("[" + event + "]", false)).hasSize(1);
        event.put("padding", "x".repeat(600_000));
        assertThat(refused("[" + event + "]", false).faults().get(0).detail()).contains("1000000 characters");
    }

    @ParameterizedTest
    @ValueSource(strings = {"unknown_field", "x"})
    void unknownFields_areKeptWithTheEvent(String name) throws InvalidEvents {
        Event event = decode(
                        "["
                                + launch(
                                        "\"check_mode\":false",
                                        "\"check_mode\":null,\"" + name + "\":{\"a\":[1,2.50,null]}")
                                + "]",
                        false)
                .get(0);
        assertThat(event.head().body()).contains("\"" + name + "\":{\"a\":[1,2.50,null]}");
    }

    @Test
    void secretsOfABadBody_areNotRepeatedInTheComplaint() {
        assertThat(refused("[{\"password\": hunter2}]", false).getMessage()).doesNotContain("password");
    }

    @Test
    void times_ofOtherOffsets_areReadAsUtc_toTheMicrosecond() throws InvalidEvents {
        Event event = decode(
                        "[" + launch("2026-11-20T10:30:45.123456Z", "2026-11-20T11:30:45.123456789+01:00") + "]", false)
                .get(0);
        assertThat(event.head().at()).hasToString("2026-11-20T10:30:45.123456Z");
        assertThat(Wire.T0).isBefore(event.head().at());
    }

    /** Eight megabytes of brackets would be half a gigabyte of objects. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void bodyOfVeryManyValues_isRefusedBeforeItIsBuilt(boolean ndjson) {
        String brackets = "[" + "[],".repeat(2_700_000) + "1]";
        assertThatThrownBy(() -> DECODER.decode(brackets.getBytes(StandardCharsets.UTF_8), ndjson))
                .isInstanceOf(InvalidEvents.class)
                .hasMessageContaining("500000 JSON values")
                .matches(e -> ((InvalidEvents) e).tooLarge());
    }
}
