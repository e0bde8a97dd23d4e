package io.jobledger.http.guard;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerConnection;
import java.util.function.Supplier;

/** One connection, and how long its client may still take for what comes next. Used on its event loop. */
public final class ConnectionGuard {
    /**
     * More than this of its answers untaken, and a client may not ask for more: else it could fill the memory with
     * small ones.
     */
    private static final long MOST_UNREAD = 64 * 1024;

    private final Channel channel;
    private final Load load;
    private final Supplier<Patience> patience;
    private MeteredRequest request;
    private Load.Room room;
    private boolean answered;
    private boolean patient;
    private long deadline;
    private final Taking taking = new Taking();

    /** How long each part may take, in nanoseconds. */
    record Patience(long head, long body, long send, long idle) {}

    ConnectionGuard(HttpConnection connection, Load load, Supplier<Patience> patience, long now) {
        // Vert.x has no time limits but for a connection on which nothing moves at all; a client that sends a byte a
        // second is seen below it.
        this.channel =
                ((HttpServerConnection) connection).channelHandlerContext().channel();
        FoldGuard.guard(channel.pipeline());
        this.load = load;
        this.patience = patience;
        this.deadline = now + patience.get().head();
        this.room = load.room(Load.Kind.OTHER);
    }

    /** What to do when the connection is closed, on its event loop. */
    void onClose(Runnable action) {
        channel.closeFuture().addListener(closed -> action.run());
    }

    /** A request's head has arrived. */
    public MeteredRequest begin(HttpServerRequest arrived, long now) {
        if (request != null) {
            request.share().answered();
        }
        room.unread(-taking.pending());
        room = load.room(Load.Kind.of(arrived));
        room.unread(taking.pending());
        request = new MeteredRequest(arrived, room.share());
        answered = false;
        patient = false;
        deadline = now + patience.get().body();
        return request;
    }

    /** The request whose head came last. */
    public MeteredRequest request() {
        return request;
    }

    /** Whether the client asks for more while it leaves what it has been answered. */
    boolean isGorged() {
        return pending() > MOST_UNREAD;
    }

    /** The answer may take as long as its reader takes some of it now and then. */
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
            deadline = now + patience.get().idle() + patience.get().head();
        }
    }

    private long pending() {
        ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }

    /** Closes the connection when its client took too long. Returns whether it did. */
    boolean cutIfLate(long now) {
        long pending = pending();
        room.unread(pending - taking.pending());
        taking.look(now, pending, patient);
        waitForNext(now);
        boolean bodyIsHere = request != null && request.isEnded();
        boolean late = !bodyIsHere && now - deadline > 0;
        boolean slowReader = taking.isLate(now, patience.get().send());
        if (late || slowReader) {
            // Below Vert.x, which would first wait for what was written to be read.
            channel.pipeline().firstContext().close();
        }
        return late || slowReader;
    }

    /** The connection is closed. */
    void closed() {
        room.unread(-taking.pending());
        taking.end();
        if (request != null) {
            request.share().answered();
        }
    }
}
