package dev.stockade.sidecar.tunnel;

import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.function.BiConsumer;

/**
 * The threads that move bytes: one for the data path, so that agent, tunnel and server meet on it without locks, and its own
 * for the control channel, so that neither holds up the other.
 *
 * @param data the data path's only loop
 * @param control the control channel's only loop
 */
public record EventLoops(
        EventLoopGroup data,
        EventLoopGroup control,
        Class<? extends SocketChannel> socket,
        Class<? extends ServerChannel> serverSocket) {
    /** Longer than the network's own short troubles, and than a sidecar that waits for room in its budget stops reading. */
    private static final Duration UNTAKEN = Duration.ofSeconds(15);

    /** On epoll where it is at hand, else on the JDK's selector. */
    public static EventLoops open() {
        boolean epoll = Epoll.isAvailable();
        IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        return new EventLoops(
                new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("data"), io),
                new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("control-io", true), io),
                epoll ? EpollSocketChannel.class : NioSocketChannel.class,
                epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class);
    }

    /**
     * Has the kernel end a connection whose other end has taken nothing of what was sent for {@link #UNTAKEN}: the other end's
     * kernel answers for it, so that a busy process is not taken for a dead one. Where there is no epoll, the pings alone find it.
     */
    public void endWhenUntaken(BiConsumer<ChannelOption<Integer>, Integer> option) {
        if (socket.equals(EpollSocketChannel.class)) {
            option.accept(EpollChannelOption.TCP_USER_TIMEOUT, (int) UNTAKEN.toMillis());
        }
    }

    /** The data path's loop. */
    public EventLoop loop() {
        return data.next();
    }
}
