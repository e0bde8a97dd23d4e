package io.jobledger.http.guard;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.files.PrivateFiles;
import io.jobledger.json.Json;
import io.vertx.ext.web.RoutingContext;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A line of JSON for each request: JSON, because a path may hold anything. Not the query, in which somebody may have
 * put a secret. A thread of its own writes; when it cannot keep up, lines are dropped and counted, and no request
 * waits. Thread-safe.
 */
public final class AccessLog implements AutoCloseable {
    /** No log. */
    public static final AccessLog NONE = new AccessLog(null, null, null);

    private static final Logger LOG = LoggerFactory.getLogger(AccessLog.class);
    private static final int QUEUE = 10_000;
    private static final String END = "";
    private static final String REOPEN = "reopen";

    private final BlockingQueue<String> lines = new ArrayBlockingQueue<>(QUEUE);
    private final Path file;
    private final Clock clock;
    private final Thread thread;
    private long dropped;

    /** @param file null for what is no file */
    private AccessLog(Writer out, Path file, Clock clock) {
        this.file = file;
        this.clock = clock;
        this.thread = out == null ? null : new Thread(() -> write(out), "access-log");
        if (thread != null) {
            thread.setDaemon(true);
            thread.start();
        }
    }

    /**
     * Opens a log.
     *
     * @param where a file, which is appended to; {@code -} for standard output; null for none
     * @throws IOException when the file cannot be opened
     */
    public static AccessLog open(String where, PrintStream standard, Clock clock) throws IOException {
        if (where == null) {
            return NONE;
        }
        if (where.equals("-")) {
            return new AccessLog(new OutputStreamWriter(standard, StandardCharsets.UTF_8), null, clock);
        }
        Path file = Path.of(where).toAbsolutePath();
        return new AccessLog(append(file), file, clock);
    }

    private static Writer append(Path file) throws IOException {
        PrivateFiles.createDirectory(file.getParent());
        FileChannel channel = FileChannel.open(
                file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND), PrivateFiles.fileAttributes(file));
        return new BufferedWriter(Channels.newWriter(channel, StandardCharsets.UTF_8));
    }

    /** Goes on in a new file when the old one was moved away. What waits to be written goes to the old one. */
    public void reopen() {
        if (file != null) {
            offer(REOPEN);
        }
    }

    /** Notes a request when it is over. */
    void note(RoutingContext context, long began) {
        if (thread == null) {
            return;
        }
        ObjectNode line = JsonNodeFactory.instance
                .objectNode()
                .put("at", Json.time(clock.instant()))
                .put("remote", Admission.remote(context))
                .put("method", context.request().method().name())
                .put("path", context.request().path())
                .put("status", context.response().getStatusCode())
                .put("bytes", context.response().bytesWritten())
                .put("ms", TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - began) / 1000.0)
                .put("token", Authorisation.caller(context).name())
                .put("request", Admission.id(context));
        offer(Json.text(line) + "\n");
    }

    private synchronized void offer(String line) {
        if (!lines.offer(line)) {
            dropped++;
        } else if (dropped > 0) {
            LOG.warn("{} lines of the access log were dropped: the disk did not keep up", dropped);
            dropped = 0;
        }
    }

    private void write(Writer first) {
        Writer out = first;
        try {
            for (String line = lines.take(); !line.equals(END); line = lines.take()) {
                if (line.equals(REOPEN)) {
                    out = reopened(out);
                } else {
                    out.write(line);
                }
                if (lines.isEmpty()) {
                    out.flush();
                }
            }
            out.close();
        } catch (IOException e) {
            LOG.error("The access log cannot be written any more: {}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Writer reopened(Writer old) throws IOException {
        try {
            Writer opened = append(file);
            old.close();
            return opened;
        } catch (IOException e) {
            LOG.error("The access log {} cannot be opened again; the old file is written on: {}", file, e.getMessage());
            return old;
        }
    }

    /** Writes what waits. */
    @Override
    public void close() {
        if (thread == null) {
            return;
        }
        try {
            if (lines.offer(END, 1, TimeUnit.SECONDS)) {
                thread.join(2000);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
