package io.jobledger.http;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpServer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps running servers at what the TLS files say. Thread-safe. */
final class TlsReload {
    private static final Logger LOG = LoggerFactory.getLogger(TlsReload.class);
    private static final long LOOK_MILLIS = 500;

    private final Vertx vertx;
    private final TlsFiles files;
    private final List<HttpServer> servers;

    /** @param servers all that listen; they are served what {@code files} held when they were started */
    TlsReload(Vertx vertx, TlsFiles files, List<HttpServer> servers) {
        this.vertx = vertx;
        this.files = files;
        this.servers = servers;
    }

    /** Begins to look, until Vert.x is closed. */
    void start(WorkerExecutor workers) {
        vertx.setPeriodic(LOOK_MILLIS, id -> workers.executeBlocking(() -> {
            look();
            return null;
        }));
    }

    /** A recorder waits a second at most, and a first handshake loads hundreds of classes: this one is the server's own. How it ends does not matter. */
    Future<?> shakeHands(String host) {
        NetClient client = vertx.createNetClient(new NetClientOptions().setSsl(true).setTrustAll(true).setHostnameVerificationAlgorithm("").setConnectTimeout(5000));
        return client.connect(servers.get(0).actualPort(), host).transform(done -> client.close());
    }

    /** A certificate is renewed every few weeks: connections that are open go on, new ones get the new one. Files that cannot be used change nothing. */
    private synchronized void look() {
        if (!files.changed()) {
            return;
        }
        try {
            ServerSSLOptions read = files.read();
            List<Future<?>> updates = new ArrayList<>();
            servers.forEach(server -> updates.add(server.updateSSLOptions(read)));
            Future.all(updates).onSuccess(done -> LOG.info("The TLS files changed; new connections use them"))
                    .onFailure(e -> LOG.error("The TLS files changed, and cannot be used; the old ones go on: {}", e.getMessage()));
        } catch (HttpStartException e) {
            LOG.error("The TLS files changed; the old ones go on, since {}", e.getMessage());
        }
    }
}
