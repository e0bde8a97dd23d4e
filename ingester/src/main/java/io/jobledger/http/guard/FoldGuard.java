package io.jobledger.http.guard;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;

/**
 * Refuses header lines that go on in a next line (obs-fold, RFC 9112, 5.2). The decoder joins them silently, and a
 * proxy in front may read them otherwise, so that the two see different requests. It looks at the bytes of heads before
 * the decoder does; where a head ends and begins, the decoder itself says, through {@link Progress} behind it. So that
 * it is never ahead, it is fed no further than a message can reach. Used on its connection's event loop.
 */
final class FoldGuard extends ChannelInboundHandlerAdapter {
    private final Progress progress = new Progress();
    private boolean refused;
    /** Of the head's line that is read: whether one was seen before it, and whether it is empty so far. */
    private boolean begun;

    private boolean emptyLine = true;

    /** What the decoder made of the bytes so far. */
    private static final class Progress extends ChannelInboundHandlerAdapter {
        private boolean inBody;
        /** Bytes of the body that are missing; -1 when it comes in chunks. */
        private long left;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
            if (message instanceof HttpRequest request) {
                inBody = true;
                boolean readable = request.decoderResult().isSuccess();
                left = readable && HttpUtil.isTransferEncodingChunked(request)
                        ? -1
                        : readable ? HttpUtil.getContentLength(request, 0L) : Long.MAX_VALUE;
            }
            if (message instanceof LastHttpContent) {
                inBody = false;
            }
            super.channelRead(context, message);
        }
    }

    /** Puts it in front of a connection's decoder. */
    static void guard(ChannelPipeline pipeline) {
        ChannelHandlerContext decoder = pipeline.context(HttpRequestDecoder.class);
        FoldGuard guard = new FoldGuard();
        pipeline.addBefore(decoder.name(), null, guard);
        pipeline.addAfter(decoder.name(), null, guard.progress);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        if (!(message instanceof ByteBuf bytes)) {
            super.channelRead(context, message);
            return;
        }
        try {
            while (bytes.isReadable() && !refused) {
                int next = progress.inBody ? body(bytes) : head(bytes);
                if (next > 0) {
                    context.fireChannelRead(bytes.readRetainedSlice(next));
                } else {
                    refuse(context);
                }
            }
        } finally {
            ReferenceCountUtil.release(bytes);
        }
    }

    /**
     * How many bytes of a body can be passed on: all that belong to it; in chunks, up to an empty line, since it ends
     * with one.
     */
    private int body(ByteBuf bytes) {
        if (progress.left >= 0) {
            int part = (int) Math.min(Math.max(1, progress.left), bytes.readableBytes());
            progress.left -= part;
            return part;
        }
        return upToEmptyLine(bytes, false);
    }

    /** How many bytes of a head can be passed on, up to its end; 0 when it holds a fold. */
    private int head(ByteBuf bytes) {
        return upToEmptyLine(bytes, true);
    }

    private int upToEmptyLine(ByteBuf bytes, boolean head) {
        for (int i = 0; i < bytes.readableBytes(); i++) {
            byte next = bytes.getByte(bytes.readerIndex() + i);
            if (next == '\n') {
                boolean end = emptyLine && (begun || !head);
                emptyLine = true;
                if (end) {
                    begun = false;
                    return i + 1;
                }
            } else if (next != '\r') {
                if (head && emptyLine && begun && (next == ' ' || next == '\t')) {
                    return 0;
                }
                emptyLine = false;
                begun = true;
            }
        }
        return bytes.readableBytes();
    }

    private void refuse(ChannelHandlerContext context) {
        refused = true;
        Problem problem = Problem.of(
                400,
                "bad-request",
                "a header line goes on in the next line, which is not allowed any more (RFC 9112)",
                "write each header in one line");
        byte[] content = problem.json().getBytes(StandardCharsets.UTF_8);
        String answer = "HTTP/1.1 400 Bad Request\r\ncontent-type: " + Problem.CONTENT_TYPE + "\r\ncontent-length: "
                + content.length + "\r\nconnection: close\r\n\r\n";
        context.writeAndFlush(Unpooled.wrappedBuffer(answer.getBytes(StandardCharsets.US_ASCII), content))
                .addListener(ChannelFutureListener.CLOSE);
    }
}
