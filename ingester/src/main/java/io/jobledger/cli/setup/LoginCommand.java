package io.jobledger.cli.setup;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.ask.ApiClient;
import io.jobledger.cli.ask.JobFilters;
import io.jobledger.cli.ask.RunFilters;
import io.jobledger.cli.context.ClientSettings;
import io.jobledger.cli.context.Context;
import io.jobledger.cli.context.ContextStore;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.cli.view.Refused;
import io.jobledger.config.ClientSetting;
import io.jobledger.terminal.Printable;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code login}: keeps what a person needs to work with a ledger. */
@Command(
        name = "login",
        description = "Keeps the URL, the token and the CA of a ledger, so that commands need no more of it. Asks for"
                + " the token on a terminal, without showing it, or reads it from standard input; tries it before it"
                + " keeps it. What is kept is private to you, in ~/.config/jobledger/contexts.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Examples:",
            "  jobledger login https://ledger.example.com:8740 --ca-file ca.pem",
            "  jobledger login http://127.0.0.1:8740 --name staging --filter label=team=db < staging.token"
        })
public final class LoginCommand implements Callable<Integer> {
    private static final int NO_TOKEN = 401;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "URL", description = "The ingester, like https://ledger.example.com:8740.")
    private String url;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "What the context is called. Default: the host of the URL, and its port unless that is 8740.")
    private String name;

    @Option(
            names = "--ca-file",
            paramLabel = "FILE",
            description = "PEM file of the CA of the ingester's certificate; a copy is kept.")
    private Path caFile;

    @Option(
            names = "--client-cert",
            paramLabel = "FILE",
            description = "PEM file of the certificate to show; it stays where it is.")
    private Path clientCert;

    @Option(names = "--client-key", paramLabel = "FILE", description = "PEM file of its key; it stays where it is.")
    private Path clientKey;

    @Option(
            names = "--filter",
            paramLabel = "OPTION=VALUE",
            description = "A filter that lists have by themselves in this context, like label=team=db or play=Nightly:"
                    + " an option of 'jobs ls' or 'runs ls' without its dashes. Can be repeated.")
    private List<String> filters = List.of();

    @Override
    public Integer call() {
        String called = name == null ? usualName() : name;
        ContextStore.checkName(called);
        Map<ClientSetting, String> values = new EnumMap<>(ClientSetting.class);
        values.put(ClientSetting.URL, url);
        put(values, ClientSetting.CA_FILE, caFile);
        put(values, ClientSetting.CLIENT_CERT, clientCert);
        put(values, ClientSetting.CLIENT_KEY, clientKey);
        Context context = new Context(called, values, parsedFilters());
        byte[] ca = caFile == null ? null : read(caFile);

        String token = null;
        JsonNode about;
        try {
            about = about(context, null);
        } catch (Refused e) {
            if (e.status() != NO_TOKEN) {
                throw e;
            }
            token = TokenPrompt.ask(url);
            about = about(context, token);
        }
        ContextStore store = ContextStore.of(System.getenv());
        store.keep(context, token, ca);
        say(called, store, about);
        return ExitCodes.OK;
    }

    private JsonNode about(Context context, String token) {
        JsonNode about = new ApiClient(ClientSettings.trial(context, token)).get("/api/v1");
        if (!about.path("name").asText().equals("jobledger")) {
            throw new CommandFailed(url + " does not answer like an ingester; nothing was kept");
        }
        return about;
    }

    private void say(String called, ContextStore store, JsonNode about) {
        JsonNode caller = about.path("caller");
        List<String> scopes = new ArrayList<>();
        caller.path("scopes").forEach(scope -> scopes.add(scope.asText()));
        String who = caller.path("token_id").isTextual()
                ? "the token '" + caller.path("name").asText() + "' may " + String.join(", ", scopes)
                        + (caller.path("expires_at").isTextual()
                                ? ", until " + caller.path("expires_at").asText()
                                : "")
                : "it wants no token yet: everybody who reaches it may do everything";
        spec.commandLine()
                .getOut()
                .println(Printable.of("Logged in to " + url + " (jobledger "
                        + about.path("version").asText("?") + "): " + who));
        spec.commandLine()
                .getOut()
                .println("The context '" + called + "' is the current one; it is kept in " + store.directory());
        spec.commandLine().getOut().flush();
        if (url.startsWith("http:") && !local() && caller.path("token_id").isTextual()) {
            spec.commandLine()
                    .getErr()
                    .println("jobledger: warning: the token crosses the network unencrypted; give the ingester TLS");
        }
    }

    private boolean local() {
        return List.of("127.0.0.1", "localhost", "[::1]")
                .contains(String.valueOf(address().getHost()));
    }

    /** The host, and the port where it is not the usual one; what no name of a directory has becomes a dash. */
    private String usualName() {
        URI address = address();
        int port = address.getPort();
        String host = address.getHost().replaceAll("[^A-Za-z0-9.-]", "-").replaceAll("^[.-]+", "");
        return port < 0 || port == 8740 ? host : host + "-" + port;
    }

    private URI address() {
        try {
            URI address = URI.create(url);
            if (address.getHost() != null && List.of("http", "https").contains(address.getScheme())) {
                return address;
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new CommandFailed(
                ExitCodes.USAGE, "'" + url + "' is no URL of an ingester; one is like https://ledger.example.com:8740");
    }

    private Map<String, List<String>> parsedFilters() {
        Map<String, List<String>> parsed = new TreeMap<>();
        for (String filter : filters) {
            String option = filter.contains("=") ? filter.substring(0, filter.indexOf('=')) : "";
            if (!JobFilters.names().contains(option) && !RunFilters.names().contains(option)) {
                throw new CommandFailed(
                        ExitCodes.USAGE,
                        "--filter takes an option of 'jobs ls' or 'runs ls' and its value, like label=team=db; not '"
                                + filter + "'");
            }
            parsed.computeIfAbsent(option, none -> new ArrayList<>()).add(filter.substring(option.length() + 1));
        }
        return parsed;
    }

    private static void put(Map<ClientSetting, String> values, ClientSetting setting, Path file) {
        if (file != null) {
            values.put(setting, file.toAbsolutePath().toString());
        }
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new CommandFailed("--ca-file " + file + " cannot be read: " + e);
        }
    }
}
