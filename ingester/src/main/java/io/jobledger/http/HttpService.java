package io.jobledger.http;

import io.jobledger.auth.Guesses;
import io.jobledger.auth.Sessions;
import io.jobledger.auth.Tokens;
import io.jobledger.config.Limits;
import io.jobledger.config.Settings;
import io.jobledger.event.EventLimits;
import io.jobledger.http.api.ActRoutes;
import io.jobledger.http.api.BackupRoutes;
import io.jobledger.http.api.EraseRoutes;
import io.jobledger.http.api.EventRoutes;
import io.jobledger.http.api.HealthRoutes;
import io.jobledger.http.api.HostRoutes;
import io.jobledger.http.api.JobRoutes;
import io.jobledger.http.api.MetricsRoute;
import io.jobledger.http.api.RunRoutes;
import io.jobledger.http.api.SinkRoutes;
import io.jobledger.http.api.StatsRoutes;
import io.jobledger.http.api.UpkeepRoutes;
import io.jobledger.http.api.Waits;
import io.jobledger.http.contract.ContractRoutes;
import io.jobledger.http.guard.AccessLog;
import io.jobledger.http.guard.Admission;
import io.jobledger.http.guard.Authorisation;
import io.jobledger.http.guard.BindingRules;
import io.jobledger.http.guard.Bodies;
import io.jobledger.http.guard.ConnectionGuard;
import io.jobledger.http.guard.Connections;
import io.jobledger.http.guard.HttpStartException;
import io.jobledger.http.guard.Load;
import io.jobledger.http.guard.LoginRoutes;
import io.jobledger.http.guard.Problem;
import io.jobledger.http.guard.Reads;
import io.jobledger.http.guard.RequestMeter;
import io.jobledger.http.guard.Responses;
import io.jobledger.http.guard.RouteScopes;
import io.jobledger.http.guard.TlsFiles;
import io.jobledger.http.guard.TlsReload;
import io.jobledger.http.live.StreamRoutes;
import io.jobledger.http.pages.Assets;
import io.jobledger.http.pages.PageResponses;
import io.jobledger.http.pages.PageRoutes;
import io.jobledger.http.pages.Pages;
import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.Retention;
import io.jobledger.metrics.Metrics;
import io.jobledger.resume.JobFinder;
import io.jobledger.sink.SinkRelays;
import io.jobledger.sink.mirror.MirrorRelay;
import io.jobledger.trail.Trail;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.InvalidPathException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP server. Building it opens nothing; {@link #start} and {@link #close} block. */
public final class HttpService implements AutoCloseable {
    private static final int READERS = 4;
    /** Lists and exports have threads of their own, so that no resume waits behind them. */
    private static final int LISTERS = 4;
    /** Smaller answers gain nothing from being packed. */
    private static final int WORTH_PACKING = 1024;

    private static final long DRAIN_SECONDS = 3;
    private static final long LINGER_MILLIS = 30_000;
    private static final Logger LOG = LoggerFactory.getLogger(HttpService.class);

    private final Settings settings;
    private final Ledger ledger;
    private final List<MirrorRelay> relays;
    private final SinkRelays sinks;
    private final Clock clock;
    private final String version;
    private final Assets assets = new Assets();
    private final Vertx vertx;
    private final int loops;
    private final Metrics metrics;
    private final AtomicBoolean verifying = new AtomicBoolean();
    private final Waits waits;
    private final AtomicInteger liveViews = new AtomicInteger();
    private final List<HttpServer> servers = new CopyOnWriteArrayList<>();
    private final Tokens tokens;
    private final Trail trail;
    private final Sessions sessions;
    private final Guesses guesses;
    private final Load load;
    private final Connections connections;
    private volatile Limits limits;
    private AccessLog accessLog = AccessLog.NONE;
    private volatile TlsReload tlsReload;

    /**
     * @param tokens who may come in; the caller closes it
     * @param trail where administrative requests are written down
     */
    public HttpService(
            Settings settings,
            Ledger ledger,
            List<MirrorRelay> relays,
            SinkRelays sinks,
            Clock clock,
            String version,
            Tokens tokens,
            Trail trail) {
        this.tokens = tokens;
        this.trail = trail;
        this.sessions = new Sessions(tokens, clock, settings.access().sessionLife());
        this.limits = settings.limits();
        this.guesses = new Guesses(clock);
        this.load = new Load(() -> limits);
        this.connections = new Connections(() -> limits, settings.idleTimeout(), load);
        this.settings = settings;
        this.ledger = ledger;
        this.waits = new Waits(ledger.audit(), ledger.feed());
        this.relays = List.copyOf(relays);
        this.sinks = sinks;
        this.clock = clock;
        this.version = version;
        this.metrics = new Metrics(ledger.upkeep(), this.relays, sinks, settings.runSilence(), clock, version);
        metrics.waiters(load.room(Load.Kind.WAIT)::requests);
        // Several loops share a port by its number, so a free one, which has none yet, has one loop.
        this.loops = settings.port() == 0
                ? 1
                : Math.max(1, Math.min(4, Runtime.getRuntime().availableProcessors()));
        // Without a cache of files from the class path, for which it would need a place to write to.
        this.vertx = Vertx.vertx(new VertxOptions()
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false))
                .setEventLoopPoolSize(loops)
                .setWorkerPoolSize(2)
                .setInternalBlockingPoolSize(2));
    }

    /**
     * Starts to listen.
     *
     * @return the URL to reach it by
     * @throws HttpStartException saying why not, and what to do
     */
    public String start() {
        BindingRules.check(settings.access(), settings.listen(), tokens.required());
        try {
            accessLog = AccessLog.open(settings.access().accessLog(), System.out, clock);
        } catch (IOException | InvalidPathException e) {
            throw new HttpStartException(
                    "the access log " + settings.access().accessLog() + " cannot be opened: " + e.getMessage());
        }
        WorkerExecutor workers = vertx.createSharedWorkerExecutor("readers", READERS);
        HttpServerOptions options = new HttpServerOptions()
                .setHost(settings.listen())
                .setPort(settings.port())
                .setIdleTimeout((int) Math.max(
                        1, Math.min(Integer.MAX_VALUE, settings.idleTimeout().toSeconds())))
                .setMaxInitialLineLength(settings.limits().requestLine())
                .setMaxHeaderSize(settings.limits().headers())
                .setTcpNoDelay(true)
                // HTTP/2 carries many requests on one connection, while limits and time-outs here count one at a time:
                // HTTP/1.1 only, with TLS and without.
                .setHttp2ClearTextEnabled(false)
                .setUseAlpn(false)
                // There are no web sockets; what would pack their frames looks at every request and answer.
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(false)
                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                .setSslHandshakeTimeout(settings.limits().headTimeout().toMillis())
                .setCompressionSupported(true)
                .setCompressionContentSizeThreshold(WORTH_PACKING);
        TlsFiles tls = settings.access().tls() ? new TlsFiles(vertx, settings.access()) : null;
        TlsFiles.Read served = tls == null ? null : tls.read();
        if (tls != null) {
            ServerSSLOptions read = served.options();
            options.setSsl(true)
                    .setKeyCertOptions(read.getKeyCertOptions())
                    .setTrustOptions(read.getTrustOptions())
                    .setClientAuth(read.getClientAuth());
        }
        Future<?> deployed = Future.succeededFuture();
        for (int i = 0; i < loops; i++) {
            deployed = deployed.compose(done -> vertx.deployVerticle(new Loop(options, router(workers))));
        }
        try {
            deployed.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new HttpStartException(settings.listen(), settings.port(), e.getCause());
        } catch (InterruptedException | TimeoutException e) {
            throw new HttpStartException(settings.listen(), settings.port(), e);
        }
        if (tls != null) {
            TlsReload reload = new TlsReload(vertx, tls, served, servers, clock);
            metrics.certificate(reload::daysLeft);
            await(reload.shakeHands(host().replaceAll("[\\[\\]]", "")));
            reload.start(workers);
            tlsReload = reload;
        }
        return (tls == null ? "http://" : "https://") + host() + ":"
                + servers.get(0).actualPort();
    }

    /**
     * Begins a new access log where the old one was moved away, looks at the TLS files, and goes by other limits from
     * the next request on. Blocks.
     *
     * @param fresh the limits; those of line and headers belong to the port and stay as they are
     */
    public void reload(Limits fresh) {
        accessLog.reopen();
        if (tlsReload != null) {
            tlsReload.look(true);
        }
        limits = fresh;
    }

    /** What requests hold of the memory, for metrics and tests. */
    Load load() {
        return load;
    }

    /** The open connections, for metrics and tests. */
    Connections connections() {
        return connections;
    }

    /**
     * The methods and paths that are routed, like {@code GET /api/v1/jobs}; without those whose path is read by hand.
     */
    List<String> routes() {
        return router(vertx.createSharedWorkerExecutor("readers", READERS)).getRoutes().stream()
                .filter(route -> route.getPath() != null && route.methods() != null)
                .flatMap(route -> route.methods().stream().map(method -> method.name() + " " + route.getPath()))
                .toList();
    }

    /** How many live views are open. */
    public int liveViews() {
        return liveViews.get();
    }

    /** Whether it listens on every address of this machine, and {@link #start} named only one of them. */
    public boolean everywhere() {
        return address().map(InetAddress::isAnyLocalAddress).orElse(false);
    }

    private Optional<InetAddress> address() {
        try {
            return Optional.of(InetAddress.getByName(settings.listen()));
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    private String host() {
        if (everywhere()) {
            return "127.0.0.1";
        }
        boolean six = address().filter(Inet6Address.class::isInstance).isPresent();
        return six && settings.listen().contains(":") ? "[" + settings.listen() + "]" : settings.listen();
    }

    /** One event loop's server; the system spreads the connections over them. */
    private final class Loop extends VerticleBase {
        private final HttpServerOptions options;
        private final Router router;

        Loop(HttpServerOptions options, Router router) {
            this.options = options;
            this.router = router;
        }

        @Override
        public Future<?> start() {
            HttpServer server = vertx.createHttpServer(options);
            Connections.Loop open = connections.loop(vertx);
            return server.connectionHandler(open::opened)
                    .exceptionHandler(e -> LOG.debug("A connection failed: {}", e.toString()))
                    .requestHandler(
                            request -> router.handle(connections.of(request).begin(request, System.nanoTime())))
                    .invalidRequestHandler(HttpService.this::unreadable)
                    .listen()
                    .onSuccess(servers::add);
        }
    }

    private Router router(WorkerExecutor workers) {
        Router router = Router.router(vertx);
        Responses answers = new Responses(workers, ledger::asOf);
        WorkerExecutor listers = vertx.createSharedWorkerExecutor("listers", LISTERS);
        Responses lists = new Responses(listers, ledger::asOf);
        boolean tls = settings.access().tls();
        Authorisation authorisation = new Authorisation(
                new RouteScopes(settings.access().openMetrics()), tokens, sessions, guesses, trail, workers, tls);
        Admission admission = new Admission(
                settings.access(), settings.listen(), BindingRules.isLoopback(settings.listen()), settings.maxBody());
        router.route().handler(new RequestMeter(router, metrics));
        router.route().handler(context -> admission.handle(context, connections.of(context.request()), accessLog));
        router.route().handler(authorisation::handle);
        router.route().handler(new Bodies(settings.maxBody()));
        JobFinder finder = new JobFinder(
                ledger.jobs(), relays.stream().map(MirrorRelay::mirror).toList(), metrics::looked, clock);
        JobRoutes jobs = new JobRoutes(
                finder,
                ledger.jobs(),
                ledger.audit(),
                ledger.sink(),
                ledger.conditionalSink(),
                waits,
                longestWait(),
                this::eventLimits,
                answers,
                lists,
                clock);
        HostRoutes hosts = new HostRoutes(ledger.audit(), lists, clock);
        // First: its route without a path would make the router forget that another route only missed the method.
        hosts.mountNamed(router);
        new ActRoutes(finder, ledger.jobs(), ledger.audit(), ledger.sink(), answers, clock).mount(router);
        jobs.mount(router);
        hosts.mount(router);
        new StatsRoutes(ledger, lists, clock, settings.runSilence()).mount(router);
        new StreamRoutes(ledger, clock, settings, liveViews).mount(router);
        new EventRoutes(ledger, this::eventLimits, workers).mount(router);
        new RunRoutes(ledger.audit(), jobs, lists, clock, settings.runSilence()).mount(router);
        new BackupRoutes(ledger, workers).mount(router);
        new EraseRoutes(ledger, answers).mount(router);
        new UpkeepRoutes(
                        ledger.upkeep(),
                        Retention.Policy.of(settings.retention()),
                        settings.runSilence(),
                        answers,
                        workers,
                        verifying)
                .mount(router);
        new MetricsRoute(metrics, workers).mount(router);
        new LoginRoutes(tokens, sessions, guesses, tls).mount(router);
        new HealthRoutes(ledger, relays, tokens, answers, version, clock).mount(router);
        new SinkRoutes(sinks, answers).mount(router);
        PageResponses pages = new PageResponses(
                new Pages(
                        ledger.audit(),
                        ledger.jobs(),
                        finder,
                        ledger::asOf,
                        clock,
                        settings.runSilence(),
                        version,
                        assets),
                listers);
        new ContractRoutes(assets, version).mount(router);
        new PageRoutes(pages, assets, relays, sinks, ledger::asOf, clock, settings.runSilence()).mount(router);
        router.route().failureHandler(context -> fail(router, context, pages));
        for (int status : new int[] {400, 404, 405, 406, 413, 415, 500}) {
            router.errorHandler(status, context -> pages.refuse(context, refusal(router, context, status)));
        }
        return router;
    }

    /** Before the connection counts as idle. */
    private Duration longestWait() {
        return settings.idleTimeout().multipliedBy(2).dividedBy(3);
    }

    /** How many callers wait for a job's end. */
    int waiting() {
        return waits.count();
    }

    private EventLimits eventLimits() {
        Limits limits = this.limits;
        return new EventLimits(
                settings.maxBatchEvents(),
                limits.eventChars(),
                limits.runChars(),
                limits.nameBytes(),
                limits.metadataChars(),
                limits.depth());
    }

    private void fail(Router router, RoutingContext context, PageResponses pages) {
        Throwable failure = context.failure();
        ConnectionGuard conversation = connections.of(context.request());
        if (context.statusCode() == 413
                || conversation != null
                        && conversation.request() != null
                        && conversation.request().isCut()) {
            // What the client still sends would be read as the next request.
            context.response().putHeader("connection", "close");
            linger(context.request());
        }
        int status = context.statusCode();
        if (status < 400) {
            // A body that breaks the rules of HTTP fails with the status that stood there, which is 200: a sender would
            // take it for an acknowledgement.
            context.response().putHeader("connection", "close");
            status = 400;
        }
        pages.refuse(context, failure == null || status != 500 ? refusal(router, context, status) : failure);
    }

    /**
     * Reads on and forgets what it reads, for a while: a client that writes all of its body before it looks for an
     * answer would otherwise find the connection reset and the answer gone.
     */
    private void linger(HttpServerRequest request) {
        if (request.isEnded()) {
            return;
        }
        HttpConnection connection = request.connection();
        boolean waits = "100-continue".equalsIgnoreCase(request.getHeader("expect"));
        long timer = vertx.setTimer(waits ? 1 : LINGER_MILLIS, id -> connection.close());
        connection.closeHandler(closed -> vertx.cancelTimer(timer));
        request.handler(ignored -> {});
        request.endHandler(done -> connection.close());
        request.exceptionHandler(broken -> connection.close());
        request.resume();
    }

    private Problem refusal(Router router, RoutingContext context, int status) {
        String what = context.request().method() + " " + context.request().path();
        if (status == 405) {
            context.response().putHeader("allow", Reads.allowed(router, context.normalizedPath()));
        }
        return switch (status) {
            case 404 ->
                Problem.of(
                        404,
                        "no-such-path",
                        what + " is not part of the API",
                        "docs/openapi.yaml lists all paths; names in a path are percent-encoded");
            case 405 ->
                Problem.of(
                        405,
                        "method-not-allowed",
                        what + " is not part of the API, though the path is",
                        "docs/openapi.yaml lists all methods");
            case 413 ->
                Admission.kind(context) == Load.Kind.STORE
                        ? Problem.of(
                                413,
                                "too-large",
                                "the body is larger than " + settings.maxBody() + " bytes (max-body)",
                                "send smaller batches")
                        : Problem.of(
                                413,
                                "too-large",
                                "this request takes no body of more than " + Load.SMALL_BODY + " bytes",
                                null);
            case 500 ->
                Problem.of(
                        500,
                        "internal",
                        "the ingester failed in a way nobody foresaw; its log has the details",
                        "please report it");
            default ->
                Problem.of(
                        status,
                        "bad-request",
                        "the request cannot be understood",
                        "docs/openapi.yaml shows what is expected");
        };
    }

    /**
     * A request whose line or headers cannot be read never reaches the router. What follows on its connection is not to
     * be trusted.
     */
    private void unreadable(HttpServerRequest request) {
        Throwable cause = request.decoderResult().cause();
        Problem problem = cause instanceof TooLongHttpLineException
                ? Problem.of(
                        414,
                        "too-long",
                        "the request line is longer than " + settings.limits().requestLine()
                                + " bytes (max-request-line)",
                        "names are at most 4096 bytes each")
                : cause instanceof TooLongHttpHeaderException
                        ? Problem.of(
                                431,
                                "too-large",
                                "the headers are larger than "
                                        + settings.limits().headers() + " bytes (max-headers)",
                                null)
                        : Problem.of(400, "bad-request", "the request cannot be read as HTTP", null);
        if (settings.access().tls()) {
            request.response().putHeader("strict-transport-security", Admission.HSTS);
        }
        request.response()
                .setStatusCode(problem.status())
                .putHeader("content-type", Problem.CONTENT_TYPE)
                .putHeader("connection", "close")
                .end(problem.json())
                .onComplete(done -> request.connection().close());
    }

    /** Lets requests under way finish, for a few seconds at most, and stops listening. */
    @Override
    public void close() {
        waits.close();
        List<Future<?>> stopping = new ArrayList<>();
        servers.forEach(server -> stopping.add(server.shutdown(DRAIN_SECONDS, TimeUnit.SECONDS)));
        await(Future.join(stopping));
        await(vertx.close());
        metrics.close();
        accessLog.close();
    }

    private static void await(Future<?> future) {
        try {
            future.toCompletionStage().toCompletableFuture().get(DRAIN_SECONDS + 1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // The process is ending; what was acknowledged is on disk.
        }
    }
}
