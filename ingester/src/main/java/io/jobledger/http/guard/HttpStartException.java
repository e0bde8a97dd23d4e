package io.jobledger.http.guard;

import java.net.BindException;

/** The server could not listen. The message says what to do. */
public final class HttpStartException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public HttpStartException(String address, int port, Throwable cause) {
        super(message(address, port, cause), cause);
    }

    public HttpStartException(String message) {
        super(message);
    }

    private static String message(String address, int port, Throwable cause) {
        String where = address + ":" + port;
        if (cause instanceof BindException && String.valueOf(cause.getMessage()).contains("in use")) {
            return "port " + port + " of " + address
                    + " is in use, most likely by another ingester. Stop it, or choose another port with --port";
        }
        return "cannot listen on " + where + " (" + cause.getMessage() + "). --listen takes an address of this machine";
    }
}
