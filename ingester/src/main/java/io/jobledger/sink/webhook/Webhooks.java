package io.jobledger.sink.webhook;

import io.jobledger.ledger.query.JobFilter;
import io.jobledger.sink.Sink;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** The hooks of a file. Thread-safe. */
public final class Webhooks implements AutoCloseable {
    /** What the names of hooks begin with among the sinks. */
    public static final String PREFIX = WebhookSink.PREFIX;

    private final Path file;
    private final Function<Map<String, List<String>>, JobFilter> filters;
    private final int connections;
    private final String agent;
    private final Clock clock;
    private Vertx vertx;

    /**
     * @param filters reads filters as the API does; throws {@link IllegalArgumentException} with the rule
     * @param connections most to one hook at once
     * @param version of the program
     */
    public Webhooks(
            Path file,
            Function<Map<String, List<String>>, JobFilter> filters,
            int connections,
            String version,
            Clock clock) {
        this.file = file;
        this.filters = filters;
        this.connections = connections;
        this.agent = "jobledger/" + version;
        this.clock = clock;
    }

    /**
     * Reads the file, and all files that it names, anew. Nothing is connected to.
     *
     * @throws InvalidHooks naming the file, the line, the field and the rule
     */
    public synchronized List<Sink> read() {
        List<Hook> hooks = new HooksFile(file, filters::apply).read();
        if (vertx == null && !hooks.isEmpty()) {
            vertx = HookClient.vertx();
        }
        return hooks.stream()
                .<Sink>map(hook -> new WebhookSink(hook, vertx, InetAddress::getAllByName, connections, agent, clock))
                .toList();
    }

    /** Its sinks are closed before. */
    @Override
    public synchronized void close() {
        if (vertx != null) {
            vertx.close()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .orTimeout(5, TimeUnit.SECONDS)
                    .exceptionally(late -> null)
                    .join();
            vertx = null;
        }
    }
}
