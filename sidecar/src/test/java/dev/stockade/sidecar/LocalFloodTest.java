package dev.stockade.sidecar;

import static dev.stockade.sidecar.fixture.Mesh.endpoint;
import static dev.stockade.sidecar.fixture.Mesh.githubAt;
import static dev.stockade.sidecar.fixture.Mesh.triage;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.fixture.ToolServer;
import dev.stockade.sidecar.fixture.Traffic;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs in the agent's pod that open connections and do not go on. */
class LocalFloodTest {
    private static final String SERVER = "127.0.0.74";
    private static final String AGENT = "127.0.0.75";

    @Test
    void connectionsWhoseHeadsDoNotEndGiveWayToThoseThatAskForSomething(@TempDir Path dir) throws IOException {
        List<Socket> slow = new ArrayList<>();
        try (ToolServer application = new ToolServer();
                Mesh mesh = new Mesh(dir)) {
            // Given an agent and a server
            mesh.operator().pod("server-1", Mesh.GITHUB).pod("agent-1", Mesh.TRIAGE);
            Mesh.Pod server = mesh.startServer("server-1", SERVER);
            Mesh.Pod agent = mesh.start("agent-1", AGENT, application.port());
            mesh.tell("server-1", "v1", s -> s.setServer(Mesh.toolServer(application.port(), "agent-1")));
            mesh.tell(
                    "agent-1",
                    "v1",
                    s -> s.setAgent(
                            triage(githubAt(endpoint("server-1", SERVER)).setPort(application.port()))));
            mesh.ready(server);
            mesh.ready(agent);

            // When a program opens more connections than the sidecar keeps
            for (int i = 0; i < 1200; i++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), agent.localPort());
                slow.add(socket);
                socket.getOutputStream().write("POST /tools/github HTTP/1.1\r\nX-Slow: ".getBytes(US_ASCII));
            }

            // Then the oldest of them are closed, and a call is answered
            await().untilAsserted(() -> assertThat(mesh.call(
                                    agent,
                                    "/tools/github",
                                    Traffic.tool("echo", 1),
                                    "Content-Type",
                                    "application/json",
                                    "Accept",
                                    "application/json, text/event-stream")
                            .body())
                    .contains("\"result\""));
            slow.getFirst().setSoTimeout(60_000);
            assertThat(slow.getFirst().getInputStream().read()).isEqualTo(-1);
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
    }
}
