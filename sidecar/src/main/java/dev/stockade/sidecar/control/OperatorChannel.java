package dev.stockade.sidecar.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.identity.TrustBundle;
import dev.stockade.sidecar.tls.MeshTls;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;

/** Opens channels to the operator, which must show exactly the operator's SPIFFE ID. */
final class OperatorChannel implements AutoCloseable {
    private static final int CONNECT_MILLIS = 3_000;
    private static final int LARGEST_MESSAGE = 16 * 1024 * 1024;

    private final ControlSettings settings;
    private final MeshTls tls;
    private final Supplier<TrustBundle> trust;
    private final EventLoopGroup loops;
    private final Class<? extends Channel> channelType;
    private final ScheduledExecutorService executor;
    /** Whatever holds a TLS context, which no garbage collector frees. */
    private final Set<Open> unreleased = ConcurrentHashMap.newKeySet();

    private volatile boolean closed;

    /** @param trust by which the operator is judged, asked at every handshake */
    OperatorChannel(
            ControlSettings settings,
            MeshTls tls,
            Supplier<TrustBundle> trust,
            EventLoopGroup loops,
            Class<? extends Channel> channelType,
            ScheduledExecutorService executor) {
        this.settings = requireNonNull(settings);
        this.tls = requireNonNull(tls);
        this.trust = requireNonNull(trust);
        this.loops = requireNonNull(loops);
        this.channelType = requireNonNull(channelType);
        this.executor = requireNonNull(executor);
    }

    /** @param own none before one is held */
    Open open(Optional<Svid> own) throws SSLException {
        if (closed) {
            throw new SSLException("the sidecar is stopping");
        }
        SslContext context = tls.callingOperator(own, trust);
        ManagedChannel channel = NettyChannelBuilder.forAddress(settings.host(), settings.port())
                .sslContext(context)
                .eventLoopGroup(loops)
                .channelType(channelType)
                .executor(executor)
                .maxInboundMessageSize(LARGEST_MESSAGE)
                // A replica whose node is gone stays behind the Service for most of a minute; the next attempt may meet
                // another.
                .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
                // Finds a connection that died without a word: until then nothing is heard of what is withdrawn. The
                // operator
                // permits one each five seconds.
                .keepAliveTime(10, TimeUnit.SECONDS)
                .keepAliveTimeout(10, TimeUnit.SECONDS)
                .idleTimeout(30, TimeUnit.SECONDS)
                .disableRetry()
                .build();
        Open opened = new Open(channel, context);
        unreleased.add(opened);
        return opened;
    }

    /** Ends every channel with all of its calls; none is opened any more. */
    @Override
    public void close() {
        closed = true;
        unreleased.forEach(Open::close);
        unreleased.forEach(Open::awaitTermination);
    }

    /** A channel with the TLS context that it alone uses. It connects again by itself for the next call after a loss. */
    final class Open implements AutoCloseable {
        private final ManagedChannel channel;
        private final SslContext context;

        private Open(ManagedChannel channel, SslContext context) {
            this.channel = channel;
            this.context = context;
        }

        /** For one call, which is tried at once: waiting between attempts is the caller's business. */
        ManagedChannel channel() {
            channel.resetConnectBackoff();
            return channel;
        }

        @Override
        public void close() {
            channel.shutdownNow();
            releaseOnceTerminated();
        }

        /** Until the last callback has run, or for a second; the last chance to release the context. */
        private void awaitTermination() {
            try {
                if (!channel.awaitTermination(1, TimeUnit.SECONDS)) {
                    channel.shutdownNow();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            release();
        }

        /** A connection attempt under way may still make a handler from the context. */
        private void releaseOnceTerminated() {
            if (channel.isTerminated()) {
                release();
            } else if (!executor.isShutdown()) {
                executor.schedule(this::releaseOnceTerminated, 1, TimeUnit.SECONDS);
            }
        }

        private void release() {
            if (unreleased.remove(this)) {
                ReferenceCountUtil.release(context);
            }
        }
    }
}
