package dev.stockade.sidecar.vantage;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.log.Log;
import dev.stockade.wire.control.v1.ProbeOrder;
import dev.stockade.wire.control.v1.ProbeResult.Outcome;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.util.NetUtil;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Tries what the operator orders: to connect to a protected pod, and to close at once. Nothing is written, and nothing is read. It
 * makes ten attempts a second at most, whatever is ordered, and writes each into the log. Addresses that are never another pod's
 * are refused: loopback, link-local (where clouds keep their credentials), multicast, and this pod's own.
 */
public final class ProbeAttempts {
    private static final int TIMEOUT_MILLIS = 2_000;
    private static final int MOST_WAITING = 64;

    private final EventLoop loop;
    private final Bootstrap dial;
    private final Predicate<InetAddress> refused;
    private final Log log;

    /** Both belong to the loop. */
    private final Pace pace = new Pace(TimeUnit.MILLISECONDS.toNanos(100), System.nanoTime());

    private int waiting;

    /**
     * @param loop on which it is tried; not the one that moves the pod's data
     * @param own the pod's addresses
     */
    public ProbeAttempts(EventLoop loop, Class<? extends Channel> channelType, Set<InetAddress> own, Log log) {
        this(loop, channelType, address -> isNoOtherPods(address) || own.contains(address), log);
    }

    /** @param refused which addresses are not tried */
    ProbeAttempts(EventLoop loop, Class<? extends Channel> channelType, Predicate<InetAddress> refused, Log log) {
        this.loop = requireNonNull(loop);
        this.refused = requireNonNull(refused);
        this.log = requireNonNull(log);
        this.dial = new Bootstrap()
                .group(loop)
                .channel(channelType)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, TIMEOUT_MILLIS)
                .option(ChannelOption.AUTO_READ, false)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        // Nothing is read or written.
                    }
                });
    }

    /**
     * Takes an order. Returns at once.
     *
     * @param answer called once, on the loop
     */
    public void take(ProbeOrder order, Consumer<Outcome> answer) {
        loop.execute(() -> admit(order, answer));
    }

    private void admit(ProbeOrder order, Consumer<Outcome> answer) {
        Optional<InetAddress> address = address(order);
        if (address.isEmpty() || waiting >= MOST_WAITING) {
            log.warn(
                    "probe refused",
                    "pod",
                    order.getPodNamespace() + "/" + order.getPodName(),
                    "reason",
                    address.isEmpty() ? "no address and port of another pod" : "too many are waiting");
            answer.accept(Outcome.OUTCOME_NOT_TRIED);
            return;
        }
        long now = System.nanoTime();
        waiting++;
        InetSocketAddress target = new InetSocketAddress(address.get(), order.getPort());
        loop.schedule(() -> attempt(order, target, answer), pace.delay(now), TimeUnit.NANOSECONDS);
    }

    private Optional<InetAddress> address(ProbeOrder order) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(order.getAddress());
        if (bytes == null || order.getPort() < 1 || order.getPort() > 65_535) {
            return Optional.empty();
        }
        try {
            InetAddress address = InetAddress.getByAddress(bytes);
            return refused.test(address) ? Optional.empty() : Optional.of(address);
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    private static boolean isNoOtherPods(InetAddress address) {
        return address.isAnyLocalAddress()
                || address.isLoopbackAddress()
                || address.isLinkLocalAddress()
                || address.isMulticastAddress();
    }

    private void attempt(ProbeOrder order, InetSocketAddress target, Consumer<Outcome> answer) {
        dial.connect(target).addListener(done -> {
            waiting--;
            Outcome outcome = done.isSuccess() ? Outcome.OUTCOME_OPEN : outcome(done.cause());
            if (done.isSuccess() && done instanceof ChannelFuture connected) {
                connected.channel().close();
            }
            log.info(
                    "probe",
                    "pod",
                    order.getPodNamespace() + "/" + order.getPodName(),
                    "address",
                    order.getAddress(),
                    "port",
                    order.getPort(),
                    "outcome",
                    outcome.name().substring("OUTCOME_".length()).toLowerCase(Locale.ROOT));
            answer.accept(outcome);
        });
    }

    private static Outcome outcome(Throwable why) {
        if (why instanceof ConnectTimeoutException) {
            return Outcome.OUTCOME_TIMEOUT;
        }
        if (why instanceof ConnectException && String.valueOf(why.getMessage()).contains("refused")) {
            return Outcome.OUTCOME_REFUSED;
        }
        // What is not the network's answer says nothing of the way.
        return why instanceof SocketException ? Outcome.OUTCOME_UNREACHABLE : Outcome.OUTCOME_NOT_TRIED;
    }
}
