package dev.stockade.sidecar.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pool that calls a side which retires every connection all the time, and says something on each stream. */
class RetiringConnectionsTest {
    private static final int CALLS = 600;
    private static final int AT_ONCE = 4;

    private EchoingSide side;
    private TunnelPool pool;

    @BeforeEach
    void listen() throws Exception {
        side = new EchoingSide();
        pool = side.pool(side.port);
    }

    @AfterEach
    void close() {
        side.close();
    }

    @Test
    void noCallFailsWhileConnectionsAreRetiredUnderThem() throws Exception {
        // Given a side that retires every connection that it has, again and again
        side.accepting
                .loop()
                .scheduleWithFixedDelay(
                        () -> side.accepted.forEach(ConnectionLife::retire), 1, 2, TimeUnit.MILLISECONDS);

        // When streams are opened and used by several at once
        List<CompletableFuture<Void>> callers = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            CompletableFuture<Void> caller = new CompletableFuture<>();
            callers.add(caller);
            side.calling.loop().execute(() -> call(CALLS / AT_ONCE, caller));
        }
        CompletableFuture.allOf(callers.toArray(CompletableFuture[]::new)).get(120, TimeUnit.SECONDS);

        // Then each of them got its answer, over many connections
        assertThat(side.accepted).hasSizeGreaterThan(5);
    }

    private void call(int left, CompletableFuture<Void> caller) {
        if (left == 0) {
            caller.complete(null);
            return;
        }
        pool.acquire(side.server).addListener((Future<TunnelStream> acquired) -> {
            if (!acquired.isSuccess()) {
                caller.completeExceptionally(acquired.cause());
                return;
            }
            TunnelStream stream = acquired.getNow();
            stream.channel().pipeline().addLast(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object message) {
                    ((ByteBuf) message).release();
                    ctx.pipeline().remove(this);
                    if (left % 2 == 0) {
                        stream.release();
                    } else {
                        stream.discard();
                    }
                    // Out of this call's stack.
                    ctx.channel().eventLoop().execute(() -> call(left - 1, caller));
                }

                @Override
                public void channelInactive(ChannelHandlerContext ctx) {
                    caller.completeExceptionally(new IllegalStateException("a stream ended before its answer"));
                }
            });
            stream.channel().writeAndFlush(Unpooled.copiedBuffer(new byte[] {1}));
        });
    }
}
