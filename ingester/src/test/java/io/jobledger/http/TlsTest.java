package io.jobledger.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.jobledger.config.Setting;
import io.jobledger.config.Settings;
import io.jobledger.config.SettingsLoader;
import io.jobledger.http.guard.HttpStartException;
import io.jobledger.http.guard.TlsFiles;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS by files: who is trusted, client certificates, and new files without a restart. */
class TlsTest {
    @TempDir
    Path directory;

    private final TestCa ca = new TestCa();
    private final TestCa otherCa = new TestCa();
    private final Vertx vertx = Vertx.vertx();
    private Path cert;
    private Path key;

    @BeforeEach
    void writeFiles() throws IOException {
        cert = directory.resolve("server.pem");
        key = directory.resolve("server.key");
        ca.write("first", cert, key);
    }

    @AfterEach
    void closeVertx() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private RunningService start(Map<Setting, String> more) {
        Map<Setting, String> settings =
                new EnumMap<>(Map.of(Setting.TLS_CERT, cert.toString(), Setting.TLS_KEY, key.toString()));
        settings.putAll(more);
        return new RunningService(directory.resolve("data"), List.of(), settings);
    }

    /** Always a new connection. */
    private static HttpResponse<String> get(RunningService service, SSLContext client)
            throws IOException, InterruptedException {
        return HttpClient.newBuilder()
                .sslContext(client)
                .build()
                .send(
                        HttpRequest.newBuilder(URI.create(service.url + "/healthz"))
                                .timeout(Duration.ofSeconds(20))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    private static String served(RunningService service, SSLContext client) throws Exception {
        HttpResponse<String> response = get(service, client);
        assertThat(response.statusCode()).isEqualTo(200);
        return ((X509Certificate) response.sslSession().orElseThrow().getPeerCertificates()[0])
                .getSubjectX500Principal()
                .getName();
    }

    @Test
    void server_isTrustedByItsCa_andByNoOther_andSpeaksHttp11() throws Exception {
        try (RunningService service = start(Map.of())) {
            assertThat(service.url).startsWith("https://127.0.0.1:");
            assertThat(served(service, ca.client(null))).isEqualTo("CN=first");
            assertThat(get(service, ca.client(null)).version()).isEqualTo(HttpClient.Version.HTTP_1_1);
            assertThatThrownBy(() -> get(service, otherCa.client(null))).isInstanceOf(SSLHandshakeException.class);
            assertThat(service.raw("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
                    .as("plain text to a TLS port")
                    .doesNotContain(" 200 ");
        }
    }

    @Test
    void newFiles_areServedWithoutARestart_brokenOnesChangeNothing() throws Exception {
        try (RunningService service = start(Map.of())) {
            SSLContext client = ca.client(null);
            assertThat(served(service, client)).isEqualTo("CN=first");
            ca.write("second", cert, key);
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(
                            () -> assertThat(served(service, ca.client(null))).isEqualTo("CN=second"));

            Files.writeString(cert, "no certificate");
            // What comes after the broken file proves that it was seen, or passed over: in no case may it be served.
            assertThat(served(service, ca.client(null))).isEqualTo("CN=second");
            // A certificate that is not the key's.
            ca.write("mismatched", cert, directory.resolve("another.key"));
            assertThat(served(service, ca.client(null))).isEqualTo("CN=second");
            Files.delete(cert);
            assertThat(served(service, ca.client(null))).isEqualTo("CN=second");
            ca.write("third", cert, key);
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(
                            () -> assertThat(served(service, ca.client(null))).isEqualTo("CN=third"));
        }
    }

    @Test
    void brokenFiles_neverComeOutOfTheReader_andAreReadOnce() throws Exception {
        TlsFiles files = new TlsFiles(vertx, settings().access());
        files.read();
        assertThat(files.changed()).isFalse();
        ca.write("mismatched", cert, directory.resolve("another.key"));
        assertThat(files.changed()).isTrue();
        assertThatThrownBy(files::read)
                .isInstanceOf(HttpStartException.class)
                .hasMessageContaining(cert.toString())
                .hasMessageContaining("not that of the certificate");
        assertThat(files.changed()).as("it is complained of once").isFalse();
        Files.delete(cert);
        assertThat(files.changed()).isTrue();
        assertThatThrownBy(files::read).isInstanceOf(HttpStartException.class).hasMessageContaining("cannot be read");
        assertThat(files.changed()).isFalse();
        ca.write("whole", cert, key);
        assertThat(files.changed()).isTrue();
        files.read();
    }

    @Test
    void certificateThatNoClientWouldTake_isNotTaken_untilItsTimeComes() throws Exception {
        try (RunningService service = start(Map.of())) {
            Instant now = service.clock.instant();
            assertThat(daysLeft(service)).isGreaterThan(1000);
            TestCa.write(
                    ca.issue("expired", "localhost", now.minus(Duration.ofDays(90)), now.minusSeconds(60)), cert, key);
            refused(service, cert);
            Instant from = now.plus(Duration.ofDays(1));
            TestCa.write(ca.issue("early", "localhost", from, from.plus(Duration.ofDays(9000))), cert, key);
            refused(service, cert);
            service.clock.advance(Duration.ofDays(1));
            await().atMost(Duration.ofSeconds(30)).until(() -> daysLeft(service) > 8990 && daysLeft(service) <= 9000);
        }
    }

    /** The files are read, as they stand, and what they hold is not served. */
    private void refused(RunningService service, Path file) throws Exception {
        TlsFiles files = new TlsFiles(vertx, settings().access());
        assertThat(files.read().fault(service.clock.instant())).isNotNull();
        service.service.reload(settings().limits());
        assertThat(served(service, ca.client(null))).as(file.toString()).isEqualTo("CN=first");
        assertThat(daysLeft(service)).as("the metric is of what is served").isGreaterThan(1000);
    }

    private double daysLeft(RunningService service) throws Exception {
        HttpResponse<String> metrics = HttpClient.newBuilder()
                .sslContext(ca.client(null))
                .build()
                .send(
                        HttpRequest.newBuilder(URI.create(service.url + "/metrics"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(metrics.headers().firstValue("strict-transport-security")).contains("max-age=31536000");
        return Double.parseDouble(metrics.body()
                .lines()
                .filter(line -> line.startsWith("jobledger_tls_certificate_days_left "))
                .findFirst()
                .orElseThrow()
                .split(" ")[1]);
    }

    private Settings settings() {
        return SettingsLoader.load(
                Map.of(
                        Setting.TLS_CERT,
                        cert.toString(),
                        Setting.TLS_KEY,
                        key.toString(),
                        Setting.DATA_DIR,
                        directory.toString()),
                null,
                Map.of("XDG_CONFIG_HOME", directory.toString()));
    }

    @Test
    void clientCertificate_isNeeded_andMustBeOfTheCaThatIsSet() throws Exception {
        Path clients = directory.resolve("clients.pem");
        TestCa clientCa = new TestCa();
        clientCa.write(clients);
        try (RunningService service = start(Map.of(Setting.TLS_CLIENT_CA, clients.toString()))) {
            assertThat(served(service, ca.client(clientCa.issue("controller")))).isEqualTo("CN=first");
            assertThatThrownBy(() -> get(service, ca.client(null))).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> get(service, ca.client(otherCa.issue("stranger"))))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void filesThatCannotBeUsed_stopTheStart_andAreNamed() throws IOException {
        ca.write("other", directory.resolve("other.pem"), key);
        assertThatThrownBy(() -> start(Map.of()))
                .isInstanceOf(HttpStartException.class)
                .hasMessageContaining(key.toString())
                .hasMessageContaining("not that of the certificate");
    }
}
