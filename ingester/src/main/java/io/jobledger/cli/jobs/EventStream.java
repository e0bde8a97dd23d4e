package io.jobledger.cli.jobs;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Reads server-sent events, as the HTML standard defines them. Not thread-safe. */
final class EventStream {
    /**
     * One event.
     *
     * @param id the last that was seen, or null when none was
     */
    record Sent(String name, String data, String id) {}

    private final BufferedReader lines;
    private String id;

    EventStream(InputStream body) {
        lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
    }

    /**
     * The next event, when it comes; null when the stream has ended. Comments are passed over, and so is an event that
     * the end cuts short.
     */
    Sent next() throws IOException {
        String name = "message";
        StringBuilder data = null;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.isEmpty()) {
                if (data != null) {
                    return new Sent(name, data.toString(), id);
                }
                name = "message";
                continue;
            }
            int colon = line.indexOf(':');
            String field = colon < 0 ? line : line.substring(0, colon);
            String value = colon < 0 ? "" : line.substring(line.startsWith(": ", colon) ? colon + 2 : colon + 1);
            switch (field) {
                case "event" -> name = value;
                case "id" -> id = value;
                case "data" -> data = (data == null ? new StringBuilder() : data.append('\n')).append(value);
                default -> {} // a comment, or something newer
            }
        }
        return null;
    }
}
