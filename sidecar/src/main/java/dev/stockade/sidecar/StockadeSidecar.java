package dev.stockade.sidecar;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.sidecar.audit.AuditLog;
import dev.stockade.sidecar.environment.Environment;
import dev.stockade.sidecar.environment.EnvironmentException;
import dev.stockade.sidecar.log.Log;
import dev.stockade.sidecar.mcp.LoopbackDialer;
import dev.stockade.sidecar.mcp.McpServerSide;
import dev.stockade.sidecar.mcp.Peer;
import dev.stockade.sidecar.state.PodState;
import io.netty.handler.ssl.OpenSsl;
import java.io.IOException;
import java.time.Clock;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** The process: reads its environment, runs one {@link Sidecar}, and drains it at SIGTERM. */
public final class StockadeSidecar {
    private StockadeSidecar() {}

    public static void main(String[] args) {
        Log log = new Log(System.err, Clock.systemUTC());
        log.adoptLibraryLogs();
        // A process that goes on without one of its threads would look healthy: let kubelet start another.
        Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> {
            log.error("a thread has ended", "thread", thread.getName(), "reason", String.valueOf(thrown));
            Runtime.getRuntime().halt(1);
        });
        try {
            run(Environment.read(System.getenv()), Rim.ofPod(), log);
        } catch (EnvironmentException | IOException e) {
            log.error("the sidecar cannot start", "reason", e.getMessage());
            System.exit(1);
        }
    }

    /** Every request on an accepted stream is decided by the rules in force at that moment. */
    public static Sidecar.ServerSide policing(AuditLog audit, Clock clock, BoundPod pod) {
        return (state, loops, allowances, metrics, own) -> {
            McpServerSide mcp = new McpServerSide(
                    state::server,
                    state::stale,
                    () -> state.held().map(PodState::draining).orElse(false),
                    audit,
                    new LoopbackDialer(loops.socket()),
                    clock,
                    pod,
                    allowances,
                    metrics,
                    own);
            state.onApply(applied -> {
                mcp.rulesChanged();
                return CompletableFuture.completedFuture(null);
            });
            return (stream, agent, agentPod) -> mcp.install(stream, new Peer(agent, agentPod));
        };
    }

    private static void run(Environment environment, Rim rim, Log log) throws IOException {
        if (!OpenSsl.isAvailable()) {
            throw new IOException(
                    "BoringSSL cannot be loaded, and there is no other TLS here: " + OpenSsl.unavailabilityCause());
        }
        String boot = UUID.randomUUID().toString();
        AuditLog audit = AuditLog.onStandardOutput(boot, log);
        BoundPod pod = new BoundPod(environment.podNamespace(), environment.podName(), environment.podUid(), 0);
        Sidecar sidecar = new Sidecar(environment, rim, boot, policing(audit, rim.clock(), pod), audit, log);
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("drain").unstarted(() -> {
            log.info("draining");
            sidecar.close();
            audit.close();
            log.info("ended");
        }));
        sidecar.start();
        log.info(
                "sidecar started",
                "release",
                environment.release(),
                "pod",
                environment.podNamespace() + "/" + environment.podName(),
                "operator",
                environment.operatorHost() + ":" + environment.operatorPort());
    }
}
