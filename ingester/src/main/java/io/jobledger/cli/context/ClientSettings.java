package io.jobledger.cli.context;

import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.config.ClientSetting;
import io.jobledger.config.SettingsFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/**
 * What a command goes by that asks an ingester. The first of these that is there counts: the flags {@code --url} or
 * {@code --context}, the environment, the current context, the settings file, the default.
 *
 * <p>Context and settings file belong to the ledger that they name: where another URL counts, nothing of them does, so
 * that no ledger hears the token of another. Immutable.
 */
public final class ClientSettings {
    /** Where an ingester listens that nobody told otherwise. */
    public static final String DEFAULT_URL = "http://127.0.0.1:8740";

    /** The variable that holds a token itself. */
    public static final String TOKEN_VARIABLE = "JOBLEDGER_TOKEN";

    /**
     * A value, and where it is from.
     *
     * @param from for people, like {@code JOBLEDGER_URL}
     */
    public record Sourced(String value, String from) {}

    private final Map<String, String> environment;
    private final Sourced url;
    private final Optional<Context> context;
    private final boolean contextAsked;
    private final SettingsFile file;

    private ClientSettings(
            Map<String, String> environment,
            Sourced url,
            Optional<Context> context,
            boolean contextAsked,
            SettingsFile file) {
        this.environment = environment;
        this.url = url;
        this.context = context.filter(one -> same(one.url(), url.value()));
        this.contextAsked = contextAsked;
        this.file = file;
    }

    /**
     * Works them out.
     *
     * @param url as {@code --url} has it, or null
     * @param contextName as {@code --context} has it, or null
     * @throws CommandFailed when there is no such context, or both flags are given
     */
    public static ClientSettings find(String url, String contextName, Map<String, String> environment) {
        if (url != null && contextName != null) {
            throw new CommandFailed(ExitCodes.USAGE, "--url and --context exclude each other");
        }
        ContextStore store = ContextStore.of(environment);
        Optional<String> name = Optional.ofNullable(contextName)
                .or(() -> Optional.ofNullable(variable(environment, ContextStore.VARIABLE)))
                .or(store::current);
        Optional<Context> context = name.map(store::get);
        SettingsFile file = SettingsFile.find(null, environment);
        return new ClientSettings(
                environment,
                url(url, contextName != null, context, file, environment),
                context,
                contextName != null,
                file);
    }

    /**
     * Those of a context that is not kept yet, and nothing else.
     *
     * @param token that comes with it; null for none
     */
    public static ClientSettings trial(Context context, String token) {
        return new ClientSettings(
                token == null ? Map.of() : Map.of(TOKEN_VARIABLE, token),
                new Sourced(context.url(), "the command line"),
                Optional.of(context),
                false,
                new SettingsFile(Path.of("none"), new Properties(), false));
    }

    private static Sourced url(
            String flag,
            boolean contextAsked,
            Optional<Context> context,
            SettingsFile file,
            Map<String, String> environment) {
        String variable = variable(environment, ClientSetting.URL.variable());
        if (flag != null) {
            return new Sourced(flag, "--url");
        }
        if (variable != null && !contextAsked) {
            return new Sourced(variable, ClientSetting.URL.variable());
        }
        if (context.isPresent()) {
            return new Sourced(
                    context.get().url(), "the context " + context.get().name());
        }
        String inFile = file.client(ClientSetting.URL);
        return inFile != null
                ? new Sourced(inFile, "the settings file " + file.path())
                : new Sourced(DEFAULT_URL, "the default");
    }

    public String url() {
        return url.value();
    }

    /** Where the URL is from. */
    public String urlFrom() {
        return url.from();
    }

    /** The context that counts, if one does. */
    public Optional<Context> context() {
        return context;
    }

    /** The token itself, as the environment has it; what is in a file is not read here. */
    public Optional<Sourced> token() {
        // A context that was asked for by a flag goes before the environment, with all that it has.
        return contextAsked
                ? Optional.empty()
                : Optional.ofNullable(variable(environment, TOKEN_VARIABLE))
                        .map(token -> new Sourced(token, TOKEN_VARIABLE));
    }

    /** A value but the URL. */
    public Optional<Sourced> get(ClientSetting setting) {
        Optional<Sourced> inContext =
                context.flatMap(one -> Optional.ofNullable(one.values().get(setting))
                        .map(value -> new Sourced(value, "the context " + one.name())));
        Optional<Sourced> variable = Optional.ofNullable(variable(environment, setting.variable()))
                .map(value -> new Sourced(value, setting.variable()));
        if (contextAsked) {
            return inContext;
        }
        String ofFile = file.client(ClientSetting.URL);
        boolean itsLedger = same(ofFile == null ? DEFAULT_URL : ofFile, url.value());
        Optional<Sourced> inFile = Optional.ofNullable(itsLedger ? file.client(setting) : null)
                .map(value -> new Sourced(value, "the settings file " + file.path()));
        return variable.or(() -> inContext).or(() -> inFile);
    }

    /** What lists leave out by the context: names of options without dashes, and their values. */
    public Map<String, List<String>> filters() {
        return context.map(Context::filters).orElse(Map.of());
    }

    private static boolean same(String one, String other) {
        return one.replaceAll("/+$", "").equalsIgnoreCase(other.replaceAll("/+$", ""));
    }

    private static String variable(Map<String, String> environment, String name) {
        String value = environment.get(name);
        return value == null || value.isBlank() ? null : value.strip();
    }
}
