package io.jobledger.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Heads that a proxy in front may read otherwise than this server are refused, wherever on a connection they stand. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HeadsTest {
    private static final String GET = "GET /healthz HTTP/1.1\r\nHost: x\r\n";
    private static final String POST = "POST /api/v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    private static final String LAST = "Connection: close\r\n\r\n";
    private static final String FOLD = "A: b\r\n c\r\n";
    /** With empty lines and blanks after line ends, as bodies may have them. */
    private static final String BODY = "[\n\n  {\"a\":1},\r\n\r\n 2]";

    private static final String SIZED = POST + "Content-Length: " + BODY.length() + "\r\n\r\n" + BODY;
    private static final String CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n"
            + Integer.toHexString(BODY.length()) + "\r\n" + BODY + "\r\n0\r\n";

    @TempDir
    static Path directory;

    private RunningService service;

    @BeforeAll
    void start() {
        service = new RunningService(directory, List.of(), Map.of());
    }

    @AfterAll
    void stop() {
        service.close();
    }

    /** The statuses of all answers on one connection. */
    private List<String> statuses(String sent) {
        return Pattern.compile("HTTP/1\\.1 (\\d+)")
                .matcher(service.raw(sent))
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    @Test
    void twoHosts_areRefused() {
        assertThat(statuses(GET + "Host: x\r\n" + LAST)).containsExactly("400");
        assertThat(statuses(GET + "host: localhost\r\n" + LAST)).containsExactly("400");
    }

    @Test
    void headerThatGoesOnInTheNextLine_isRefused_whateverStoodBefore() {
        assertThat(statuses(GET + FOLD + LAST)).containsExactly("400");
        assertThat(statuses("GET /healthz HTTP/1.1\r\n Host: x\r\n" + LAST)).containsExactly("400");
        assertThat(statuses(POST + "Transfer-Encoding:\r\n\tchunked\r\n" + LAST + "0\r\n\r\n"))
                .containsExactly("400");
        assertThat(statuses(GET + "\r\n" + GET + FOLD + LAST)).containsExactly("200", "400");
        assertThat(statuses(SIZED + GET + FOLD + LAST)).containsExactly("400", "400");
        assertThat(statuses(CHUNKED + "\r\n" + GET + FOLD + LAST)).containsExactly("400", "400");
    }

    @Test
    void whatIsWellFormed_goesThrough() {
        assertThat(statuses("\r\n\r\n" + GET + "\r\n" + GET + LAST)).containsExactly("200", "200");
        assertThat(statuses(SIZED + GET + LAST)).containsExactly("400", "200");
        assertThat(statuses(CHUNKED + "\r\n" + GET + LAST)).containsExactly("400", "200");
        assertThat(statuses(CHUNKED + "Trailer: 1\r\n\r\n" + GET + LAST)).containsExactly("400", "200");
    }

    @Test
    void bytesOneByOne_areReadTheSame() throws IOException {
        for (String last : List.of(LAST, FOLD + LAST)) {
            try (Socket socket = new Socket("127.0.0.1", service.port())) {
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(20_000);
                for (byte one :
                        (POST + "Content-Length: 2\r\n\r\n[]" + GET + last).getBytes(StandardCharsets.US_ASCII)) {
                    socket.getOutputStream().write(one);
                }
                assertThat(RunningService.readAll(socket)).contains(last.equals(LAST) ? "\"ok\"" : "RFC 9112");
            } catch (IOException e) {
                // It may be closed before the last byte is sent.
                assertThat(last).isNotEqualTo(LAST);
            }
        }
    }
}
