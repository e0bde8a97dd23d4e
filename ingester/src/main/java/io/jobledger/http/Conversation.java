package io.jobledger.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerConnection;

/** One connection, and how long its client may still take for what comes next. Used on its event loop. */
final class Conversation {
    private static final long NEVER = Long.MAX_VALUE;

    private final Channel channel;
    private final Load load;
    private final Patience patience;
    private MeteredRequest request;
    private boolean answered;
    private boolean patient;
    private long deadline;
    private long unread;
    private long unreadSince = NEVER;

    /** How long each part may take, in nanoseconds. */
    record Patience(long head, long body, long send, long idle) {}

    Conversation(HttpConnection connection, Load load, Patience patience, long now) {
        // Vert.x has no time limits but for a connection on which nothing moves at all; a client that sends a byte a second is seen below it.
        this.channel = ((HttpServerConnection) connection).channelHandlerContext().channel();
        this.load = load;
        this.patience = patience;
        this.deadline = now + patience.head();
    }

    /** What to do when the connection is closed, on its event loop. */
    void onClose(Runnable action) {
        channel.closeFuture().addListener(closed -> action.run());
    }

    /** A request's head has arrived. */
    MeteredRequest begin(HttpServerRequest arrived, long now) {
        if (request != null) {
            request.share().answered();
        }
        request = new MeteredRequest(arrived, load.share());
        answered = false;
        patient = false;
        deadline = now + patience.body();
        return request;
    }

    /** The request whose head came last. */
    MeteredRequest request() {
        return request;
    }

    /** The answer may take as long as something moves. */
    void takeYourTime() {
        patient = true;
    }

    /** A request was answered, or never will be. */
    void end(MeteredRequest ended, long now) {
        ended.share().answered();
        if (ended == request) {
            answered = true;
            waitForNext(now);
        }
    }

    private void waitForNext(long now) {
        if (request != null && answered && request.isEnded()) {
            request = null;
            deadline = now + patience.idle() + patience.head();
        }
    }

    /** Closes the connection when its client took too long. Returns whether it did. */
    boolean cutIfLate(long now) {
        ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
        long pending = buffer == null ? 0 : buffer.totalPendingWriteBytes();
        load.unread(pending - unread);
        unread = pending;
        unreadSince = pending == 0 ? NEVER : unreadSince == NEVER ? now : unreadSince;
        waitForNext(now);
        boolean bodyIsHere = request != null && request.isEnded();
        boolean late = !bodyIsHere && now - deadline > 0;
        boolean slowReader = unreadSince != NEVER && !patient && now - unreadSince > patience.send();
        if (late || slowReader) {
            // Below Vert.x, which would first wait for what was written to be read.
            channel.pipeline().firstContext().close();
        }
        return late || slowReader;
    }

    /** The connection is closed. */
    void closed() {
        load.unread(-unread);
        unread = 0;
        if (request != null) {
            request.share().answered();
        }
    }
}
