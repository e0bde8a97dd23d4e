package io.jobledger.cli.setup;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.auth.FileTokenStore;
import io.jobledger.auth.Scope;
import io.jobledger.auth.TokenAdmin;
import io.jobledger.cli.Shell;
import io.jobledger.cli.serve.Ingester;
import io.jobledger.config.Setting;
import io.jobledger.config.SettingsLoader;
import io.jobledger.json.Json;
import io.jobledger.trail.FileTrail;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Login, contexts and doctor as processes of their own, with a home of their own, against a real ingester. */
class SetupCommandsTest {
    private static final String CONFIG = """
            CONFIG_FILE() = /site/ansible.cfg
            CALLBACKS_ENABLED(%s) = %s
            COLLECTIONS_PATHS(default) = ['/usr/share/ansible/collections']
            """;

    @TempDir
    static Path data;

    private static Ingester ingester;
    private static String url;
    private static String token;

    @TempDir
    Path home;

    private final Map<String, String> environment = new HashMap<>();

    record Done(int code, String out, String err) {}

    @BeforeAll
    static void start() {
        token = new TokenAdmin(
                        new FileTokenStore(data.resolve("tokens.json")),
                        new FileTrail(data.resolve("audit.jsonl"), Clock.systemUTC()),
                        Clock.systemUTC())
                .create(EnumSet.of(Scope.READ), "anna", null, "test")
                .text();
        ingester = Ingester.start(
                SettingsLoader.load(
                        Map.of(Setting.PORT, "0", Setting.DATA_DIR, data.toString(), Setting.MIRROR, "none"),
                        null,
                        Map.of("XDG_CONFIG_HOME", data.toString())),
                Clock.systemUTC());
        url = ingester.greeting().replaceFirst(".* listens on (\\S+) .*", "$1");
    }

    @AfterAll
    static void stop() {
        ingester.close();
    }

    @BeforeEach
    void emptyHome() throws IOException {
        // No Ansible but what a test puts there.
        Files.createDirectories(home.resolve("bin"));
        environment.putAll(Map.of(
                "HOME",
                home.toString(),
                "XDG_CONFIG_HOME",
                home.resolve("config").toString(),
                "XDG_STATE_HOME",
                home.resolve("state").toString(),
                "TMPDIR",
                home.toString(),
                "PATH",
                home.resolve("bin") + ":/bin:/usr/bin"));
    }

    private Done run(String input, String... words) throws Exception {
        ProcessBuilder builder = Shell.process(Shell.program(words));
        builder.environment().putAll(environment);
        Path err = home.resolve("err");
        Process process = builder.redirectError(err.toFile()).start();
        process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Done(process.waitFor(), out, Files.readString(err));
    }

    private void program(String name, String script) throws IOException {
        Path file = Files.writeString(home.resolve("bin").resolve(name), "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Stand-ins for Ansible that say what it would. */
    private void ansible(String origin, String enabled, String options) throws IOException {
        Files.writeString(home.resolve("base"), CONFIG.formatted(origin, enabled));
        Files.writeString(home.resolve("options"), options);
        program("ansible-playbook", "echo 'ansible-playbook [core 2.19.14]'\n");
        program(
                "ansible-config",
                "case \"$*\" in *recorder*) cat '" + home.resolve("options") + "' ;; *) cat '" + home.resolve("base")
                        + "' ;; esac\n");
    }

    @Test
    void login_triesTheToken_thenKeepsIt_andCommandsNeedNoMore() throws Exception {
        Done wrong = run("jl_" + "1".repeat(64) + "\n", "login", url);
        assertThat(wrong.code()).as(wrong.err()).isEqualTo(1);
        assertThat(home.resolve("config/jobledger")).doesNotExist();
        assertThat(run("hello\n", "login", url).code()).isEqualTo(2);

        Done done = run(token + "\n", "login", url, "--name", "prod", "--filter", "label=team=db");
        assertThat(done.code()).as(done.err()).isZero();
        assertThat(done.out())
                .contains("the token 'anna' may read", "'prod' is the current one")
                .doesNotContain(token);
        Done listed = run("", "jobs", "ls");
        assertThat(listed).isEqualTo(new Done(0, "no jobs\n", listed.err()));
        assertThat(listed.err()).contains("Filters of the context prod: --label team=db; --unfiltered");
        assertThat(run("", "jobs", "ls", "--unfiltered").err()).isEmpty();
        assertThat(run("", "jobs", "ls", "--label", "team=web").err()).isEmpty();

        Done refused = run("", "jobs", "ls", "--url", url.replace("127.0.0.1", "localhost"));
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("no token was sent", "jobledger login", "JOBLEDGER_TOKEN_FILE");

        assertThat(run("", "context", "ls").out()).contains("CURRENT", "*", "prod", url, "kept", "label=team=db");
        assertThat(Json.MAPPER
                        .readTree(run("", "context", "ls", "-o", "json").out())
                        .at("/contexts/0/current")
                        .asBoolean())
                .isTrue();
        assertThat(run("", "context", "use", "none").code()).isEqualTo(3);
        assertThat(run("", "context", "rm", "prod").code()).isZero();
        assertThat(run("", "context", "ls").out()).contains("no contexts");
        assertThat(run("", "login", url, "--filter", "colour=red").err()).contains("--filter takes an option");
    }

    @Test
    void everyCommand_readsTheUrlOfTheSettingsFile() throws Exception {
        Path file = Files.writeString(home.resolve("token"), token);
        Files.createDirectories(home.resolve("config/jobledger"));
        Files.writeString(
                home.resolve("config/jobledger/jobledger.properties"),
                "url = " + url + "\ntoken-file = " + file + "\n");
        assertThat(run("", "runs", "ls").out()).isEqualTo("no runs\n");
        assertThat(run("", "verify").code()).isZero();
        Done doctor = run("", "doctor");
        assertThat(doctor.out()).contains("✓ ingester     " + url + " answers (the settings file ");
    }

    @Test
    void doctor_ticksWhatIsWell() throws Exception {
        run(token + "\n", "login", url);
        ansible(
                "/site/ansible.cfg",
                "['jobledger.core.recorder']",
                "[{\"recorder\":[{\"name\":\"url\",\"origin\":\"/site/ansible.cfg\",\"value\":\"" + url + "\"}]}]");
        Done done = run("", "doctor");
        assertThat(done.code()).as(done.out()).isZero();
        assertThat(done.out())
                .contains("✓ token        'anna' may read", "✓ clocks ", "✓ versions ", "✓ ledger ", "✓ waiting ")
                .contains("✓ callback     enabled by /site/ansible.cfg", "✓ recording ")
                .doesNotContain("✗", token);
    }

    @Test
    void doctor_saysWhatToDo() throws Exception {
        ansible("default", "[]", "[{\"recorder\":[{\"name\":\"timeout\",\"origin\":\"default\",\"value\":\"1\"}]}]");
        Path spools = Files.createDirectories(home.resolve("state/jobledger/spool/http%3A%2F%2Fx"));
        Files.writeString(spools.resolve("5f0c9a3e-7d7c-4c3b-9f0e-2a4b6c8d0e1f.spool"), "x");
        Done done = run("", "doctor", "--url", url, "-o", "json");
        assertThat(done.code()).isEqualTo(1);
        Map<String, JsonNode> checks = new HashMap<>();
        JsonNode answer = Json.MAPPER.readTree(done.out());
        answer.get("checks").forEach(check -> checks.put(check.get("check").asText(), check));
        assertThat(answer.get("ok").asBoolean()).isFalse();
        assertThat(checks.get("token").get("ok").asBoolean()).isFalse();
        assertThat(checks.get("token").get("advice").asText()).contains("jobledger login");
        assertThat(checks.get("waiting").get("text").asText()).startsWith("1 run has events that no ledger has yet");
        assertThat(checks.get("waiting").get("advice").asText()).contains("jobledger.core.replay");
        assertThat(checks.get("callback").get("text").asText()).contains("nothing sets callbacks_enabled here");
        assertThat(checks.get("callback").get("advice").asText())
                .contains("callbacks_enabled = jobledger.core.recorder");
        assertThat(checks.get("context").get("ok").isNull()).isTrue();

        Done away = run("", "doctor", "--url", "http://no-such-host.invalid:1");
        assertThat(away.code()).isEqualTo(1);
        assertThat(away.out()).contains("✗ ingester", "no machine is known by the name", "--url");
    }
}
