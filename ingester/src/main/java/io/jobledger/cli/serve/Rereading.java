package io.jobledger.cli.serve;

import io.jobledger.auth.Tokens;
import io.jobledger.config.InvalidSetting;
import io.jobledger.config.Limits;
import io.jobledger.config.Settings;
import io.jobledger.http.HttpService;
import io.jobledger.sink.SinkRelays;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a running ingester reads again when it is told to: access log, tokens, TLS files, hooks and limits. Thread-safe.
 */
final class Rereading {
    private static final Logger LOG = LoggerFactory.getLogger(Rereading.class);

    private final Settings started;
    private final Tokens tokens;
    private final HttpService http;
    private final Hooks hooks;
    private final SinkRelays relays;
    private Limits limits;

    /** @param started what the ingester was started with */
    Rereading(Settings started, Tokens tokens, HttpService http, Hooks hooks, SinkRelays relays) {
        this.started = started;
        this.tokens = tokens;
        this.http = http;
        this.hooks = hooks;
        this.relays = relays;
        this.limits = started.limits();
    }

    /**
     * Reads all of it. {@code settings} reads them anew; where they cannot be used, the limits stay as they are, and
     * the rest is done all the same. Blocks.
     */
    synchronized void read(Supplier<Settings> settings) {
        try {
            Settings now = settings.get();
            limits = now.limits();
            boolean others = !now.with(started.limits()).equals(started)
                    || limits.requestLine() != started.limits().requestLine()
                    || limits.headers() != started.limits().headers();
            if (others) {
                LOG.warn("Settings that are no limits have changed as well, or max-request-line or max-headers; they"
                        + " count from the next start on");
            }
        } catch (InvalidSetting e) {
            LOG.error(
                    "The settings were read again and cannot be used; the limits stay as they are: {}", e.getMessage());
        }
        tokens.refresh();
        http.reload(limits);
        hooks.reread(relays);
        LOG.info(
                "Read again: tokens, TLS files, hooks and limits; the access log goes on in a new file where the old one was"
                        + " moved");
    }
}
