package io.jobledger.sink.webhook;

import io.jobledger.config.Network;
import io.jobledger.ledger.DeliveryState;
import io.jobledger.ledger.query.JobFilter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * One hook of the file.
 *
 * @param url where it goes; it may hold a secret, so it is never shown whole
 * @param secret null where messages are not signed
 * @param headers sent with each message
 * @param filter which jobs
 * @param format what a message looks like
 * @param allow addresses inside the network that it may speak to
 * @param caFile whom to trust instead of Java's own list; null for that
 */
record Hook(
        String name,
        URI url,
        HookSecret secret,
        Map<String, String> headers,
        List<Subscription> events,
        JobFilter filter,
        HookFormat format,
        DeliveryState.Start start,
        List<Network> allow,
        Duration timeout,
        Path caFile) {
    Hook {
        headers = Map.copyOf(headers);
        events = List.copyOf(events);
        allow = List.copyOf(allow);
    }

    /** The URL as far as everybody may see it. */
    String place() {
        return url.getScheme() + "://" + url.getHost() + (url.getPort() < 0 ? "" : ":" + url.getPort()) + "/…";
    }
}
