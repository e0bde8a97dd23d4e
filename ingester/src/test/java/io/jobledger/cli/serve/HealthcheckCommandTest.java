package io.jobledger.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.cli.FakeIngester;
import io.jobledger.cli.Ran;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.config.Setting;
import io.jobledger.config.SettingsLoader;
import io.jobledger.http.TestCa;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a container engine hears of an ingester: by its settings, without a token, with and without TLS. */
class HealthcheckCommandTest {
    @TempDir
    Path directory;

    private Ingester serve(Map<Setting, String> more) {
        Map<Setting, String> flags = new EnumMap<>(Setting.class);
        flags.put(Setting.PORT, "0");
        flags.put(Setting.DATA_DIR, directory.toString());
        flags.put(Setting.MIRROR, "none");
        flags.putAll(more);
        return Ingester.start(
                SettingsLoader.load(flags, null, Map.of("XDG_CONFIG_HOME", directory.toString())), Clock.systemUTC());
    }

    /** With more patience than its own: the machine may have much else to do. */
    private static Ran asked(String port, String... more) {
        return Ran.of(Stream.concat(Stream.of("healthcheck", "--timeout", "120s", "--port", port), Stream.of(more))
                .toArray(String[]::new));
    }

    private static String port(Ingester ingester) {
        Matcher port = Pattern.compile("https?://\\S+:(\\d+)").matcher(ingester.greeting());
        assertThat(port.find()).isTrue();
        return port.group(1);
    }

    @Test
    void ingesterThatCanStore_isHealthy_andOneThatHasEndedIsNot() {
        String port;
        try (Ingester ingester = serve(Map.of())) {
            port = port(ingester);
            assertThat(asked(port)).isEqualTo(new Ran(ExitCodes.OK, "ok\n", ""));
            assertThat(asked(port, "--listen", "0.0.0.0").code())
                    .as("whoever listens everywhere is asked on loopback")
                    .isEqualTo(ExitCodes.OK);
        }
        Ran after = asked(port);
        assertThat(after.code()).isEqualTo(ExitCodes.FAILED);
        assertThat(after.err()).contains("no ingester answers at http://127.0.0.1:" + port + "/readyz");
    }

    @Test
    void ingesterThatCannotStore_isNotHealthy() throws IOException {
        try (FakeIngester ingester = new FakeIngester()) {
            ingester.on(
                    "GET /readyz",
                    exchange -> FakeIngester.text(exchange, 507, "application/problem+json", "{\"status\":507}"));
            Ran ran = asked(ingester.url().replaceAll(".*:", ""));
            assertThat(ran.code()).isEqualTo(ExitCodes.FAILED);
            assertThat(ran.err()).contains("says 507");
        }
    }

    @Test
    void certificateIsTheOneOfTheSettings_whateverItsName_andNoOther() throws Exception {
        Path cert = directory.resolve("server.pem");
        Path key = directory.resolve("server.key");
        TestCa ca = new TestCa();
        TestCa.write(
                ca.issue(
                        "ledger",
                        "ledger.example.com",
                        Instant.parse("2020-01-01T00:00:00Z"),
                        Instant.parse("2050-01-01T00:00:00Z")),
                cert,
                key);
        try (Ingester ingester = serve(Map.of(Setting.TLS_CERT, cert.toString(), Setting.TLS_KEY, key.toString()))) {
            String port = port(ingester);
            assertThat(asked(port, "--tls-cert", cert.toString(), "--tls-key", key.toString()))
                    .isEqualTo(new Ran(ExitCodes.OK, "ok\n", ""));
            Path another = directory.resolve("another.pem");
            Path anotherKey = directory.resolve("another.key");
            new TestCa().write("another", another, anotherKey);
            assertThat(asked(port, "--tls-cert", another.toString(), "--tls-key", anotherKey.toString())
                            .code())
                    .isEqualTo(ExitCodes.FAILED);
        }
    }
}
