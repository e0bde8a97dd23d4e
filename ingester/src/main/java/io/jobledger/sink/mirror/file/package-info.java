/**
 * A mirror in a directory: {@code <host>/<play>/<job>.json}.
 *
 * <p>Invariant: a put is atomic, and files are private. Threads: callers' own; thread-safe.
 */
package io.jobledger.sink.mirror.file;
