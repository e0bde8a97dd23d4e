package io.jobledger.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.TestClock;
import io.jobledger.Wire;
import io.jobledger.auth.FileTokenStore;
import io.jobledger.auth.Tokens;
import io.jobledger.config.LedgerLocation;
import io.jobledger.config.Setting;
import io.jobledger.config.Settings;
import io.jobledger.config.SettingsLoader;
import io.jobledger.json.Json;
import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.Projected;
import io.jobledger.ledger.h2.EmbeddedLedger;
import io.jobledger.sink.SinkRelays;
import io.jobledger.sink.copy.LogCopier;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorRelay;
import io.jobledger.trail.FileTrail;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The HTTP service on a free port, over a real ledger in a temporary directory. */
public final class RunningService implements AutoCloseable {
    final TestClock clock = new TestClock(Wire.T0.plus(Duration.ofHours(1)));
    final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    public final Ledger ledger;
    final List<MirrorRelay> relays = new ArrayList<>();
    final SinkRelays sinks;
    /** To be started by the test. */
    final List<LogCopier> copiers = new ArrayList<>();

    final Tokens tokens;
    public final HttpService service;
    public final String url;

    public RunningService(Path directory, List<Mirror> mirrors, Map<Setting, String> settings) {
        Map<Setting, String> flags = new EnumMap<>(Setting.class);
        flags.put(Setting.PORT, "0");
        flags.put(Setting.DATA_DIR, directory.toString());
        // What the tests that write requests by hand have as their host.
        flags.put(Setting.HOST_NAMES, "x");
        flags.putAll(settings);
        Settings loaded = SettingsLoader.load(flags, null, Map.of("XDG_CONFIG_HOME", directory.toString()));
        EmbeddedLedger h2 = EmbeddedLedger.open(
                new EmbeddedLedger.Options(
                        ((LedgerLocation.File) loaded.ledger()).base(),
                        16_384,
                        loaded.queueEvents(),
                        loaded.commitEvents(),
                        0,
                        loaded.queryTimeout()),
                mirrors.stream().map(Mirror::uri).toList(),
                clock);
        ledger = h2;
        for (int i = 0; i < mirrors.size(); i++) {
            LogCopier copier = loaded.logCopy() == null
                    ? null
                    : new LogCopier(mirrors.get(i), ledger.files(), Map.of(), loaded.logCopy(), clock);
            if (copier != null) {
                copiers.add(copier);
            }
            relays.add(new MirrorRelay(
                    mirrors.get(i),
                    h2.mirrors().get(i),
                    ledger.outbox(),
                    ledger.jobs(),
                    2,
                    Duration.ofMillis(20),
                    copier));
        }
        tokens = new Tokens(new FileTokenStore(loaded.access().tokens()), clock).start();
        service = new HttpService(
                loaded,
                ledger,
                relays,
                sinks = new SinkRelays(ledger, clock),
                clock,
                "test",
                tokens,
                new FileTrail(loaded.access().auditTrail(), clock));
        url = service.start();
    }

    public int port() {
        return URI.create(url).getPort();
    }

    /**
     * Every answer must be one that docs/openapi.yaml allows. Lists have heard of what was stored when this returns.
     */
    public HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response =
                    client.send(request.timeout(Duration.ofSeconds(60)).build(), BodyHandlers.ofString());
            if (response.headers().firstValue("content-encoding").isEmpty()) {
                OpenApi.DOCUMENT.check(response);
            }
            if (!response.request().method().equals("GET") && response.statusCode() == 200) {
                Projected.all(ledger);
            }
            return response;
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    public HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url + path));
    }

    public HttpResponse<String> get(String path) {
        return send(request(path));
    }

    public HttpResponse<String> post(String body) {
        return send(request("/api/v1/events")
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(body)));
    }

    HttpResponse<String> put(String path, String body) {
        return send(request(path).header("content-type", "application/json").PUT(BodyPublishers.ofString(body)));
    }

    public static JsonNode json(String text) {
        try {
            return Json.OWN.readTree(text);
        } catch (IOException e) {
            throw new AssertionError("not JSON: " + text, e);
        }
    }

    /**
     * Sends bytes as they are and returns all that comes back until the server closes; for what a client library would
     * not send.
     */
    String raw(String text) {
        try (Socket socket = new Socket("127.0.0.1", port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
            return readAll(socket);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static String readAll(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }

    /** One request with a raw path on a connection of its own. */
    String rawGet(String path) {
        return raw("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    }

    @Override
    public void close() {
        service.close();
        tokens.close();
        copiers.forEach(LogCopier::close);
        relays.forEach(MirrorRelay::close);
        ledger.close();
    }
}
