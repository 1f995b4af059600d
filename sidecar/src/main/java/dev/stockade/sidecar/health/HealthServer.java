package dev.stockade.sidecar.health;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.probes.ApplicationProbes;
import dev.stockade.sidecar.probes.ProbeResult;
import dev.stockade.sidecar.tunnel.EventLoops;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Answers on the data path's event loop, so that answering at all is the proof that it lives. */
public final class HealthServer {
    private static final String PROBE = "/app/";
    private static final int LARGEST_REQUEST = 4096;
    private static final int IDLE_SECONDS = 60;
    private static final int MOST_CONNECTIONS = 64;

    private final NewestConnections connections = new NewestConnections(MOST_CONNECTIONS);
    private final EventLoops loops;
    private final Health health;
    private final MetricsText metrics;
    private final ApplicationProbes probes;

    public HealthServer(EventLoops loops, Health health, MetricsText metrics, ApplicationProbes probes) {
        this.loops = requireNonNull(loops);
        this.health = requireNonNull(health);
        this.metrics = requireNonNull(metrics);
        this.probes = requireNonNull(probes);
    }

    /**
     * Binds the address and waits until it is bound.
     *
     * @throws IOException with one sentence, if it cannot be
     */
    public void bind(InetSocketAddress address) throws IOException {
        var binding = new ServerBootstrap()
                .group(loops.data())
                .channel(loops.serverSocket())
                .option(ChannelOption.SO_REUSEADDR, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        connections.add(channel);
                        channel.pipeline()
                                .addLast(new ReadTimeoutHandler(IDLE_SECONDS))
                                .addLast(new HttpServerCodec())
                                .addLast(new HttpObjectAggregator(LARGEST_REQUEST))
                                .addLast(new Requests());
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!binding.isSuccess()) {
            throw new IOException("the health address " + address + " cannot be bound: "
                    + binding.cause().getMessage());
        }
    }

    private final class Requests extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
            boolean keepAlive = HttpUtil.isKeepAlive(request);
            if (!request.method().equals(HttpMethod.GET)) {
                answer(ctx, 405, "GET alone is answered here", keepAlive);
                return;
            }
            String path = request.uri();
            switch (path) {
                case "/healthz/live" -> answer(ctx, 200, "the event loop lives", keepAlive);
                case "/healthz/started" -> answer(ctx, health.missingToStart(), List.of(), keepAlive);
                case "/healthz/ready" -> answer(ctx, health.missingToServe(), health.warnings(), keepAlive);
                case "/metrics" -> answer(ctx, 200, metrics.print(), keepAlive);
                default -> {
                    if (path.startsWith(PROBE)) {
                        probe(ctx, path.substring(PROBE.length()), keepAlive);
                    } else {
                        answer(ctx, 404, "there is no such path", keepAlive);
                    }
                }
            }
        }

        private void probe(ChannelHandlerContext ctx, String name, boolean keepAlive) {
            probes.perform(name).addListener((Future<ProbeResult> done) -> {
                ProbeResult result = done.getNow();
                answer(ctx, result.success() ? 200 : 503, result.sentence(), keepAlive);
            });
        }

        private void answer(ChannelHandlerContext ctx, List<String> missing, List<String> warnings, boolean keepAlive) {
            if (missing.isEmpty()) {
                answer(ctx, 200, warnings.isEmpty() ? "ok" : "ok, but " + String.join("; ", warnings), keepAlive);
            } else {
                answer(ctx, 503, String.join("; ", missing), keepAlive);
            }
        }

        private void answer(ChannelHandlerContext ctx, int status, String text, boolean keepAlive) {
            FullHttpResponse response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1,
                    HttpResponseStatus.valueOf(status),
                    Unpooled.copiedBuffer(text.endsWith("\n") ? text : text + "\n", StandardCharsets.UTF_8));
            response.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
                    .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
            HttpUtil.setKeepAlive(response, keepAlive);
            var written = ctx.writeAndFlush(response);
            if (!keepAlive) {
                written.addListener(io.netty.channel.ChannelFutureListener.CLOSE);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
