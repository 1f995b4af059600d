package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** Connects to the server in this pod: to 127.0.0.1, and where nothing listens there, to [::1]. Never anywhere else. */
public final class LoopbackDialer {
    private static final int CONNECT_TIMEOUT_MILLIS = 2000;
    private static final InetAddress IPV4 = address(new byte[] {127, 0, 0, 1});
    private static final InetAddress IPV6 = address(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});

    private final Class<? extends SocketChannel> channelType;

    /** @param channelType the kind of socket that the event loops take */
    public LoopbackDialer(Class<? extends SocketChannel> channelType) {
        this.channelType = requireNonNull(channelType);
    }

    private static InetAddress address(byte[] octets) {
        try {
            return InetAddress.getByAddress(octets);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("a loopback address is no address", e);
        }
    }

    /** Connects on this loop; the future fails with what the last attempt met. */
    Future<Channel> dial(EventLoop loop, int port, ChannelHandler handler) {
        Promise<Channel> connected = loop.newPromise();
        dial(loop, new InetSocketAddress(IPV4, port), handler).addListener((ChannelFuture first) -> {
            if (first.isSuccess()) {
                connected.setSuccess(first.channel());
                return;
            }
            dial(loop, new InetSocketAddress(IPV6, port), handler).addListener((ChannelFuture second) -> {
                if (second.isSuccess()) {
                    connected.setSuccess(second.channel());
                } else {
                    // Where there is no IPv6, its failure says nothing: the first one does.
                    connected.setFailure(first.cause());
                }
            });
        });
        return connected;
    }

    private ChannelFuture dial(EventLoop loop, InetSocketAddress to, ChannelHandler handler) {
        return new Bootstrap()
                .group(loop)
                .channel(channelType)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .handler(handler)
                .connect(to);
    }
}
