package dev.stockade.sidecar;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.audit.AuditLog;
import dev.stockade.sidecar.capture.CapturedNames;
import dev.stockade.sidecar.control.ControlClient;
import dev.stockade.sidecar.control.ControlSettings;
import dev.stockade.sidecar.control.KeptBundle;
import dev.stockade.sidecar.environment.Environment;
import dev.stockade.sidecar.health.Health;
import dev.stockade.sidecar.health.HealthServer;
import dev.stockade.sidecar.health.MetricsText;
import dev.stockade.sidecar.identity.Identities;
import dev.stockade.sidecar.inbound.AcceptedStreams;
import dev.stockade.sidecar.inbound.InboundListener;
import dev.stockade.sidecar.inbound.OwnAddresses;
import dev.stockade.sidecar.limits.Allowances;
import dev.stockade.sidecar.log.Log;
import dev.stockade.sidecar.metrics.Metrics;
import dev.stockade.sidecar.outbound.AgentSide;
import dev.stockade.sidecar.outbound.LocalListeners;
import dev.stockade.sidecar.probes.ApplicationProbes;
import dev.stockade.sidecar.state.CurrentState;
import dev.stockade.sidecar.tls.MeshTls;
import dev.stockade.sidecar.tunnel.EventLoops;
import dev.stockade.sidecar.tunnel.TunnelPool;
import dev.stockade.sidecar.vantage.ListeningSockets;
import dev.stockade.sidecar.vantage.Lookout;
import dev.stockade.sidecar.vantage.OwnServer;
import dev.stockade.sidecar.vantage.ProbeAttempts;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** One sidecar, wired: the way from a snapshot to the byte on the wire begins here. */
public final class Sidecar implements AutoCloseable {
    /** How long open streams may take to finish once the process is to end: the application has exited by then. */
    private static final Duration DRAIN = Duration.ofSeconds(3);

    /** Makes what takes over the streams of agents, out of what is in force. */
    @FunctionalInterface
    public interface ServerSide {
        AcceptedStreams over(
                CurrentState state, EventLoops loops, Allowances allowances, Metrics metrics, OwnServer own);
    }

    private final Environment environment;
    private final Rim rim;
    private final EventLoops loops;
    private final Metrics metrics = new Metrics();
    private final InboundListener inbound;
    private final LocalListeners outbound;
    private final ControlClient control;
    private final HealthServer health;
    private final AuditLog audit;
    private volatile boolean stopping;

    /** @param boot a random id of this process */
    public Sidecar(Environment environment, Rim rim, String boot, ServerSide serverSide, AuditLog audit, Log log) {
        this.environment = requireNonNull(environment);
        this.rim = requireNonNull(rim);
        this.audit = requireNonNull(audit);
        loops = EventLoops.open();
        String trustDomain = environment.trust().trustDomain();
        Identities identities = new KeptBundle(rim.bundle(), log).restore(environment.trust());
        CurrentState state = new CurrentState(rim.clock());
        MeshTls tls = new MeshTls(identities::trust, rim.clock());
        Recording recording = new Recording(
                audit, state, environment.podNamespace() + "/" + environment.podName(), metrics, rim.clock());

        Allowances allowances = new Allowances(state::server, PlatformDependent.maxDirectMemory(), loops.loop());
        OwnServer own = new OwnServer();
        inbound = new InboundListener(
                loops,
                environment.podAddresses().stream()
                        .map(address -> new InetSocketAddress(address, rim.meshPort()))
                        .collect(Collectors.toUnmodifiableSet()),
                identities,
                tls,
                state,
                new OwnAddresses(environment.podAddresses()),
                serverSide.over(state, loops, allowances, metrics, own),
                allowances,
                recording,
                metrics,
                rim.clock(),
                log);
        outbound = new LocalListeners(
                loops,
                rim.localPort(),
                state,
                new TunnelPool(
                        loops,
                        rim.meshPort(),
                        tls,
                        new AgentSide(identities, state, rim.clock()),
                        metrics,
                        rim.clock()),
                CapturedNames.of(environment.capture(), rim.hosts())::of,
                recording,
                metrics,
                log);
        state.onApply(inbound::apply);
        state.onApply(next -> {
            if (allowances.wishedBytes() > allowances.bufferBytes()) {
                log.warn(
                        "limits.bufferBytes is more than half of the direct memory, and not all of it is used",
                        "wished",
                        allowances.wishedBytes(),
                        "used",
                        allowances.bufferBytes());
            }
            return CompletableFuture.completedFuture(null);
        });
        state.onApply(outbound::apply);
        // Whoever was shown a former certificate, or showed one of a dropped issuer, comes back with a new handshake.
        Runnable reconsider = () -> {
            inbound.reconsider();
            outbound.reconsider();
        };
        identities.onChange(reconsider);
        identities.onTrustChange(reconsider);

        control = new ControlClient(
                new ControlSettings(
                        environment.operatorHost(),
                        environment.operatorPort(),
                        trustDomain,
                        environment.release(),
                        boot,
                        environment.podUid(),
                        rim.token(),
                        rim.bundle()),
                identities,
                state,
                tls,
                loops.control(),
                loops.socket(),
                new Lookout(
                        new ListeningSockets(Path.of("/proc/net")),
                        own,
                        new ProbeAttempts(loops.control().next(), loops.socket(), environment.podAddresses(), log),
                        log),
                rim.clock(),
                log);
        health = new HealthServer(
                loops,
                new Health(identities, state, control::status, inbound, outbound, () -> stopping, rim.clock()),
                new MetricsText(metrics, allowances, identities, state, control::status, audit, rim.clock()),
                new ApplicationProbes(environment.probes(), loops));
    }

    /**
     * Answers probes at once, and everything else as soon as there are a certificate and rules.
     *
     * @throws IOException with one sentence, if the health port cannot be bound
     */
    public void start() throws IOException {
        Set<InetAddress> addresses = new LinkedHashSet<>(environment.podAddresses());
        addresses.add(InetAddress.ofLiteral("127.0.0.1"));
        for (InetAddress address : addresses) {
            health.bind(new InetSocketAddress(address, rim.healthPort()));
        }
        loops.loop().scheduleWithFixedDelay(inbound::checkStale, 1, 1, TimeUnit.SECONDS);
        loops.loop().scheduleWithFixedDelay(inbound::retry, 1, 1, TimeUnit.SECONDS);
        loops.loop().scheduleWithFixedDelay(outbound::retry, 1, 1, TimeUnit.SECONDS);
        loops.loop().scheduleWithFixedDelay(audit::checkStill, 1, 1, TimeUnit.SECONDS);
        control.start();
    }

    /** What is counted. */
    public Metrics metrics() {
        return metrics;
    }

    /** Takes no new work, lets what is open finish for a short while, then ends. */
    @Override
    public void close() {
        stopping = true;
        inbound.drain();
        outbound.drain();
        long deadline = System.nanoTime() + DRAIN.toNanos();
        while (openStreams() > 0 && System.nanoTime() < deadline) {
            try {
                TimeUnit.MILLISECONDS.sleep(20);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        control.close();
        loops.loop()
                .submit(() -> {
                    inbound.close();
                    outbound.close();
                })
                .awaitUninterruptibly(DRAIN.toMillis());
        loops.data().shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        loops.control().shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private long openStreams() {
        return metrics.value(Metrics.Open.INBOUND_STREAMS_OPEN) + metrics.value(Metrics.Open.OUTBOUND_STREAMS_OPEN);
    }
}
