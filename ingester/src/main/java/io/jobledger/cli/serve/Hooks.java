package io.jobledger.cli.serve;

import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.Version;
import io.jobledger.http.api.Filters;
import io.jobledger.sink.Sink;
import io.jobledger.sink.SinkRelays;
import io.jobledger.sink.webhook.InvalidHooks;
import io.jobledger.sink.webhook.Webhooks;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The hooks that an ingester was started with, or without. Thread-safe. */
final class Hooks implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Hooks.class);

    private final Path file;
    private final Webhooks webhooks;

    /** @param file null for no hooks */
    Hooks(Path file, Clock clock) {
        this.file = file;
        this.webhooks =
                file == null ? null : new Webhooks(file, Filters::ofNews, SinkRelays.LANES, Version.number(), clock);
    }

    /** @throws CommandFailed when the file cannot be used */
    List<Sink> read() {
        try {
            return webhooks == null ? List.of() : webhooks.read();
        } catch (InvalidHooks e) {
            throw new CommandFailed(e.getMessage());
        }
    }

    /** Reads the file again. Where it cannot be used, the hooks stay as they are. Blocks. */
    void reread(SinkRelays relays) {
        if (webhooks == null) {
            return;
        }
        try {
            relays.replace(Webhooks.PREFIX, webhooks.read());
        } catch (InvalidHooks e) {
            LOG.error("The hooks were read again and cannot be used; they stay as they are: {}", e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("The hooks in {} could not be exchanged: {}", file, e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        if (webhooks != null) {
            webhooks.close();
        }
    }
}
