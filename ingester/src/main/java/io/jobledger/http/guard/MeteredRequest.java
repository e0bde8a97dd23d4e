package io.jobledger.http.guard;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.http.HttpServerRequestInternal;
import io.vertx.core.internal.http.HttpServerRequestWrapper;

/**
 * A request whose body is counted as it arrives. When there is no room for more of it, it ends there, and never looks
 * complete. Used on its event loop.
 */
public final class MeteredRequest extends HttpServerRequestWrapper {
    private final Load.Share share;
    private Runnable overflow = () -> {};
    private boolean cut;

    MeteredRequest(HttpServerRequest request, Load.Share share) {
        super((HttpServerRequestInternal) request);
        this.share = share;
    }

    Load.Share share() {
        return share;
    }

    /** Whether its body did not fit. */
    public boolean isCut() {
        return cut;
    }

    /** What to do, once, when the body does not fit. */
    void onOverflow(Runnable action) {
        overflow = action;
    }

    @Override
    public HttpServerRequest handler(Handler<Buffer> handler) {
        if (handler == null || cut) {
            // After the cut: whoever only waits for the sender to finish.
            super.handler(handler);
            return this;
        }
        super.handler(buffer -> {
            if (cut) {
                return;
            }
            if (share.add(buffer.length())) {
                handler.handle(buffer);
            } else {
                cut = true;
                overflow.run();
            }
        });
        return this;
    }

    @Override
    public HttpServerRequest endHandler(Handler<Void> handler) {
        if (handler == null || cut) {
            super.endHandler(handler);
            return this;
        }
        super.endHandler(ended -> {
            if (!cut) {
                handler.handle(ended);
            }
        });
        return this;
    }
}
