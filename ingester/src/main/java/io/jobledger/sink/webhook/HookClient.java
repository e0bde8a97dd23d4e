package io.jobledger.sink.webhook;

import io.jobledger.sink.SinkException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

/** Posts to one hook's place: to an address that was checked, without following where it points. Thread-safe. */
final class HookClient implements AutoCloseable {
    /** Of an answer no more is read. */
    private static final int MOST = 64 << 10;

    private static final int SHOWN = 200;
    private static final long LINGER_MILLIS = 2000;

    private final Vertx vertx;
    private final HttpClient client;
    private final Duration timeout;

    /** @param caFile whom to trust; null for Java's own list */
    HookClient(Vertx vertx, Path caFile, Duration timeout, int connections) {
        this.vertx = vertx;
        this.timeout = timeout;
        HttpClientOptions options = new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_1_1)
                .setVerifyHost(true)
                .setConnectTimeout((int) timeout.toMillis())
                .setMaxInitialLineLength(4096)
                .setMaxHeaderSize(16 << 10)
                .setKeepAliveTimeout(20)
                .setDecompressionSupported(false);
        if (caFile != null) {
            options.setTrustOptions(new PemTrustOptions().addCertPath(caFile.toString()));
        }
        this.client = vertx.createHttpClient(options, new PoolOptions().setHttp1MaxSize(connections));
    }

    /** One for all hooks: it makes one event loop. */
    static Vertx vertx() {
        return Vertx.vertx(
                new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(1).setInternalBlockingPoolSize(1));
    }

    /**
     * What came back.
     *
     * @param retryAfter null where it does not say
     * @param text the beginning of the body
     */
    record Answer(int status, String retryAfter, String text) {}

    /**
     * Posts, and waits for the answer.
     *
     * @param at the address of the URL's host that was checked
     * @throws SinkException that may pass, where none came
     */
    Answer post(URI url, InetAddress at, Map<String, String> headers, byte[] body) {
        AtomicReference<HttpClientRequest> sent = new AtomicReference<>();
        try {
            return client.request(options(url, at))
                    .compose(request -> {
                        sent.set(request);
                        headers.forEach(request::putHeader);
                        return request.send(Buffer.buffer(body));
                    })
                    .compose(this::answer)
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            if (sent.get() != null) {
                sent.get().reset();
            }
            throw new SinkException(
                    SinkException.Kind.PASSING, "no answer within " + timeout.toMillis() + " ms (timeout)");
        } catch (ExecutionException e) {
            throw new SinkException(SinkException.Kind.PASSING, why(e.getCause()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SinkException(SinkException.Kind.PASSING, "the ingester stops");
        }
    }

    private static RequestOptions options(URI url, InetAddress at) {
        boolean tls = url.getScheme().equalsIgnoreCase("https");
        int port = url.getPort() >= 0 ? url.getPort() : tls ? 443 : 80;
        String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        return new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setServer(SocketAddress.inetSocketAddress(port, at.getHostAddress()))
                .setHost(url.getHost())
                .setPort(port)
                .setSsl(tls)
                .setFollowRedirects(false)
                .setURI(path + (url.getRawQuery() == null ? "" : "?" + url.getRawQuery()));
    }

    /** The head decides; of the body some is read, so that the connection can be used again. */
    private Future<Answer> answer(HttpClientResponse response) {
        Promise<Answer> answered = Promise.promise();
        Buffer read = Buffer.buffer();
        Runnable done = () -> answered.tryComplete(new Answer(
                response.statusCode(),
                response.getHeader("retry-after"),
                read.getString(0, Math.min(SHOWN, read.length()), StandardCharsets.UTF_8.name())));
        long timer = vertx.setTimer(Math.min(LINGER_MILLIS, Math.max(1, timeout.toMillis() / 2)), id -> {
            done.run();
            response.request().reset();
        });
        response.handler(part -> {
            read.appendBuffer(part);
            if (read.length() > MOST) {
                done.run();
                response.request().reset();
            }
        });
        response.exceptionHandler(cut -> done.run());
        response.endHandler(end -> done.run());
        return answered.future().onComplete(any -> vertx.cancelTimer(timer));
    }

    private static String why(Throwable cause) {
        String text = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return "it could not be reached: " + text.lines().findFirst().orElse("");
    }

    @Override
    public void close() {
        client.close();
    }
}
