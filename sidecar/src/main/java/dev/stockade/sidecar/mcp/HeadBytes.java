package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** Tells the stream of bytes that come and make no message yet: the decoder keeps them, and says nothing of it. */
final class HeadBytes extends ChannelInboundHandlerAdapter {
    private final AgentStream stream;

    HeadBytes(AgentStream stream) {
        this.stream = requireNonNull(stream);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof ByteBuf bytes) {
            stream.bytesCame(bytes.readableBytes());
            ctx.fireChannelRead(message);
            stream.bytesRead();
        } else {
            ctx.fireChannelRead(message);
        }
    }
}
