package io.jobledger.http.guard;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpServer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps running servers at what the TLS files say. Thread-safe. */
public final class TlsReload {
    private static final Logger LOG = LoggerFactory.getLogger(TlsReload.class);
    private static final long LOOK_MILLIS = 500;
    private static final Duration SOON = Duration.ofDays(14);
    private static final Duration REMIND = Duration.ofDays(1);

    private final Vertx vertx;
    private final TlsFiles files;
    private final List<HttpServer> servers;
    private final Clock clock;
    private volatile TlsFiles.Read served;
    /** When a certificate that came too early can be taken; null when none waits. */
    private Instant early;

    private Instant reminded = Instant.EPOCH;

    /**
     * @param served what {@code servers} were started with
     * @param servers all that listen
     */
    public TlsReload(Vertx vertx, TlsFiles files, TlsFiles.Read served, List<HttpServer> servers, Clock clock) {
        this.vertx = vertx;
        this.files = files;
        this.served = served;
        this.servers = servers;
        this.clock = clock;
    }

    /** Begins to look, until Vert.x is closed. */
    public void start(WorkerExecutor workers) {
        vertx.setPeriodic(
                LOOK_MILLIS,
                id -> workers.executeBlocking(() -> {
                    look(false);
                    return null;
                }));
    }

    /**
     * A recorder waits a second at most, and a first handshake loads hundreds of classes: this one is the server's own.
     * How it ends does not matter.
     */
    public Future<?> shakeHands(String host) {
        NetClient client = vertx.createNetClient(new NetClientOptions()
                .setSsl(true)
                .setTrustAll(true)
                .setHostnameVerificationAlgorithm("")
                .setConnectTimeout(5000));
        return client.connect(servers.get(0).actualPort(), host).transform(done -> client.close());
    }

    /** Days until the certificate that is served ends; negative when it has ended. */
    public double daysLeft() {
        return Duration.between(clock.instant(), served.until()).toMinutes() / 1440.0;
    }

    /**
     * A certificate is renewed every few weeks: connections that are open go on, new ones get the new one. Files that
     * cannot be used change nothing, and neither does a certificate that no client would take now. Blocks.
     *
     * @param always also when the files are what they were
     */
    public synchronized void look(boolean always) {
        remind();
        Instant now = clock.instant();
        if (!always && !files.changed() && (early == null || now.isBefore(early))) {
            return;
        }
        early = null;
        try {
            TlsFiles.Read read = files.read();
            String fault = read.fault(now);
            if (fault != null) {
                early = now.isBefore(read.from()) ? read.from() : null;
                LOG.error(
                        "The TLS files changed; the old ones go on, since the certificate in {} {}",
                        read.place(),
                        fault);
                return;
            }
            use(read);
        } catch (HttpStartException e) {
            LOG.error("The TLS files changed; the old ones go on, since {}", e.getMessage());
        }
    }

    private void use(TlsFiles.Read read) {
        List<Future<?>> updates = new ArrayList<>();
        servers.forEach(server -> updates.add(server.updateSSLOptions(read.options())));
        Future.all(updates)
                .onSuccess(done -> {
                    served = read;
                    LOG.info("The TLS files changed; new connections use them, until {}", read.until());
                })
                .onFailure(e ->
                        LOG.error("The TLS files changed, and cannot be used; the old ones go on: {}", e.getMessage()));
    }

    /** Once a day, so that it is found in the log as well. */
    private void remind() {
        Instant now = clock.instant();
        if (now.isBefore(served.until().minus(SOON))
                || Duration.between(reminded, now).compareTo(REMIND) < 0) {
            return;
        }
        reminded = now;
        String fault = served.fault(now);
        if (fault == null) {
            LOG.warn("The certificate in {} ends on {}: renew it", served.place(), served.until());
        } else {
            LOG.error(
                    "The certificate in {} {}: clients refuse it. Renew it; a new file is taken without a restart",
                    served.place(),
                    fault);
        }
    }
}
