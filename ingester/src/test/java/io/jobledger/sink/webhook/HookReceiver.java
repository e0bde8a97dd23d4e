package io.jobledger.sink.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/**
 * Receives hooks on a port of 127.0.0.1, and misbehaves as it is told: what is answered is written byte by byte as it
 * is. Thread-safe.
 */
public final class HookReceiver implements Closeable {
    /** A good answer. */
    public static final String GOOD = "HTTP/1.1 204 No Content\r\n\r\n";

    private final ServerSocket server;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "hook-receiver");
        thread.setDaemon(true);
        return thread;
    });
    private final List<Request> requests = Collections.synchronizedList(new ArrayList<>());
    /** What to answer; null to cut the connection, an empty text to say nothing and hold it. */
    public volatile Function<Request, String> answer = request -> GOOD;

    /** A whole request. Names of headers are in lower case. */
    public record Request(String line, Map<String, String> headers, String body) {
        public JsonNode json() {
            try {
                return Json.MAPPER.readTree(body);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        public String id() {
            return headers.get("webhook-id");
        }
    }

    public HookReceiver() {
        this(0);
    }

    /** @param port 0 for a free one */
    public HookReceiver(int port) {
        try {
            server = new ServerSocket();
            server.setReuseAddress(true);
            server.bind(new java.net.InetSocketAddress(InetAddress.getByName("127.0.0.1"), port));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.submit(this::accept);
    }

    public int port() {
        return server.getLocalPort();
    }

    public String url() {
        return "http://127.0.0.1:" + port() + "/hook";
    }

    /** An answer with a status and no body. */
    public static String status(int status, String... headers) {
        StringBuilder text = new StringBuilder("HTTP/1.1 " + status + " X\r\nContent-Length: 0\r\n");
        for (String header : headers) {
            text.append(header).append("\r\n");
        }
        return text.append("\r\n").toString();
    }

    /** All that came, whatever was answered. */
    public List<Request> requests() {
        return List.copyOf(requests);
    }

    private Object accept() throws IOException {
        while (true) {
            Socket socket = server.accept();
            threads.submit(() -> serve(socket));
        }
    }

    private Object serve(Socket socket) throws IOException {
        try (socket) {
            InputStream in = socket.getInputStream();
            for (Request request = read(in); request != null; request = read(in)) {
                requests.add(request);
                String text = answer.apply(request);
                if (text == null) {
                    return null;
                }
                if (text.isEmpty()) {
                    // Held until the other side gives up.
                    in.read();
                    return null;
                }
                socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
                socket.getOutputStream().flush();
                if (!text.startsWith("HTTP/1.1 ") || text.contains("Connection: close")) {
                    return null;
                }
            }
        }
        return null;
    }

    private static Request read(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int c = in.read();
            if (c < 0) {
                return null;
            }
            head.write(c);
        }
        List<String> lines = head.toString(StandardCharsets.ISO_8859_1).lines().toList();
        Map<String, String> headers = new TreeMap<>();
        for (String line : lines.subList(1, lines.size())) {
            if (!line.isEmpty()) {
                headers.put(
                        line.substring(0, line.indexOf(':')).toLowerCase(java.util.Locale.ROOT),
                        line.substring(line.indexOf(':') + 1).strip());
            }
        }
        byte[] body = in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
        return new Request(lines.get(0), headers, new String(body, StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.shutdownNow();
    }
}
