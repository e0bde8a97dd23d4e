package io.jobledger.cli.ask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.http.TestCa;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A command says why TLS failed, and which setting helps; "nobody answers" it says where nobody does. */
class TlsFaultTest {
    private static final Instant PAST = Instant.parse("2020-01-01T00:00:00Z");
    private static final Instant FUTURE = Instant.parse("2050-01-01T00:00:00Z");

    @TempDir
    Path directory;

    private final TestCa ca = new TestCa();
    private HttpServer server;
    private Path caFile;

    @BeforeEach
    void writeCa() throws IOException {
        caFile = directory.resolve("ca.pem");
        ca.write(caFile);
    }

    @AfterEach
    void stop() {
        if (server != null) {
            server.stop(0);
        }
    }

    private void serve(X509Bundle certificate, boolean wantsClient) throws Exception {
        HttpsServer https = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                certificate.toKeyManagerFactory().getKeyManagers(),
                ca.issue("unused").toTrustManagerFactory().getTrustManagers(),
                null);
        https.setHttpsConfigurator(new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters wanted = context.getDefaultSSLParameters();
                wanted.setNeedClientAuth(wantsClient);
                parameters.setSSLParameters(wanted);
            }
        });
        server = https;
        server.start();
    }

    private String complaint(String scheme, String host, Map<String, String> more) {
        Map<String, String> environment = new HashMap<>(Map.of("JOBLEDGER_CA_FILE", caFile.toString()));
        environment.putAll(more);
        String[] said = new String[1];
        ApiClient api =
                new ApiClient(scheme + "://" + host + ":" + server.getAddress().getPort(), new ApiAccess(environment));
        assertThatThrownBy(() -> api.get("/api/v1"))
                .isInstanceOf(CommandFailed.class)
                .satisfies(e -> said[0] = e.getMessage());
        return said[0];
    }

    @Test
    void certificateOfAnotherName() throws Exception {
        serve(ca.issue("elsewhere", "elsewhere.example", PAST, FUTURE), false);
        assertThat(complaint("https", "localhost", Map.of()))
                .contains("for another name", "localhost", "JOBLEDGER_URL")
                .doesNotContain("no ingester answers");
    }

    @Test
    void certificateOfAnUnknownCa() throws Exception {
        serve(new TestCa().issue("stranger"), false);
        assertThat(complaint("https", "localhost", Map.of()))
                .contains("not of a CA that is trusted", "JOBLEDGER_CA_FILE")
                .doesNotContain("no ingester answers");
        assertThat(complaint("https", "localhost", Map.of("JOBLEDGER_CA_FILE", "")))
                .as("nor with what Java trusts")
                .contains("not of a CA that is trusted", "JOBLEDGER_CA_FILE");
    }

    @Test
    void certificateThatHasExpired_orIsNotValidYet() throws Exception {
        serve(ca.issue("old", "localhost", PAST, PAST.plusSeconds(86_400)), false);
        assertThat(complaint("https", "localhost", Map.of()))
                .contains("has expired", "2020", "without a restart")
                .doesNotContain("no ingester answers");
        server.stop(0);
        serve(ca.issue("young", "localhost", FUTURE.minusSeconds(86_400), FUTURE), false);
        assertThat(complaint("https", "localhost", Map.of())).contains("not valid yet", "clocks");
    }

    @Test
    void clientCertificateThatIsMissing() throws Exception {
        serve(ca.issue("server"), true);
        assertThat(complaint("https", "localhost", Map.of())).contains("client certificate", "JOBLEDGER_CLIENT_CERT");
    }

    @Test
    void plainHttp_whereTlsIsAskedFor_andTheOtherWayRound() throws Exception {
        try (ServerSocket plain = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread answering = new Thread(() -> answer(plain));
            answering.start();
            ApiClient api = new ApiClient("https://localhost:" + plain.getLocalPort(), new ApiAccess(Map.of()));
            assertThatThrownBy(() -> api.get("/api/v1"))
                    .isInstanceOf(CommandFailed.class)
                    .hasMessageContaining("does not speak TLS")
                    .hasMessageContaining("http://");
            answering.join();
        }
        serve(ca.issue("server"), false);
        assertThat(complaint("http", "localhost", Map.of())).contains("https://");
    }

    /** As an ingester does that is spoken to in TLS. */
    private static void answer(ServerSocket plain) {
        try (Socket socket = plain.accept()) {
            socket.getInputStream().read();
            socket.getOutputStream()
                    .write("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            socket.getInputStream().readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void nobody_isStillNobody() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.start();
        server.stop(0);
        assertThat(complaint("https", "127.0.0.1", Map.of())).contains("no ingester answers", "jobledger serve");
    }
}
