package io.jobledger.config;

import java.time.Duration;

/**
 * How much one client, and all of them, may ask of the server. Immutable.
 *
 * @param requestLine bytes
 * @param headers bytes of all of a request's headers
 * @param eventChars characters of one event as compact JSON
 * @param runChars the same for {@code run_started} and {@code run_finished}
 * @param nameBytes bytes of one name in UTF-8
 * @param metadataChars characters of a record's metadata, or a run's labels, as compact JSON
 * @param depth nesting of one event
 * @param connections open at once, from everywhere
 * @param connectionsPerAddress open at once, from one address
 * @param requests under way at once
 * @param waiters that wait for a job's end at once
 * @param buffered bytes of bodies that arrived and answers that were not taken yet, of all requests together
 * @param headTimeout from the connection to the end of the first request's headers; TLS is part of it
 * @param bodyTimeout from the end of the headers to the end of the body
 * @param sendTimeout longest time that an answer may wait for its reader
 */
public record Limits(
        int requestLine,
        int headers,
        int eventChars,
        int runChars,
        int nameBytes,
        int metadataChars,
        int depth,
        int connections,
        int connectionsPerAddress,
        int requests,
        int waiters,
        long buffered,
        Duration headTimeout,
        Duration bodyTimeout,
        Duration sendTimeout) {}
