package io.jobledger.cli.setup;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What Ansible itself says of its settings in this directory, by {@code ansible-config}. Immutable. */
final class AnsibleConfig {
    private static final Pattern LINE = Pattern.compile("^(\\w+)\\((.*?)\\) = (.*)$", Pattern.MULTILINE);
    private static final long SECONDS = 60;

    /** A value, and where it is from: a file, {@code env: NAME}, or {@code default}. */
    record Value(String text, String origin) {}

    private final Map<String, Value> base;
    private final Map<String, Value> recorder;

    private AnsibleConfig(Map<String, Value> base, Map<String, Value> recorder) {
        this.base = base;
        this.recorder = recorder;
    }

    /** Asks; empty where there is no Ansible. */
    static Optional<AnsibleConfig> ask() {
        Optional<String> dumped = output("ansible-config", "dump");
        if (dumped.isEmpty()) {
            return Optional.empty();
        }
        Map<String, Value> base = new HashMap<>();
        Matcher lines = LINE.matcher(dumped.get());
        while (lines.find()) {
            base.put(lines.group(1), new Value(lines.group(3), lines.group(2)));
        }
        Map<String, Value> recorder = output(
                        "ansible-config", "dump", "-t", "callback", "--format", "json", "jobledger.core.recorder")
                .map(AnsibleConfig::options)
                .orElse(Map.of());
        return Optional.of(new AnsibleConfig(base, recorder));
    }

    private static Map<String, Value> options(String json) {
        Map<String, Value> options = new HashMap<>();
        try {
            // [{"the plugin": [{"name", "origin", "value"}]}]
            for (JsonNode plugin : Json.MAPPER.readTree(json)) {
                plugin.forEach(list -> list.forEach(option -> options.put(
                        option.path("name").asText(),
                        new Value(
                                option.path("value").asText(null),
                                option.path("origin").asText()))));
            }
        } catch (IOException e) {
            // A version that says it otherwise: what it has cannot be seen.
            return Map.of();
        }
        return options;
    }

    /** One of Ansible's own settings. */
    Optional<Value> base(String name) {
        return Optional.ofNullable(base.get(name));
    }

    /** An option of the recorder as a run here would have it; empty when the collection is not found. */
    Optional<Value> recorder(String name) {
        return Optional.ofNullable(recorder.get(name)).filter(value -> value.text() != null);
    }

    /** Whether Ansible finds the collection. */
    boolean hasRecorder() {
        return !recorder.isEmpty();
    }

    /** What a program says on standard output; empty where it cannot be run, or fails. */
    static Optional<String> output(String... words) {
        try {
            Process process = new ProcessBuilder(List.of(words))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.getOutputStream().close();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor(SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0
                    ? Optional.of(text)
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
