package io.jobledger.sink.webhook;

import io.jobledger.config.Durations;
import io.jobledger.config.Network;
import io.jobledger.ledger.DeliveryState;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.NewsKind;
import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;

/** Reads {@code hooks.yml}: docs/reference/hooks.md is the contract. */
final class HooksFile {
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,59}");
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration LONGEST = Duration.ofMinutes(1);
    private static final int MOST_HOOKS = 50;
    private static final int MOST_CHARACTERS = 1 << 20;
    /** What can be asked of a run. */
    private static final Set<String> OF_RUNS = Set.of("playbook", "user", "controller", "run_name", "label");

    private final Path file;
    private final FilterParser filters;

    /** Reads filters as the API does. */
    interface FilterParser {
        /** @throws IllegalArgumentException naming the filter and the rule */
        JobFilter parse(Map<String, List<String>> filters);
    }

    HooksFile(Path file, FilterParser filters) {
        this.file = file;
        this.filters = filters;
    }

    /** @throws InvalidHooks naming the first line that cannot be used */
    List<Hook> read() {
        Node root;
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(MOST_CHARACTERS);
        options.setMaxAliasesForCollections(0);
        try (Reader text = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            root = new Yaml(new SafeConstructor(options)).compose(text);
        } catch (MarkedYAMLException e) {
            int line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
            throw new InvalidHooks(file + ", line " + line + ": it is no YAML: " + e.getProblem());
        } catch (IOException | YAMLException e) {
            throw new InvalidHooks("the file of hooks " + file + " cannot be read: "
                    + e.getClass().getSimpleName() + ". Mend it, or start without --hooks");
        }
        if (root == null) {
            throw new InvalidHooks(file + ", line 1: it must have a list of hooks, like: hooks: []");
        }
        YamlFields fields = new YamlFields(file, "", root);
        String source = fields.parsed("source", "/jobledger", HooksFile::source);
        List<YamlFields> items = fields.mappings("hooks");
        fields.end();
        if (items.size() > MOST_HOOKS) {
            throw fields.fault("hooks", "must be at most " + MOST_HOOKS);
        }
        List<Hook> hooks = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (YamlFields item : items) {
            Hook hook = hook(item, source);
            if (!names.add(hook.name())) {
                throw item.fault("name", "is another hook's already");
            }
            hooks.add(hook);
        }
        return hooks;
    }

    private static String source(String text) {
        if (text.isEmpty() || URI.create(text).toString().isEmpty()) {
            throw new IllegalArgumentException("must be a URI or a path, like /jobledger/production");
        }
        return text;
    }

    private Hook hook(YamlFields item, String source) {
        String name = item.parsed("name", null, HooksFile::name);
        if (name == null) {
            throw item.fault("name", "is needed");
        }
        List<Subscription> events = item.list("events", Subscription::parse);
        if (events.isEmpty()) {
            throw item.fault("events", "is needed: a list like [failed, lost, overdue+2h]");
        }
        JobFilter filter = filter(item, events);
        Map<String, String> headers = new HashMap<>(item.headers("headers"));
        headers.putAll(item.headersOfFiles("headers_from"));
        Hook hook = new Hook(
                name,
                url(item),
                secret(item),
                headers,
                events,
                filter,
                item.parsed("format", new CloudEvents(source, false), text -> format(text, source)),
                item.parsed("start", DeliveryState.Start.NOW, HooksFile::start),
                item.list("allow", Network::parse),
                item.parsed("timeout", TIMEOUT, HooksFile::timeout),
                caFile(item));
        item.end();
        return hook;
    }

    private static String name(String text) {
        if (!NAME.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "must be 1 to 60 of a-z, 0-9, - and _, and begin with a letter or a digit");
        }
        return text;
    }

    private JobFilter filter(YamlFields item, List<Subscription> events) {
        Map<String, List<String>> asked = item.map("filters");
        boolean interrupted = events.stream().anyMatch(event -> event.kinds().contains(NewsKind.INTERRUPTED));
        boolean blocked = events.stream().anyMatch(event -> event.kinds().contains(NewsKind.BLOCKED));
        if (interrupted && !OF_RUNS.containsAll(asked.keySet())) {
            throw item.fault(
                    "filters",
                    "cannot narrow 'interrupted', which is about a run, by more than "
                            + String.join(", ", OF_RUNS.stream().sorted().toList()) + ": make it a hook of its own");
        }
        if (blocked && !asked.isEmpty()) {
            throw item.fault("filters", "cannot narrow 'blocked', which is about no job: make it a hook of its own");
        }
        try {
            return filters.parse(asked);
        } catch (IllegalArgumentException e) {
            throw item.fault("filters", e.getMessage());
        }
    }

    private static URI url(YamlFields item) {
        if (item.has("url") == item.has("url_file")) {
            throw item.fault("url", "is needed, or url_file, and not both");
        }
        String field = item.has("url") ? "url" : "url_file";
        String text =
                item.has("url") ? item.text("url") : item.contents("url_file").strip();
        try {
            URI url = new URI(text);
            if (("https".equalsIgnoreCase(url.getScheme()) || "http".equalsIgnoreCase(url.getScheme()))
                    && url.getHost() != null
                    && url.getRawUserInfo() == null
                    && url.getRawFragment() == null) {
                return url;
            }
        } catch (java.net.URISyntaxException e) {
            // Said below, without the URL: it may hold a secret.
        }
        throw item.fault(field, "must be a URL like https://example.org/hook, without a user and a fragment");
    }

    private static HookSecret secret(YamlFields item) {
        String text = item.contents("secret_file");
        try {
            return text == null ? null : HookSecret.parse(text);
        } catch (IllegalArgumentException e) {
            throw item.fault("secret_file", e.getMessage());
        }
    }

    private static HookFormat format(String text, String source) {
        return switch (text) {
            case "cloudevents" -> new CloudEvents(source, false);
            case "cloudevents-binary" -> new CloudEvents(source, true);
            default -> throw new IllegalArgumentException("must be one of cloudevents, cloudevents-binary");
        };
    }

    private static DeliveryState.Start start(String text) {
        return switch (text) {
            case "now" -> DeliveryState.Start.NOW;
            case "beginning" -> DeliveryState.Start.BEGINNING;
            default -> throw new IllegalArgumentException("must be now or beginning");
        };
    }

    private static Duration timeout(String text) {
        Duration time = Durations.parse(text);
        if (time.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("must be at most 1m");
        }
        return time;
    }

    private static Path caFile(YamlFields item) {
        String text = item.text("ca_file");
        if (text == null) {
            return null;
        }
        item.contents("ca_file");
        return item.beside(text);
    }
}
