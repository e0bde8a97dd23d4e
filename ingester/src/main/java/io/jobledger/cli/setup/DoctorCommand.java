package io.jobledger.cli.setup;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.cli.ask.Connection;
import io.jobledger.cli.context.ClientSettings;
import io.jobledger.cli.context.ContextStore;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.cli.view.Version;
import io.jobledger.config.InvalidSetting;
import io.jobledger.config.SettingsFile;
import io.jobledger.config.Xdg;
import io.jobledger.terminal.Palette;
import io.jobledger.terminal.Printable;
import io.jobledger.terminal.Style;
import io.jobledger.terminal.Terminal;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code doctor}: what is installed, reachable and writable, and what to do where it is not. */
@Command(
        name = "doctor",
        description = "Says what is installed, reachable and writable on this machine: a tick, or what to do. Looks at"
                + " settings and context, the ingester with its certificate, clock and token, the spools, and whether"
                + " Ansible would record a run from this directory. Changes nothing. Exits with 1 when something is"
                + " wrong.",
        mixinStandardHelpOptions = true,
        footer = {"", "Example:", "  jobledger doctor -o json"})
public final class DoctorCommand implements Callable<Integer> {
    /** How it is shown. */
    enum Format {
        text,
        json
    }

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text or json. Default: text.")
    private Format format;

    @Mixin
    private Connection connection;

    @Override
    public Integer call() {
        Map<String, String> environment = System.getenv();
        Clock clock = Clock.systemUTC();
        List<Finding> found = new ArrayList<>();
        found.add(Finding.good(
                "program", "jobledger " + Version.number() + " on Java " + System.getProperty("java.version")));
        ClientSettings settings = settings(environment, found);
        if (settings != null) {
            found.addAll(new LedgerChecks(settings, clock).all());
        }
        Optional<AnsibleConfig> ansible = AnsibleConfig.ask();
        found.addAll(new SpoolChecks(spool(ansible, environment), fallback(environment), clock).all());
        if (settings != null) {
            found.addAll(new AnsibleChecks(ansible, settings).all());
        }
        boolean well = found.stream().noneMatch(one -> one.outcome() == Finding.Outcome.BAD);
        if (format == Format.json) {
            json(found, well);
        } else {
            text(found);
        }
        return well ? ExitCodes.OK : ExitCodes.FAILED;
    }

    /** Settings file and context; null when they cannot be used. */
    private ClientSettings settings(Map<String, String> environment, List<Finding> found) {
        try {
            SettingsFile file = SettingsFile.find(null, environment);
            found.add(
                    file.present()
                            ? Finding.good("settings", "the file " + file.path() + " can be read")
                            : Finding.none("settings", "there is no file " + file.path() + ", and none is needed"));
            ClientSettings settings = connection.settings();
            ContextStore store = ContextStore.of(environment);
            found.add(settings.context()
                    .map(context -> Finding.good("context", context.name() + " in " + store.directory()))
                    .orElseGet(() -> Finding.none(
                            "context",
                            store.names().isEmpty()
                                    ? "none was made; 'jobledger login URL' makes one"
                                    : "none counts: " + settings.urlFrom() + " names the ingester")));
            return settings;
        } catch (InvalidSetting e) {
            found.add(Finding.bad("settings", e.getMessage(), "mend the file, or name another by JOBLEDGER_CONFIG"));
        } catch (CommandFailed e) {
            found.add(Finding.bad("context", LedgerChecks.firstLine(e), "jobledger context ls"));
        }
        return null;
    }

    /** Where the recorder spools: by what Ansible says, else by the environment, else by its default. */
    private static Path spool(Optional<AnsibleConfig> ansible, Map<String, String> environment) {
        Path usual = Xdg.directory(environment, "XDG_STATE_HOME", ".local/state")
                .resolve("jobledger")
                .resolve("spool");
        return ansible.flatMap(config -> config.recorder("spool_dir"))
                .map(AnsibleConfig.Value::text)
                .or(() -> Optional.ofNullable(environment.get("JOBLEDGER_SPOOL_DIR")))
                .filter(text -> !text.isBlank())
                .map(text -> text.startsWith("~/")
                        ? Xdg.home(environment).resolve(text.substring(2))
                        : Path.of(text).toAbsolutePath())
                .orElse(usual);
    }

    private static Path fallback(Map<String, String> environment) {
        Path temporary = Path.of(Optional.ofNullable(environment.get("TMPDIR"))
                .filter(text -> !text.isEmpty())
                .orElse("/tmp"));
        String user;
        try {
            user = String.valueOf(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            // Not Linux: then what is there by that name is another's, and is not looked into.
            user = "none";
        }
        return temporary.resolve("jobledger-" + user);
    }

    private void text(List<Finding> found) {
        PrintWriter out = spec.commandLine().getOut();
        Palette palette = Palette.of(Palette.When.auto, Terminal.output(), System.getenv());
        for (Finding one : found) {
            Style style = switch (one.outcome()) {
                case GOOD -> Style.GOOD;
                case BAD -> Style.BAD;
                case NONE -> Style.FAINT;
            };
            out.printf(
                    "%s %-12s %s%n",
                    palette.paint(style, one.outcome().mark()), one.subject(), Printable.of(one.text()));
            if (one.advice() != null) {
                out.printf("  %-12s → %s%n", "", Printable.of(one.advice()));
            }
        }
        out.flush();
    }

    private void json(List<Finding> found, boolean well) {
        ObjectNode all = JsonNodeFactory.instance.objectNode().put("ok", well);
        ArrayNode checks = all.putArray("checks");
        for (Finding one : found) {
            ObjectNode check = checks.addObject().put("check", one.subject());
            if (one.outcome() == Finding.Outcome.NONE) {
                check.putNull("ok");
            } else {
                check.put("ok", one.outcome() == Finding.Outcome.GOOD);
            }
            check.put("text", one.text()).put("advice", one.advice());
        }
        spec.commandLine().getOut().println(all.toPrettyString());
        spec.commandLine().getOut().flush();
    }
}
