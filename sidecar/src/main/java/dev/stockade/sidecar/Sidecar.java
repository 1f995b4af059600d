package dev.stockade.sidecar;

import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.sidecar.control.ControlClient;
import dev.stockade.sidecar.control.ControlSettings;
import dev.stockade.sidecar.control.KeptBundle;
import dev.stockade.sidecar.environment.Environment;
import dev.stockade.sidecar.identity.Identities;
import dev.stockade.sidecar.inbound.AcceptedStreams;
import dev.stockade.sidecar.inbound.InboundListener;
import dev.stockade.sidecar.inbound.OwnAddresses;
import dev.stockade.sidecar.inbound.RefusedConnects;
import dev.stockade.sidecar.log.Log;
import dev.stockade.sidecar.metrics.Metrics;
import dev.stockade.sidecar.state.CurrentState;
import dev.stockade.sidecar.tls.MeshTls;
import dev.stockade.sidecar.tunnel.EventLoops;
import dev.stockade.sidecar.tunnel.TunnelPool;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** One sidecar, wired. */
public final class Sidecar implements AutoCloseable {
    final EventLoops loops;
    final Identities identities;
    final CurrentState state;
    private final InboundListener inbound;
    final TunnelPool pool;
    final ControlClient control;
    private final Metrics metrics = new Metrics();

    Sidecar(Environment environment, Rim rim, String boot, AcceptedStreams accepted, RefusedConnects refused, Log log) {
        loops = EventLoops.open();
        identities = new Identities(new KeptBundle(rim.bundle(), log)
                .read(environment.trust().trustDomain())
                .orElse(environment.trust()));
        state = new CurrentState(rim.clock());
        MeshTls tls = new MeshTls(identities::trust, rim.clock());
        inbound = new InboundListener(
                loops,
                environment.podAddresses().stream()
                        .map(address -> new InetSocketAddress(address, rim.meshPort()))
                        .toList(),
                identities,
                tls,
                state,
                new OwnAddresses(environment.podAddresses()),
                accepted,
                refused,
                metrics,
                rim.clock(),
                log);
        state.onApply(inbound::apply);
        loops.loop().scheduleWithFixedDelay(inbound::checkStale, 1, 1, TimeUnit.SECONDS);
        pool = new TunnelPool(
                loops, rim.meshPort(), tls, () -> identities.svid(WorkloadKind.AGENT), metrics, rim.clock());
        control = new ControlClient(
                new ControlSettings(
                        environment.operatorHost(),
                        environment.operatorPort(),
                        environment.trust().trustDomain(),
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
                rim.clock(),
                log);
    }

    void start() {
        control.start();
    }

    @Override
    public void close() {
        control.close();
        loops.data().shutdownGracefully(0, 2, TimeUnit.SECONDS);
        loops.control().shutdownGracefully(0, 2, TimeUnit.SECONDS);
    }
}
