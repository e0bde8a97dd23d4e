package io.jobledger.sink.mirror.s3;

import static io.jobledger.sink.mirror.Records.EARLY;
import static io.jobledger.sink.mirror.Records.LATE;
import static io.jobledger.sink.mirror.Records.key;
import static io.jobledger.sink.mirror.Records.running;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpServer;
import io.jobledger.config.S3Settings;
import io.jobledger.model.JobRecord;
import io.jobledger.sink.mirror.CheckStep;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The table of what a store and the way there can refuse: each has its message, and is known to pass or to last. */
class S3FailuresTest {
    private static final JobRecord RECORD = running(key("db1", "play", "job"), "j1.1", EARLY);

    private static S3Server server;

    @BeforeAll
    static void start() throws Exception {
        server = new S3Server("--checked");
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
    }

    @BeforeEach
    void signIn() {
        S3Server.signIn(server.writer);
    }

    private static MirrorException putFails(String uri, S3Settings settings, boolean passes) {
        try (Mirror mirror = new S3Mirror(uri, settings)) {
            MirrorException e = catchThrowableOfType(MirrorException.class, () -> mirror.put(RECORD));
            assertThat(e).as("put must fail").isNotNull();
            assertThat(e.isPassing()).as(e.getMessage()).isEqualTo(passes);
            assertThat(e.getMessage()).doesNotContain("\n", server.writer.secret());
            return e;
        }
    }

    @Test
    void put_byWhoMay_isThere() {
        try (Mirror mirror = new S3Mirror("s3://first/good", server.settings())) {
            mirror.put(RECORD);
            assertThat(mirror.get(RECORD.key())).contains(RECORD);
        }
    }

    @Test
    void put_unknownKey_isNotAccepted() {
        S3Server.signIn(new S3Server.Key("AKIAUNKNOWN", "x"));
        assertThat(putFails("s3://first", server.settings(), false))
                .hasMessageContaining("does not accept the access key AKIAUNKNOWN")
                .hasMessageContaining("InvalidAccessKeyId");
    }

    @Test
    void put_wrongSecret_isNotAccepted() {
        S3Server.signIn(new S3Server.Key(server.writer.id(), "wrong"));
        assertThat(putFails("s3://first", server.settings(), false))
                .hasMessageContaining("its secret was copied whole")
                .hasMessageContaining("SignatureDoesNotMatch");
    }

    @Test
    void put_byWhoMayOnlyRead_namesThePolicy_andReadingWorks() {
        try (Mirror mirror = new S3Mirror("s3://first/shared", server.settings())) {
            mirror.put(RECORD);
        }
        S3Server.signIn(server.reader);
        assertThat(putFails("s3://first/shared", server.settings(), false))
                .hasMessageContaining("permission denied to the access key " + server.reader.id())
                .hasMessageContaining("s3:PutObject and s3:DeleteObject on arn:aws:s3:::first/*");
        try (Mirror mirror = new S3Mirror("s3://first/shared", server.settings())) {
            assertThat(mirror.get(RECORD.key())).contains(RECORD);
            mirror.requireReadable();
        }
    }

    @Test
    void put_noSuchBucket_saysHowToMakeIt() {
        assertThat(putFails("s3://no-such-bucket", server.settings(), false))
                .hasMessageContaining("the bucket 'no-such-bucket' does not exist at " + server.endpoint())
                .hasMessageContaining("aws s3 mb s3://no-such-bucket");
        try (Mirror mirror = new S3Mirror("s3://no-such-bucket", server.settings())) {
            assertThat(mirror.probe())
                    .extracting(CheckStep::outcome)
                    .startsWith(CheckStep.Outcome.PASSED, CheckStep.Outcome.FAILED, CheckStep.Outcome.SKIPPED);
        }
    }

    @Test
    void put_nobodyListens_isRefusedAndNoTimeOut() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        assertThat(putFails("s3://first", S3Server.at("http://127.0.0.1:" + port), true))
                .hasMessageContaining("http://127.0.0.1:" + port + " cannot be reached")
                .hasMessageContaining("store runs");
    }

    @Test
    void put_hostUnknown_saysSo() {
        assertThat(putFails("s3://first", S3Server.at("http://object-storage.invalid"), true))
                .hasMessageContaining("the host of http://object-storage.invalid is not known")
                .hasMessageContaining("DNS");
    }

    @Test
    void put_notTls_namesTheSetting() {
        assertThat(putFails("s3://first", S3Server.at(server.endpoint().replace("http:", "https:")), true))
                .hasMessageContaining("no trusted TLS connection")
                .hasMessageContaining("s3-ca-file");
    }

    @Test
    void put_noAnswer_isATimeOut() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            S3Settings settings = new S3Settings(
                    null,
                    "http://127.0.0.1:" + silent.getLocalPort(),
                    S3Settings.PathStyle.AUTO,
                    null,
                    Duration.ofSeconds(2),
                    Duration.ofMillis(200));
            assertThat(putFails("s3://first", settings, true)).hasMessageContaining("did not answer in time");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "not a certificate"})
    void put_caFileThatIsNone_isNamed(String content, @TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("ca.pem"), content);
        S3Settings settings =
                S3Settings.of(Map.of("AWS_ENDPOINT_URL", "https://127.0.0.1:1", "AWS_CA_BUNDLE", file.toString()));
        assertThat(putFails("s3://first", settings, false)).hasMessageContaining("s3-ca-file, " + file);
    }

    static Stream<Arguments> answers() {
        return Stream.of(
                Arguments.of(403, "RequestTimeTooSkewed", true, List.of("clock is wrong", "15 minutes", "NTP")),
                Arguments.of(400, "ExpiredToken", false, List.of("temporary credentials have expired")),
                Arguments.of(301, "PermanentRedirect", false, List.of("another region", "in eu-west-3", "s3-region")),
                Arguments.of(
                        400,
                        "AuthorizationHeaderMalformed",
                        false,
                        List.of("another region than us-east-1", "s3-region")),
                Arguments.of(503, "SlowDown", true, List.of("throttles", "mirror-concurrency")),
                Arguments.of(500, "InternalError", true, List.of("failure of its own")),
                Arguments.of(403, "InvalidObjectState", false, List.of("archive", "lifecycle")),
                Arguments.of(400, "EntityTooLarge", false, List.of("refuses the request", "EntityTooLarge")));
    }

    @ParameterizedTest
    @MethodSource("answers")
    void put_storeRefuses_saysWhyAndWhetherItPasses(int status, String code, boolean passes, List<String> words)
            throws IOException {
        HttpServer refusing = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        refusing.createContext("/", exchange -> {
            byte[] body = ("<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>said</Message></Error>")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().add("x-amz-bucket-region", "eu-west-3");
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        refusing.start();
        try {
            String endpoint = "http://127.0.0.1:" + refusing.getAddress().getPort();
            assertThat(putFails("s3://first", S3Server.at(endpoint), passes).getMessage())
                    .contains(words);
        } finally {
            refusing.stop(0);
        }
    }

    @Test
    void store_withoutConditions_isReadFirst_saidSo_andRefusedForACopyOfTheLog() throws Exception {
        try (S3Server plain = new S3Server("--without-conditions");
                Mirror other = plain.mirror("first");
                Mirror mirror = plain.mirror("first")) {
            other.put(running(key("a", "b", "c"), "j2", LATE));
            // Its names were new so far: a guess would put this one over the newer.
            assertThat(mirror.put(running(key("a", "b", "c"), "j1", EARLY))).isFalse();
            assertThat(mirror.get(key("a", "b", "c")).orElseThrow().jobId().value())
                    .isEqualTo("j2");
            assertThat(mirror.probe())
                    .filteredOn(step -> step.name().equals("conditions"))
                    .singleElement()
                    .satisfies(step -> assertThat(step.text()).contains("NO conditional puts"));
            assertThatThrownBy(() -> mirror.objects().put("x", new byte[] {1}, null))
                    .isInstanceOf(MirrorException.class)
                    .hasMessageContaining("no conditional puts");
        } finally {
            S3Server.signIn(server.writer);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3://",
                "s3:///x",
                "s3://a",
                "s3://bucket/../x",
                "s3://bucket/.x",
                "s3://key@bucket/x",
                "s3://b c"
            })
    void uri_thatIsNone_isRefused(String uri) {
        assertThatThrownBy(() -> new S3Mirror(uri, server.settings())).isInstanceOf(IllegalArgumentException.class);
    }
}
