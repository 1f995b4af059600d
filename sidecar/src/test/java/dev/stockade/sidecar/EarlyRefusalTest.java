package dev.stockade.sidecar;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.wire.control.v1.AccessPolicy;
import dev.stockade.wire.control.v1.Rule;
import dev.stockade.wire.control.v1.Server;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;

/** Given a program that sends all of its body before it reads: it hears why the server refused it in the middle. */
class EarlyRefusalTest {
    /** More than all buffers on the way hold. */
    private static final int BODY = 16 << 20;

    private Mesh mesh;
    private Mesh.Pod agent;

    @BeforeEach
    void twoPods(@TempDir Path dir) {
        mesh = new Mesh(dir);
        mesh.operator().pod("server-1", Mesh.GITHUB).pod("agent-1", Mesh.TRIAGE);
        Mesh.Pod server = mesh.startServer("server-1", "127.0.0.2");
        agent = mesh.start("agent-1", "127.0.0.3", 1);
        mesh.tell("server-1", "server-v1", s -> s.setServer(rules()));
        mesh.tell(
                "agent-1",
                "agent-v1",
                s -> s.setAgent(Mesh.triage(Mesh.githubAt(Mesh.endpoint("server-1", "127.0.0.2")))));
        mesh.ready(server);
        mesh.ready(agent);
    }

    @AfterEach
    void close() {
        mesh.close();
    }

    private static Server.Builder rules() {
        Server.Builder rules = Mesh.github();
        rules.getLimitsBuilder().setRequestBytes(8192);
        return rules.addPolicies(AccessPolicy.newBuilder()
                        .setNamespace("tools")
                        .setName("all")
                        .addAllow(Rule.newBuilder().addTools("*")))
                .addAgents(Mesh.triageAt("agent-1").addPolicies(0));
    }

    @RepeatedTest(5)
    void aProgramThatReadsOnlyAfterItsWholeBodyGetsTheAnswer() throws Exception {
        try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), agent.localPort())) {
            OutputStream out = socket.getOutputStream();
            out.write(("POST /tools/github HTTP/1.1\r\nHost: 127.0.0.1:" + agent.localPort()
                            + "\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nConnection: close\r\n"
                            + "Content-Length: " + BODY + "\r\n\r\n")
                    .getBytes(US_ASCII));
            out.write(new byte[BODY]);
            out.flush();
            InputStream in = socket.getInputStream();
            String answer = new String(in.readAllBytes(), US_ASCII);

            assertThat(answer).startsWith("HTTP/1.1 413 ").contains("limits.requestBytes");
        }
    }
}
