package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.acks.LeaseHolder;
import dev.stockade.operator.acks.ShownCertificate;
import dev.stockade.operator.acks.SidecarRegistry;
import dev.stockade.operator.attestation.SigningRecord;
import dev.stockade.operator.attestation.SigningRequests;
import dev.stockade.operator.authority.Authority;
import dev.stockade.operator.authority.OperatorCredentials;
import dev.stockade.operator.cluster.ClusterCache;
import dev.stockade.operator.isolation.SidecarVantages;
import dev.stockade.operator.snapshot.CurrentMesh;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The gRPC server of the control channel, and this replica's reports to the lease holder. */
public final class ControlServer implements AutoCloseable {
    /** The port of every replica's control channel. */
    public static final int PORT = 15010;

    private static final Logger log = LoggerFactory.getLogger(ControlServer.class);
    private static final int LARGEST_MESSAGE = 1024 * 1024;
    private static final int LARGEST_METADATA = 16 * 1024;
    private static final long BEAT_SECONDS = 10;

    private final Server server;
    private final Subscriptions subscriptions;
    private final ReplicaErrands errands;
    private final ReplicaAcksCaller caller;
    private final ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();
    private final ScheduledExecutorService clockwork = Executors.newScheduledThreadPool(
            2, Thread.ofVirtual().name("control-", 0).factory());

    /**
     * What the server is made of.
     *
     * @param holder reads who leads
     * @param self the name of this replica's pod
     */
    public record Parts(
            String trustDomain,
            Authority authority,
            OperatorCredentials credentials,
            ClusterCache cache,
            CurrentMesh mesh,
            SidecarRegistry registry,
            SigningRequests signing,
            SigningRecord record,
            Supplier<Optional<LeaseHolder>> holder,
            String self,
            Clock clock) {}

    /** @param address port 0 for any free one; the other replicas listen on the same port */
    public ControlServer(InetSocketAddress address, Parts parts) {
        requireNonNull(parts);
        PeerVerifier verifier = new PeerVerifier(parts.authority()::trust, parts.trustDomain(), parts.clock());
        subscriptions = new Subscriptions(
                parts.cache(),
                parts.mesh()::of,
                parts.registry(),
                believed(verifier, parts.authority()),
                parts.clock());
        errands = new ReplicaErrands(parts.registry(), subscriptions, verifier, parts.clock());
        server = NettyServerBuilder.forAddress(address)
                .sslContext(ControlTls.server(parts.credentials().keyManager(), verifier))
                .executor(calls)
                .intercept(new PeerGate(verifier))
                .addService(new SidecarControlService(parts.signing(), parts.record(), subscriptions))
                .addService(new ReplicaAcksService(parts.registry(), errands, verifier))
                .maxInboundMessageSize(LARGEST_MESSAGE)
                .maxInboundMetadataSize(LARGEST_METADATA)
                .maxConcurrentCallsPerConnection(16)
                .handshakeTimeout(10, TimeUnit.SECONDS)
                .keepAliveTime(20, TimeUnit.SECONDS)
                .keepAliveTimeout(10, TimeUnit.SECONDS)
                .permitKeepAliveTime(5, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .maxConnectionIdle(5, TimeUnit.MINUTES)
                .build();
        caller = new ReplicaAcksCaller(
                parts.registry(),
                parts.holder(),
                parts.self(),
                address.getPort(),
                ControlTls.client(parts.credentials().keyManager(), verifier),
                subscriptions);
        parts.cache().onChange(subscriptions::offer);
        parts.authority().onChange(subscriptions::offer);
    }

    private static Subscriptions.Believed believed(PeerVerifier verifier, Authority authority) {
        return new Subscriptions.Believed() {
            @Override
            public Optional<String> lapsed(ShownCertificate shown) {
                return verifier.lapsed(shown);
            }

            @Override
            public void refresh() {
                authority.refresh();
            }
        };
    }

    /**
     * Begins to answer.
     *
     * @throws IOException if the port cannot be bound
     */
    public void start() throws IOException {
        server.start();
        every(BEAT_SECONDS, this::beat, "heartbeats");
        every(2, caller::follow, "following the lease");
    }

    private void every(long seconds, Runnable task, String what) {
        ScheduledFuture<?> _ = clockwork.scheduleWithFixedDelay(
                () -> {
                    try {
                        task.run();
                    } catch (RuntimeException e) {
                        log.atError().addKeyValue("task", what).log("a periodic task failed", e);
                    }
                },
                seconds,
                seconds,
                TimeUnit.SECONDS);
    }

    /** Where it listens; nothing before {@link #start}. */
    InetSocketAddress address() {
        return (InetSocketAddress) server.getListenSockets().getFirst();
    }

    /** What is otherwise done every ten seconds. */
    void beat() {
        errands.expire();
        subscriptions.beat();
    }

    /** The port on which it listens. */
    public int port() {
        return server.getPort();
    }

    /** Registers how far the sidecars that are subscribed here are with what they were told. */
    public void bind(MeterRegistry meters) {
        SidecarMeters.bind(meters, subscriptions);
    }

    /** The sidecars of all replicas, to be asked to try. */
    public SidecarVantages vantages() {
        return errands;
    }

    /** How many sidecars are subscribed here. */
    public int connected() {
        return subscriptions.connected();
    }

    long connected(SidecarStream.State state) {
        return subscriptions.connected(state);
    }

    /** Ends every call with UNAVAILABLE, so that sidecars go to another replica at once. */
    @Override
    public void close() {
        clockwork.shutdownNow();
        caller.close();
        server.shutdown();
        subscriptions.closeAll();
        try {
            if (!server.awaitTermination(5, TimeUnit.SECONDS)) {
                server.shutdownNow();
            }
        } catch (InterruptedException e) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        }
        calls.shutdownNow();
    }
}
