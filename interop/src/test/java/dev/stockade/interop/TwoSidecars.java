package dev.stockade.interop;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.fixture.Ports;
import dev.stockade.model.identity.BoundPod;
import dev.stockade.sidecar.StockadeSidecar;
import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.wire.control.v1.AccessPolicy;
import dev.stockade.wire.control.v1.Rule;
import dev.stockade.wire.control.v1.Server;
import dev.stockade.wire.control.v1.ServiceName;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;

/**
 * The mesh between a client and a server that listens on loopback: the agent's sidecar and the server's, with real certificates of
 * a control server, mutual TLS between them, and the rules that the product's sidecar has.
 */
final class TwoSidecars implements AutoCloseable {
    private static final String CAPTURED = "127.80.1.2";

    private final Mesh mesh;
    private final Mesh.Pod server;
    private final Mesh.Pod agent;
    private final int port;
    private final String path;
    private final int capturedPort = Ports.next();
    private int version;

    /**
     * Allows everything.
     *
     * @param port where the server listens
     * @param path of the server
     */
    TwoSidecars(int port, String path) {
        this.port = port;
        this.path = requireNonNull(path);
        try {
            Path dir = Files.createDirectories(Program.OUTPUT.resolve("pods"));
            mesh = new Mesh(Files.createTempDirectory(dir, "mesh"));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        mesh.operator().pod("server-1", Mesh.GITHUB).pod("agent-1", Mesh.TRIAGE);
        mesh.operator()
                .send(
                        "server-1",
                        mesh.operator()
                                .snapshot("server-v0")
                                .setServer(server(List.of()))
                                .build());
        mesh.operator()
                .send(
                        "agent-1",
                        mesh.operator()
                                .snapshot("agent-v0")
                                .setAgent(Mesh.triage(Mesh.githubAt(Mesh.endpoint("server-1", "127.0.0.2"))
                                        .setPort(port)
                                        .setPath(path)
                                        .addServices(ServiceName.newBuilder()
                                                .setNamespace(Mesh.GITHUB.namespace())
                                                .setName(Mesh.GITHUB.name())
                                                .setPort(capturedPort))))
                                .build());
        server = mesh.startServer("server-1", "127.0.0.2");
        agent = mesh.start(
                "agent-1",
                "127.0.0.3",
                Map.of("STOCKADE_CAPTURE", "{\"tools/github:" + capturedPort + "\":\"" + CAPTURED + "\"}"),
                audit -> StockadeSidecar.policing(
                        audit, Clock.systemUTC(), new BoundPod("agents", "agent-1-name", "agent-1", 0)));
        mesh.inForce("server-1", "server-v0");
        mesh.inForce("agent-1", "agent-v0");
        mesh.ready(server);
        mesh.ready(agent);
    }

    /** Everything that a policy can allow. */
    private static Rule everything() {
        return Rule.newBuilder()
                .addTools("*")
                .addResources("*")
                .addPrompts("*")
                .addAllClientFeatures(List.of("sampling", "elicitation", "roots"))
                .build();
    }

    /** From now on also this is denied, and nothing else. */
    void deny(Rule... deny) {
        version++;
        mesh.tell("server-1", "server-v" + version, snapshot -> snapshot.setServer(server(List.of(deny))));
    }

    private Server.Builder server(List<Rule> deny) {
        Server.Builder built = Mesh.github();
        return built.setPort(port)
                .setPath(path)
                .setHostHeader("localhost:" + port)
                .setLimits(built.getLimits().toBuilder().setCallsPerMinute(1_000_000))
                .addPolicies(AccessPolicy.newBuilder()
                        .setNamespace(Mesh.GITHUB.namespace())
                        .setName("interop")
                        .addAllow(everything())
                        .addAllDeny(deny))
                .addAgents(Mesh.triageAt("agent-1").addPolicies(0));
    }

    /** Where the agent finds the server. */
    URI local() {
        return mesh.urlOf(agent, "/tools/github");
    }

    /** Where a name of the server's Service leads to. */
    URI captured() {
        return URI.create("http://" + CAPTURED + ":" + capturedPort + path);
    }

    /** Whoever went around the mesh has proven nothing. */
    void wasUsed() {
        assertThat(server.audited()).as("audit lines of the server's sidecar").contains("\"phase\":\"outcome\"");
    }

    @Override
    public void close() {
        mesh.close();
    }
}
