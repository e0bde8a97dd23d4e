package io.jobledger.bench;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * One keep-alive connection that sends whole requests and reads whole answers, and no more: a complete client would
 * take so much of a small machine that it, and not the server, would be measured. For one thread.
 */
final class Caller implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 30_000;

    private final URI target;
    private final byte[] skipped = new byte[8192];
    private Socket socket;
    private InputStream in;
    private OutputStream out;

    Caller(URI target) {
        this.target = target;
    }

    /** A request as it goes over the wire. {@code body} may be null. */
    static byte[] request(URI target, String method, String path, String contentType, byte[] body) {
        StringBuilder head = new StringBuilder(200)
                .append(method)
                .append(' ')
                .append(path)
                .append(" HTTP/1.1\r\nHost: ")
                .append(target.getAuthority())
                .append("\r\n");
        if (body != null) {
            head.append("Content-Type: ")
                    .append(contentType)
                    .append("\r\nContent-Length: ")
                    .append(body.length)
                    .append("\r\n");
        }
        byte[] first = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        if (body == null) {
            return first;
        }
        byte[] whole = java.util.Arrays.copyOf(first, first.length + body.length);
        System.arraycopy(body, 0, whole, first.length, body.length);
        return whole;
    }

    /** Sends a request and reads its answer; returns the status. */
    int send(byte[] request) throws IOException {
        if (socket == null) {
            socket = new Socket(target.getHost(), target.getPort());
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
            in = new BufferedInputStream(socket.getInputStream(), 8192);
            out = socket.getOutputStream();
        }
        out.write(request);
        return answer();
    }

    private int answer() throws IOException {
        int status = Integer.parseInt(line().split(" ", 3)[1]);
        long length = 0;
        boolean last = false;
        for (String header = line(); !header.isEmpty(); header = line()) {
            String lower = header.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                length = Long.parseLong(lower.substring(15).trim());
            } else if (lower.startsWith("transfer-encoding:")) {
                throw new IOException("the answer is chunked, which this client does not read");
            } else if (lower.equals("connection: close")) {
                last = true;
            }
        }
        while (length > 0) {
            int read = in.read(skipped, 0, (int) Math.min(skipped.length, length));
            if (read < 0) {
                throw new EOFException("the answer ended early");
            }
            length -= read;
        }
        if (last) {
            close();
        }
        return status;
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder(64);
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("the connection was closed");
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        if (socket != null) {
            socket.close();
            socket = null;
        }
    }
}
