package io.jobledger.oci.standin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.security.PublicKey;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The server. It listens on loopback, holds its buckets in memory, and checks each request's signature. Methods may be
 * called from any thread.
 *
 * <p>For those in another process, {@code PUT /stand-in/fault?kind=KIND[&times=N]} makes it fail and {@code DELETE
 * /stand-in/fault} heals it. These two need no signature: the path is none of OCI's. {@code PUT
 * /stand-in/latency?millis=N} holds every answer back for so long.
 */
public final class OciStandIn implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();

    private static final long START_SECONDS = 20;
    private static final int MAX_BODY = 50_000_000;

    private final RequestSignatures signatures = new RequestSignatures();
    private final Map<String, Bucket> buckets = new ConcurrentHashMap<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final Faults faults = new Faults();
    private final String namespace;
    private final Clock clock;
    private final Vertx vertx;
    private volatile long latencyMillis;
    private volatile Runnable onPut = () -> {};
    private volatile Runnable onList = () -> {};
    private HttpServer server;

    /** @param namespace the one namespace that there is */
    public OciStandIn(String namespace, Clock clock) {
        this.namespace = namespace;
        this.clock = clock;
        // Two threads are plenty, and file caching would leave a directory behind in /tmp.
        this.vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(2)
                .setFileSystemOptions(new FileSystemOptions()
                        .setClassPathResolvingEnabled(false)
                        .setFileCachingEnabled(false)));
    }

    /** Starts listening; with port 0 on a free one, and again on the same port after {@link #stop}. */
    public OciStandIn start(int port) {
        HttpServerOptions options = new HttpServerOptions()
                .setHost("127.0.0.1")
                .setPort(port)
                .setHandle100ContinueAutomatically(true)
                .setMaxHeaderSize(64 * 1024);
        server = await(
                vertx.createHttpServer(options).requestHandler(this::received).listen());
        return this;
    }

    /** Stops listening and cuts all connections; what is stored stays. */
    public void stop() {
        await(server.close());
    }

    @Override
    public void close() {
        await(vertx.close());
    }

    private static <T> T await(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(START_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public int port() {
        return server.actualPort();
    }

    /** The URL that a client takes as its endpoint. */
    public String endpoint() {
        return "http://127.0.0.1:" + port();
    }

    public String namespace() {
        return namespace;
    }

    public OciStandIn createBucket(String name) {
        buckets.put(name, new Bucket());
        return this;
    }

    /**
     * Lets a key id, {@code tenancy/user/fingerprint} or {@code ST$token}, sign with the private half of {@code key}.
     */
    public OciStandIn accept(String keyId, PublicKey key) {
        signatures.accept(keyId, key);
        return this;
    }

    /** Takes back {@link #accept}. */
    public void forget(String keyId) {
        signatures.forget(keyId);
    }

    /** Fails every request so until {@link #heal}. */
    public void fail(Fault fault) {
        faults.set(fault, Integer.MAX_VALUE);
    }

    /** Fails the next requests so, then is healthy. */
    public void failNext(int times, Fault fault) {
        faults.set(fault, times);
    }

    public void heal() {
        faults.set(null, 0);
    }

    /** Runs {@code hook} when an object is about to be put, before the fault of that request is chosen. */
    public void onPut(Runnable hook) {
        onPut = hook;
    }

    /** Runs {@code hook} when a listing was made, before it is answered. */
    public void onList(Runnable hook) {
        onList = hook;
    }

    /** An object as it is stored; null when there is none. */
    public StoredObject object(String bucket, String name) {
        return buckets.get(bucket).get(name);
    }

    /** Stores an object behind the client's back. */
    public void store(String bucket, String name, byte[] bytes) {
        buckets.get(bucket).store(name, StoredObject.of(bytes, "application/octet-stream", Map.of(), clock.instant()));
    }

    /** The names of a bucket's objects, in the order of their bytes. */
    public List<String> names(String bucket) {
        return buckets.get(bucket).names();
    }

    /**
     * Which condition each put of an object in the bucket had, {@code if-match}, {@code if-none-match} or {@code none},
     * in the order of the puts.
     */
    public List<String> conditions(String bucket) {
        return buckets.get(bucket).conditions();
    }

    /** The requests so far, as {@code METHOD target}. */
    public List<String> requests() {
        return requests;
    }

    private void received(HttpServerRequest request) {
        // An unhandled failure, such as a connection that the client cut, concerns nobody else.
        request.exceptionHandler(e -> {});
        if (request.path().equals("/stand-in/latency")) {
            latencyMillis = Long.parseLong(request.getParam("millis", "0"));
            request.response().setStatusCode(204).end();
            return;
        }
        if (request.path().equals("/stand-in/fault")) {
            control(request);
            return;
        }
        requests.add(request.method() + " " + request.uri());
        if (request.method().equals(HttpMethod.PUT)) {
            onPut.run();
        }
        Fault fault = faults.take();
        if (fault == Fault.SILENT) {
            return;
        }
        request.body().onSuccess(body -> {
            Answer answer;
            try {
                if (body.length() > MAX_BODY) {
                    throw new OciError(413, "RequestEntityTooLarge", "The request is too large");
                }
                signatures.check(
                        request, fault == Fault.WRONG_CLOCK ? Clock.offset(clock, Duration.ofHours(1)) : clock);
                answer = new Operations(namespace, buckets, clock, fault).perform(request, body.getBytes());
            } catch (OciError e) {
                answer = error(e);
            }
            if (request.path().endsWith("/o")) {
                onList.run();
            }
            deliver(request, answer, fault);
        });
    }

    private void deliver(HttpServerRequest request, Answer answer, Fault fault) {
        answer.header("opc-request-id", UUID.randomUUID().toString().replace("-", ""));
        answer.header("Date", HttpDate.format(clock.instant()));
        String clientId = request.getHeader("opc-client-request-id");
        if (clientId != null) {
            answer.header("opc-client-request-id", clientId);
        }
        if (fault == Fault.SLOW) {
            vertx.setTimer(1000, timer -> answer.send(request));
        } else if (fault == Fault.CUT) {
            answer.sendHalf(request);
        } else if (latencyMillis > 0) {
            vertx.setTimer(latencyMillis, timer -> answer.send(request));
        } else {
            answer.send(request);
        }
    }

    private void control(HttpServerRequest request) {
        try {
            if (request.method().name().equals("PUT")) {
                String times = request.getParam("times");
                faults.set(
                        Fault.parse(request.getParam("kind")),
                        times == null ? Integer.MAX_VALUE : Integer.parseInt(times));
            } else {
                heal();
            }
            request.response().setStatusCode(204).end();
        } catch (OciError | NumberFormatException e) {
            request.response().setStatusCode(400).end(e.getMessage() + "\n");
        }
    }

    static Answer error(OciError e) {
        ObjectNode body = JSON.createObjectNode().put("code", e.code).put("message", e.getMessage());
        return json(e.status, body);
    }

    static Answer json(int status, Object body) {
        try {
            return new Answer(status, JSON.writeValueAsBytes(body)).header("Content-Type", "application/json");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
