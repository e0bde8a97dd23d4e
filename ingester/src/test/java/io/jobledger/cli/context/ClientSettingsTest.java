package io.jobledger.cli.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.Wire;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.config.ClientSetting;
import io.jobledger.config.InvalidSetting;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which of flag, environment, context, settings file and default counts, and that no ledger hears another's token. */
class ClientSettingsTest {
    private static final String TOKEN = "jl_" + "0".repeat(64);

    @TempDir
    Path config;

    private final Map<String, String> environment = new HashMap<>();

    private ContextStore store() {
        environment.put("XDG_CONFIG_HOME", config.toString());
        return ContextStore.of(environment);
    }

    private void keep(String name, String url) {
        store().keep(
                        new Context(
                                name,
                                Map.of(ClientSetting.URL, url),
                                Map.of("label", List.of("team=db", "x=y"), "play", List.of("Nightly"))),
                        TOKEN,
                        "PEM".getBytes(StandardCharsets.UTF_8));
    }

    private ClientSettings find(String url, String context) {
        store();
        return ClientSettings.find(url, context, environment);
    }

    private void file(String lines) throws IOException {
        Files.createDirectories(config.resolve("jobledger"));
        Files.writeString(config.resolve("jobledger/jobledger.properties"), lines);
    }

    private static String token(ClientSettings settings) {
        return settings.get(ClientSetting.TOKEN_FILE)
                .map(ClientSettings.Sourced::value)
                .orElse(null);
    }

    @Test
    void firstThatIsThere_counts() throws IOException {
        assertThat(find(null, null).url()).isEqualTo("http://127.0.0.1:8740");
        assertThat(find(null, null).urlFrom()).isEqualTo("the default");
        file("url = http://file:1\ntoken-file = /file.token\nport = 9\n");
        assertThat(find(null, null).url()).isEqualTo("http://file:1");
        assertThat(find(null, null).urlFrom()).contains("jobledger.properties");
        assertThat(token(find(null, null))).isEqualTo("/file.token");
        keep("prod", "http://prod:1");
        keep("staging", "http://staging:1");
        assertThat(find(null, null).url()).isEqualTo("http://staging:1");
        assertThat(find(null, null).urlFrom()).isEqualTo("the context staging");
        environment.put(ContextStore.VARIABLE, "prod");
        assertThat(find(null, null).url()).isEqualTo("http://prod:1");
        environment.put("JOBLEDGER_URL", "http://variable:1");
        assertThat(find(null, null).urlFrom()).isEqualTo("JOBLEDGER_URL");
        assertThat(find("http://flag:1", null).url()).isEqualTo("http://flag:1");
        environment.put("JOBLEDGER_TOKEN", TOKEN);
        ClientSettings asked = find(null, "staging");
        assertThat(asked.url()).isEqualTo("http://staging:1");
        assertThat(asked.token())
                .as("the context was asked for, with its token")
                .isEmpty();
        assertThat(token(asked)).endsWith("contexts/staging/token");
        assertThatThrownBy(() -> find("http://flag:1", "staging"))
                .isInstanceOfSatisfying(
                        CommandFailed.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCodes.USAGE));
    }

    @Test
    void noLedger_hearsTheTokenOfAnother() throws IOException {
        file("url = http://file:1\ntoken-file = /file.token\n");
        keep("prod", "http://prod:1/");
        assertThat(token(find("http://prod:1", null))).endsWith("prod/token");
        assertThat(token(find("http://elsewhere:1", null))).isNull();
        assertThat(find("http://elsewhere:1", null).filters()).isEmpty();
        assertThat(find("http://elsewhere:1", null).get(ClientSetting.CA_FILE)).isEmpty();
        assertThat(token(find("http://file:1", null))).isEqualTo("/file.token");
        environment.put("JOBLEDGER_URL", "http://elsewhere:1");
        assertThat(token(find(null, null))).isNull();
        environment.put("JOBLEDGER_TOKEN_FILE", "/variable.token");
        assertThat(token(find(null, null))).isEqualTo("/variable.token");
    }

    @Test
    void whatIsKept_isPrivate_andReadAgain() throws IOException {
        keep("prod", "http://prod:1");
        try (Stream<Path> all = Files.walk(config.resolve("jobledger"))) {
            for (Path path : all.toList()) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                        .as(path.toString())
                        .isEqualTo(Files.isDirectory(path) ? "rwx------" : "rw-------");
            }
        }
        Context read = store().get("prod");
        assertThat(read.filters()).isEqualTo(Map.of("label", List.of("team=db", "x=y"), "play", List.of("Nightly")));
        assertThat(Files.readString(Path.of(read.values().get(ClientSetting.TOKEN_FILE))))
                .isEqualTo(TOKEN);
        store().keep(new Context("prod", Map.of(ClientSetting.URL, "http://prod:2"), Map.of()), null, null);
        assertThat(store().get("prod").values()).containsOnlyKeys(ClientSetting.URL);
        assertThat(config.resolve("jobledger/contexts/prod/token")).doesNotExist();
    }

    @Test
    void removing_takesTheTokenToo_andWhatIsMissingIsNamed() {
        keep("prod", "http://prod:1");
        keep("staging", "http://staging:1");
        store().use("prod");
        assertThat(store().current()).contains("prod");
        store().remove("prod");
        assertThat(config.resolve("jobledger/contexts/prod")).doesNotExist();
        assertThat(store().current()).isEmpty();
        assertThatThrownBy(() -> store().use("prod"))
                .isInstanceOfSatisfying(
                        CommandFailed.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCodes.NOT_FOUND))
                .hasMessageContaining("there are: staging");
        assertThatThrownBy(() -> store().get("../staging")).isInstanceOf(CommandFailed.class);
        assertThatThrownBy(() -> ContextStore.checkName(".current")).isInstanceOf(CommandFailed.class);
    }

    @Test
    void settingsPage_hasEveryOne() throws IOException {
        String page = Files.readString(Wire.checkout().resolve("docs/reference/settings.md"));
        for (ClientSetting setting : ClientSetting.values()) {
            assertThat(page)
                    .contains("| `" + setting.variable() + "` | `" + setting.key() + "` | " + setting.meaning() + " |");
        }
    }

    @Test
    void settingsFile_stillRefusesWhatIsNoSetting() throws IOException {
        file("uri = http://file:1\n");
        assertThatThrownBy(() -> find(null, null))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("'uri'")
                .hasMessageContaining("token-file");
    }
}
