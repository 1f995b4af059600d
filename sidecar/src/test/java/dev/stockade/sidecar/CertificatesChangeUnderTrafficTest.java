package dev.stockade.sidecar;

import static dev.stockade.sidecar.fixture.Mesh.endpoint;
import static dev.stockade.sidecar.fixture.Mesh.githubAt;
import static dev.stockade.sidecar.fixture.Mesh.triage;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.fixture.TestAuthority;
import dev.stockade.sidecar.fixture.ToolServer;
import dev.stockade.sidecar.fixture.Traffic;
import dev.stockade.wire.control.v1.Snapshot;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two real sidecars under constant traffic, whose certificates, issuer and root change beneath it. */
class CertificatesChangeUnderTrafficTest {
    /**
     * Of the first certificates alone: renewed after half of it, with the other half to spare on a machine that is busy. The
     * later ones do not end while the test runs.
     */
    private static final Duration FIRST_LIFETIME = Duration.ofSeconds(30);

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    Path dir;

    private final ToolServer tools = new ToolServer();
    private Mesh mesh;
    private Mesh.Pod server;
    private Mesh.Pod agent;
    private int version;

    @BeforeEach
    void twoPods() {
        mesh = new Mesh(dir);
        mesh.operator().lifetime(FIRST_LIFETIME);
        mesh.operator().pod("server-1", Mesh.GITHUB).pod("agent-1", Mesh.TRIAGE);
        tell();
        server = mesh.startServer("server-1", "127.0.0.42");
        agent = mesh.start("agent-1", "127.0.0.43", 1);
        mesh.ready(server);
        mesh.ready(agent);
    }

    @AfterEach
    void close() {
        tools.close();
        mesh.close();
    }

    /** Sends both what is so now, and waits until it is in force. */
    private void tell() {
        version++;
        for (String pod : new String[] {"server-1", "agent-1"}) {
            Snapshot.Builder snapshot = mesh.operator().snapshot(pod + "-v" + version);
            if (pod.equals("server-1")) {
                snapshot.setServer(Mesh.toolServer(tools.port(), "agent-1"));
            } else {
                snapshot.setAgent(
                        triage(githubAt(endpoint("server-1", "127.0.0.42")).setPort(tools.port())));
            }
            mesh.operator().send(pod, snapshot.build());
        }
    }

    private void tellAndWait() {
        tell();
        await().atMost(PATIENCE)
                .until(() -> mesh.operator().inForce("server-1", "server-1-v" + version)
                        && mesh.operator().inForce("agent-1", "agent-1-v" + version));
    }

    /** Holds once both have certificates that they asked for after now, so many of them. */
    private Callable<Boolean> renewed(int times) {
        int servers = mesh.operator().signRequests("server-1") + times;
        int agents = mesh.operator().signRequests("agent-1") + times;
        return () -> held(server) >= servers && held(agent) >= agents;
    }

    private static long held(Mesh.Pod pod) {
        return pod.logged()
                .lines()
                .filter(line -> line.contains("\"certificate held\""))
                .count();
    }

    /** Waits, and fails with the first call that does. */
    private static void awaitWith(Traffic traffic, Callable<Boolean> condition) {
        await().atMost(PATIENCE).until(() -> {
            assertThat(traffic.failures()).isEmpty();
            return condition.call();
        });
    }

    /** Waits until more of everything has come through. */
    private static void goesOn(Traffic traffic) {
        int events = traffic.events();
        int calls = traffic.calls();
        int uploads = traffic.uploads();
        awaitWith(traffic, () -> traffic.events() > events && traffic.calls() > calls && traffic.uploads() > uploads);
    }

    private void rotate(Traffic traffic, TestAuthority to) {
        TestAuthority from = mesh.operator().authority();
        mesh.operator().rotate(from, to);
        tellAndWait();
        mesh.operator().rotate(to, from);
        Callable<Boolean> renewed = renewed(1);
        tellAndWait();
        awaitWith(traffic, renewed);
        mesh.operator().rotate(to);
        tellAndWait();
    }

    @Test
    void noCallFailsAndNoStreamEndsWhileCertificatesIssuerAndRootChange() {
        // Given a path that is warm: what is tried here is not the first handshake of a process
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> mesh.call(
                                        agent,
                                        "/tools/github",
                                        Traffic.tool("echo", 1),
                                        "Content-Type",
                                        "application/json",
                                        "Accept",
                                        "application/json, text/event-stream")
                                .statusCode()
                        == 200);
        try (Traffic traffic = new Traffic(mesh.urlOf(agent, "/tools/github"))) {
            goesOn(traffic);
            Instant firstEnd = Instant.now().plus(FIRST_LIFETIME);
            mesh.operator().lifetime(Duration.ofHours(1));
            awaitWith(traffic, renewed(1));
            // Each of these renews once more.
            rotate(traffic, mesh.operator().authority().nextIssuer());
            rotate(traffic, new TestAuthority());
            awaitWith(traffic, () -> Instant.now().isAfter(firstEnd));
            goesOn(traffic);
            tools.finish();
            traffic.stop();

            assertThat(traffic.failures()).isEmpty();
        }
        // Given that the stream of events began on a connection that was retired long ago
        assertThat(mesh.metric(server, "stockade_sidecar_inbound_connections_total"))
                .as("connections made for new certificates")
                .isGreaterThan(3);
        assertThat(mesh.metric(server, "stockade_sidecar_inbound_connections_cut_total"))
                .isZero();
    }
}
