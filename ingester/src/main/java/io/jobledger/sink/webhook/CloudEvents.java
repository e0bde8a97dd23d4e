package io.jobledger.sink.webhook;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.json.Json;
import io.jobledger.ledger.query.News;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** CloudEvents 1.0 over HTTP, in one of their two modes. */
final class CloudEvents implements HookFormat {
    private final String source;
    private final boolean binary;

    /**
     * @param source names this ledger among others
     * @param binary attributes as headers and the data alone as the body; else all in one JSON document
     */
    CloudEvents(String source, boolean binary) {
        this.source = source;
        this.binary = binary;
    }

    @Override
    public HookMessage message(News news) {
        Map<String, String> attributes = new TreeMap<>(Map.of(
                "specversion",
                "1.0",
                "id",
                news.id(),
                "source",
                source,
                "type",
                NewsJson.type(news),
                "time",
                Json.time(news.at()),
                "subject",
                NewsJson.subject(news)));
        ObjectNode data = NewsJson.data(news);
        if (binary) {
            Map<String, String> headers = new TreeMap<>();
            attributes.forEach((name, value) -> headers.put("ce-" + name, header(value)));
            return new HookMessage("application/json", headers, Json.text(data));
        }
        ObjectNode event = JsonNodeFactory.instance.objectNode();
        attributes.forEach(event::put);
        event.put("datacontenttype", "application/json").set("data", data);
        return new HookMessage("application/cloudevents+json; charset=utf-8", Map.of(), Json.text(event));
    }

    /** As the HTTP binding says: what is not printable ASCII, and " and %, percent-encoded. */
    private static String header(String value) {
        StringBuilder text = new StringBuilder();
        for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
            if (b > 0x20 && b < 0x7f && b != '"' && b != '%') {
                text.append((char) b);
            } else {
                text.append(String.format("%%%02X", b & 0xff));
            }
        }
        return text.toString();
    }
}
