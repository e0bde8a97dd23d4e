package io.jobledger.cli;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Answers as the contract says where a test needs an answer that a real ingester would not give on demand, and keeps
 * what it was asked.
 */
public final class FakeIngester implements AutoCloseable {
    /** Answers one request. */
    public interface Handler {
        void answer(HttpExchange exchange) throws IOException;
    }

    /** Method, path and query of each request, in their order. */
    public final List<String> asked = new CopyOnWriteArrayList<>();

    private final List<Headers> heads = new CopyOnWriteArrayList<>();
    private final Map<String, Handler> handlers = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer server;

    public FakeIngester() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            heads.add(exchange.getRequestHeaders());
            asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
            Handler handler = handlers.get(
                    exchange.getRequestMethod() + " " + exchange.getRequestURI().getRawPath());
            try (exchange) {
                if (handler == null) {
                    text(
                            exchange,
                            404,
                            "application/problem+json",
                            "{\"detail\":\"no such thing\",\"hint\":\"look elsewhere\"}");
                } else {
                    handler.answer(exchange);
                }
            }
        });
        server.start();
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** The values of a header over all requests that had it. */
    public List<String> headers(String name) {
        return heads.stream()
                .map(head -> head.getFirst(name))
                .filter(Objects::nonNull)
                .toList();
    }

    public void on(String methodAndPath, Handler handler) {
        handlers.put(methodAndPath, handler);
    }

    public void json(String methodAndPath, String body) {
        on(methodAndPath, exchange -> text(exchange, 200, "application/json", body));
    }

    public static void text(HttpExchange exchange, int status, String type, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, bytes.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
