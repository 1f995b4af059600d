package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** A request of the sidecar's own to the server, whose answer is thrown away. */
final class Errand implements Upstream.Listener {
    /** A server that answers a notice at length is cut short. */
    private static final int MOST = 64 * 1024;

    private static final int SECONDS = 10;

    private final UpstreamPool pool;
    private final EventLoop loop;
    private final Upstream upstream;
    private int bytes;
    private boolean over;

    private Errand(UpstreamPool pool, EventLoop loop, Upstream upstream) {
        this.pool = requireNonNull(pool);
        this.loop = requireNonNull(loop);
        this.upstream = requireNonNull(upstream);
    }

    static void send(UpstreamPool pool, EventLoop loop, int port, HttpRequest head, byte[] body) {
        pool.acquire(loop, port).addListener((Future<Upstream> acquired) -> {
            if (acquired.isSuccess()) {
                Upstream upstream = acquired.getNow();
                Errand errand = new Errand(pool, loop, upstream);
                loop.schedule(errand::giveUp, SECONDS, TimeUnit.SECONDS);
                upstream.send(head, new DefaultLastHttpContent(Unpooled.wrappedBuffer(body)), errand);
            }
        });
    }

    @Override
    public void head(HttpResponse response) {}

    @Override
    public void content(ByteBuf data) {
        bytes += data.readableBytes();
        data.release();
        if (bytes > MOST) {
            over = true;
            upstream.close();
        }
    }

    private void giveUp() {
        if (!over) {
            over = true;
            upstream.close();
        }
    }

    @Override
    public void end() {
        over = true;
        if (upstream.reusable()) {
            pool.release(loop, upstream);
        } else {
            upstream.close();
        }
    }

    @Override
    public void broken(String why) {
        over = true;
    }
}
