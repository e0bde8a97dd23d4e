package io.jobledger.oci.standin;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** A response before it is sent, so that a fault can spoil it. Used by one thread at a time. */
final class Answer {
    private final int status;
    private final byte[] body;
    private final Map<String, String> headers = new LinkedHashMap<>();

    Answer(int status, byte[] body) {
        this.status = status;
        this.body = body;
    }

    Answer header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    void send(HttpServerRequest request) {
        HttpServerResponse response = head(request);
        if (request.method().equals(HttpMethod.HEAD) || status == 204) {
            response.end();
        } else {
            response.end(Buffer.buffer(body));
        }
    }

    private HttpServerResponse head(HttpServerRequest request) {
        HttpServerResponse response = request.response().setStatusCode(status);
        headers.forEach(response::putHeader);
        // To HEAD, OCI answers an error without its body.
        if (status != 204) {
            response.putHeader(
                    "Content-Length", String.valueOf(request.method().equals(HttpMethod.HEAD) ? 0 : body.length));
        }
        return response;
    }

    /** Half of the body, or nothing at all where there is none, and then the end of the connection. */
    void sendHalf(HttpServerRequest request) {
        if (body.length < 2 || request.method().equals(HttpMethod.HEAD)) {
            request.connection().close();
            return;
        }
        head(request)
                .write(Buffer.buffer(Arrays.copyOf(body, body.length / 2)))
                .onComplete(written -> request.connection().close());
    }
}
