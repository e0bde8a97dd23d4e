package io.jobledger.cli.ask;

import io.jobledger.cli.context.ClientSettings;
import io.jobledger.config.ClientSetting;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which ingester a command talks to, and with what. */
public final class Connection {
    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "The ingester (JOBLEDGER_URL). Default: that of the context or of the settings file, or"
                    + " http://127.0.0.1:8740.")
    private String url;

    @Option(
            names = "--context",
            paramLabel = "NAME",
            description = "The context to use (JOBLEDGER_CONTEXT): 'jobledger context ls' lists them. Default: the"
                    + " current one.")
    private String context;

    private ClientSettings settings;

    /** What flags, environment, context and settings file come to; worked out once. */
    public ClientSettings settings() {
        if (settings == null) {
            settings = ClientSettings.find(url, context, System.getenv());
        }
        return settings;
    }

    public ApiClient api() {
        return new ApiClient(settings());
    }

    /**
     * The same for a program that this one starts: the variables that it needs beside this program's environment. One
     * that must not count is empty.
     */
    public Map<String, String> environment() {
        Map<String, String> variables = new HashMap<>();
        for (ClientSetting setting : ClientSetting.values()) {
            put(variables, setting.variable(), settings().get(setting));
        }
        put(variables, ClientSettings.TOKEN_VARIABLE, settings().token());
        variables.put(ClientSetting.URL.variable(), settings().url());
        return variables;
    }

    private static void put(Map<String, String> variables, String name, Optional<ClientSettings.Sourced> found) {
        if (found.isPresent()) {
            variables.put(name, found.get().value());
        } else if (System.getenv(name) != null) {
            variables.put(name, "");
        }
    }
}
