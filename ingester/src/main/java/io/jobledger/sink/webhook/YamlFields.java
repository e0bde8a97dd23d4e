package io.jobledger.sink.webhook;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** A mapping of a YAML file, read field by field: whatever is wrong names the line, the field and the rule. */
final class YamlFields {
    private static final Pattern HEADER = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}");

    private final Path file;
    private final String path;
    private final Node node;
    private final Map<String, Node> values = new LinkedHashMap<>();
    private final Set<String> asked = new LinkedHashSet<>();

    /** @param path of the mapping in the file, for messages */
    YamlFields(Path file, String path, Node node) {
        this.file = file;
        this.path = path;
        this.node = node;
        if (!(node instanceof MappingNode mapping)) {
            throw fault(node, path, "must be a mapping of names to values");
        }
        for (NodeTuple tuple : mapping.getValue()) {
            String name = scalar(tuple.getKeyNode(), path);
            if (values.put(name, tuple.getValueNode()) != null) {
                throw fault(tuple.getKeyNode(), field(name), "is there twice");
            }
        }
    }

    private String field(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private InvalidHooks fault(Node at, String field, String rule) {
        return new InvalidHooks(file + ", line " + (at.getStartMark().getLine() + 1) + ": "
                + (field.isEmpty() ? "" : field + " ") + rule);
    }

    /** What is wrong with a field. */
    InvalidHooks fault(String name, String rule) {
        Node at = values.get(name);
        return fault(at == null ? node : at, field(name), rule);
    }

    private String scalar(Node value, String field) {
        if (value instanceof ScalarNode scalar) {
            return scalar.getValue();
        }
        throw fault(value, field, "must be a single value");
    }

    boolean has(String name) {
        asked.add(name);
        return values.containsKey(name);
    }

    /** Null when it is not there. */
    String text(String name) {
        return has(name) ? scalar(values.get(name), field(name)) : null;
    }

    /** @throws InvalidHooks with what {@code parse} says */
    <T> T parsed(String name, T fallback, Function<String, T> parse) {
        String text = text(name);
        return text == null ? fallback : read(values.get(name), field(name), text, parse);
    }

    private <T> T read(Node at, String field, String text, Function<String, T> parse) {
        try {
            return parse.apply(text);
        } catch (IllegalArgumentException e) {
            throw fault(at, field, e.getMessage());
        }
    }

    /** A list of values, or one alone; empty when it is not there. */
    <T> List<T> list(String name, Function<String, T> parse) {
        List<T> items = new ArrayList<>();
        Node value = has(name) ? values.get(name) : null;
        if (value instanceof SequenceNode sequence) {
            for (Node item : sequence.getValue()) {
                String field = field(name) + "[" + items.size() + "]";
                items.add(read(item, field, scalar(item, field), parse));
            }
        } else if (value != null) {
            items.add(read(value, field(name), scalar(value, field(name)), parse));
        }
        return items;
    }

    /** A list of mappings. */
    List<YamlFields> mappings(String name) {
        if (!has(name) || !(values.get(name) instanceof SequenceNode sequence)) {
            throw fault(name, "must be a list");
        }
        List<YamlFields> items = new ArrayList<>();
        for (Node item : sequence.getValue()) {
            items.add(new YamlFields(file, field(name) + "[" + items.size() + "]", item));
        }
        return items;
    }

    /** A mapping of names to values, or to lists of them; empty when it is not there. */
    Map<String, List<String>> map(String name) {
        Map<String, List<String>> map = new LinkedHashMap<>();
        if (has(name)) {
            YamlFields inner = new YamlFields(file, field(name), values.get(name));
            inner.values.keySet().forEach(key -> map.put(key, inner.list(key, text -> text)));
        }
        return map;
    }

    /** Headers whose values are in the file. */
    Map<String, String> headers(String name) {
        Map<String, String> headers = new LinkedHashMap<>();
        map(name).forEach((header, value) -> {
            if (!HEADER.matcher(header).matches() || value.size() != 1) {
                throw fault(name, "must be names of headers, with one value each");
            }
            headers.put(header.toLowerCase(java.util.Locale.ROOT), header(name, value.get(0)));
        });
        return headers;
    }

    /** Headers whose values are in files. */
    Map<String, String> headersOfFiles(String name) {
        Map<String, String> headers = headers(name);
        headers.replaceAll((header, value) -> header(name, contents(name, value).strip()));
        return headers;
    }

    private String header(String name, String value) {
        if (value.chars().anyMatch(c -> c < 0x20 && c != '\t' || c == 0x7f || c > 0xff)) {
            throw fault(name, "must have values without line ends and control characters");
        }
        return value;
    }

    /** The contents of the file that a field names; null when the field is not there. */
    String contents(String name) {
        String text = text(name);
        return text == null ? null : contents(name, text);
    }

    private String contents(String name, String other) {
        try {
            return Files.readString(beside(other));
        } catch (IOException e) {
            throw fault(
                    name,
                    "names the file " + beside(other) + ", which cannot be read ("
                            + e.getClass().getSimpleName() + ")");
        }
    }

    /** The path that a field names; a relative one is beside this file. */
    Path beside(String other) {
        Path parent = file.toAbsolutePath().getParent();
        return parent == null ? Path.of(other) : parent.resolve(other);
    }

    /** To be called when all fields were asked for: there must be no other. */
    void end() {
        for (String name : values.keySet()) {
            if (!asked.contains(name)) {
                throw fault(name, "is not known here; there are " + String.join(", ", asked));
            }
        }
    }
}
