package dev.stockade.sidecar.probes;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.environment.ProbeAction;
import dev.stockade.sidecar.tunnel.EventLoops;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Performs probes, each within its own timeout. On the event loop, never blocking it. */
public final class ApplicationProbes {
    /** As the loopback dialler of requests does: IPv4 first, then IPv6. */
    private static final List<InetAddress> LOOPBACK =
            List.of(InetAddress.ofLiteral("127.0.0.1"), InetAddress.ofLiteral("::1"));

    private final Map<String, ProbeAction> probes;
    private final EventLoops loops;
    private final EventLoop loop;
    private final GrpcHealth grpc;

    /** @param probes {@code container/probe} to what is to be done */
    public ApplicationProbes(Map<String, ProbeAction> probes, EventLoops loops) {
        this.probes = Map.copyOf(probes);
        this.loops = requireNonNull(loops);
        this.loop = loops.loop();
        this.grpc = new GrpcHealth(loops);
    }

    /** @param name {@code container/probe}; an unknown one fails */
    public Future<ProbeResult> perform(String name) {
        Promise<ProbeResult> result = loop.newPromise();
        ProbeAction probe = probes.get(name);
        if (probe == null) {
            return result.setSuccess(ProbeResult.failed("there is no probe " + name + " in this pod"));
        }
        var timeout = loop.schedule(
                () -> result.trySuccess(
                        ProbeResult.failed("no answer within " + probe.timeout().toSeconds() + " s")),
                probe.timeout().toMillis(),
                TimeUnit.MILLISECONDS);
        result.addListener(done -> timeout.cancel(false));
        switch (probe) {
            case ProbeAction.HttpGet get -> connect(probe, 0, result, new HttpGetProbe(get, result));
            case ProbeAction.TcpSocket socket -> connect(probe, 0, result, new Connected(result));
            case ProbeAction.Grpc call ->
                grpc.check(call, loop).addListener((Future<ProbeResult> checked) -> {
                    if (checked.isSuccess()) {
                        result.trySuccess(checked.getNow());
                    }
                });
        }
        return result;
    }

    private void connect(ProbeAction probe, int attempt, Promise<ProbeResult> result, ChannelHandler handler) {
        new Bootstrap()
                .group(loops.data())
                .channel(loops.socket())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        Math.min(Integer.MAX_VALUE, probe.timeout().toMillis()))
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(handler);
                        result.addListener(done -> channel.close());
                    }
                })
                .connect(new InetSocketAddress(LOOPBACK.get(attempt), probe.port()))
                .addListener(done -> {
                    if (done.isSuccess()) {
                        return;
                    }
                    if (attempt + 1 < LOOPBACK.size()) {
                        connect(probe, attempt + 1, result, handler);
                    } else {
                        result.trySuccess(ProbeResult.failed("port " + probe.port() + " does not accept on loopback"));
                    }
                });
    }

    /** Succeeds as soon as there is a connection. */
    private static final class Connected extends io.netty.channel.ChannelInboundHandlerAdapter {
        private final Promise<ProbeResult> result;

        Connected(Promise<ProbeResult> result) {
            this.result = result;
        }

        @Override
        public boolean isSharable() {
            return true;
        }

        @Override
        public void channelActive(io.netty.channel.ChannelHandlerContext ctx) {
            result.trySuccess(new ProbeResult(true, "connected"));
        }
    }
}
