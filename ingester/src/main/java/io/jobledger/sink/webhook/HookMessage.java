package io.jobledger.sink.webhook;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What is sent.
 *
 * @param headers beside those that every message has
 */
record HookMessage(String contentType, Map<String, String> headers, String body) {
    HookMessage {
        headers = Map.copyOf(headers);
    }

    byte[] bytes() {
        return body.getBytes(StandardCharsets.UTF_8);
    }
}
