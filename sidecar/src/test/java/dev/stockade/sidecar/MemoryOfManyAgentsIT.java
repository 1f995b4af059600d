package dev.stockade.sidecar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.sidecar.fixture.AgentPeer;
import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.fixture.RawPeer;
import dev.stockade.sidecar.fixture.SidecarProcess;
import dev.stockade.sidecar.fixture.TestAuthority;
import dev.stockade.sidecar.fixture.ToolServer;
import dev.stockade.sidecar.fixture.Traffic;
import dev.stockade.wire.control.v1.AgentAccess;
import dev.stockade.wire.control.v1.Server;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoopGroup;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sidecar's process, with the memory that its image gives it, under more than fits into that. */
class MemoryOfManyAgentsIT {
    private static final String ADDRESS = "127.0.0.71";
    private static final int AGENTS = 300;
    private static final int BODY = 4 << 20;
    private static final int PATIENCE_SECONDS = 300;

    private final ToolServer application = new ToolServer();
    private final EventLoopGroup loops = RawPeer.loops();
    private final KeyPair key = TestAuthority.keyPair();
    private Mesh mesh;
    private SidecarProcess sidecar;

    @BeforeEach
    void oneServer(@TempDir Path dir) {
        mesh = new Mesh(dir);
        mesh.operator().pod("server-1", Mesh.GITHUB);
        Server.Builder server = Mesh.toolServer(application.port(), "agent-honest");
        for (int i = 0; i < AGENTS; i++) {
            server.addAgents(AgentAccess.newBuilder()
                    .setSpiffeId(agent(i).uri())
                    .setNamespace("agents")
                    .setName(agent(i).name())
                    .setServiceAccount("greedy")
                    .addPodUids("pod-" + i)
                    .addPolicies(0));
        }
        mesh.operator()
                .send(
                        "server-1",
                        mesh.operator().snapshot("v1").setServer(server).build());
        sidecar = new SidecarProcess(mesh, dir, "server-1", ADDRESS);
        mesh.inForce("server-1", "v1");
    }

    @AfterEach
    void close() {
        sidecar.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        mesh.close();
        application.close();
    }

    private static SpiffeId agent(int i) {
        return new SpiffeId(Mesh.TRUST_DOMAIN, "agents", WorkloadKind.AGENT, "greedy-" + i);
    }

    private AgentPeer peer(SpiffeId agent, String pod) {
        AgentPeer peer = new AgentPeer(
                loops, AgentPeer.certified(mesh, key, agent, pod), ADDRESS, mesh.meshPort(), application.port());
        assertThat(peer.letIn()).isTrue();
        return peer;
    }

    @Test
    void threeHundredLargeBodiesAtOnceNeitherEndTheSidecarNorKeepAnotherAgentFromCalling() {
        // Given an agent that calls one thing after the other
        AgentPeer honest = peer(Mesh.TRIAGE, "agent-honest");
        assertThat(honest.echo().status()).isEqualTo(200);
        long before = sidecar.peakKiB();
        List<AgentPeer> greedy = new ArrayList<>();
        for (int i = 0; i < AGENTS; i++) {
            greedy.add(peer(agent(i), "pod-" + i));
        }
        long connected = sidecar.peakKiB();
        List<AgentPeer.Answer> calls = new ArrayList<>();
        AtomicBoolean over = new AtomicBoolean();
        Figures figures = new Figures();
        Thread calling = Thread.ofPlatform().start(() -> {
            while (!over.get()) {
                calls.add(honest.echo());
                figures.look(sidecar);
            }
        });

        // When three hundred others send 4 MiB each, all at once
        byte[] body = new byte[BODY];
        Arrays.fill(body, (byte) ' ');
        byte[] call = Traffic.tool("echo", 7).getBytes(UTF_8);
        System.arraycopy(call, 0, body, 0, call.length);
        List<CompletableFuture<AgentPeer.Answer>> answers = greedy.stream()
                .map(peer -> peer.call(Unpooled.wrappedBuffer(body)))
                .toList();
        List<AgentPeer.Answer> answered = answers.stream()
                .map(answer ->
                        answer.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join())
                .toList();
        over.set(true);
        join(calling);

        // Then each of them is served, or told that there was no room
        long served = answered.stream().filter(a -> a.status() == 200).count();
        assertThat(answered)
                .filteredOn(answer -> !answer.body().contains("\"result\"") && !refusedForMemory(answer))
                .as(sidecar.said())
                .isEmpty();
        assertThat(served).isPositive();
        // and the other agent never noticed
        assertThat(calls).isNotEmpty();
        assertThat(calls)
                .filteredOn(made -> !made.body().contains("\"result\""))
                .isEmpty();
        assertThat(sidecar.isAlive()).as(sidecar.said()).isTrue();
        assertThat(greedy.getLast().call(Unpooled.wrappedBuffer(body)).orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .succeedsWithin(java.time.Duration.ofSeconds(PATIENCE_SECONDS))
                .satisfies(answer -> assertThat(answer.body()).contains("\"result\""));
        System.out.printf(
                "%d agents with %d MiB each: %d served, %d refused for want of memory; %d calls of another agent meanwhile%n"
                        + "budget %d MiB, most used %d MiB; direct memory %d MiB, heap %d MiB at most;"
                        + " resident %d MiB before, %d MiB with %d connections, %d MiB at its peak%n",
                AGENTS,
                BODY >> 20,
                served,
                AGENTS - served,
                calls.size(),
                sidecar.metric("stockade_sidecar_buffer_bytes") >> 20,
                figures.used >> 20,
                figures.direct >> 20,
                figures.heap >> 20,
                before >> 10,
                connected >> 10,
                AGENTS,
                sidecar.peakKiB() >> 10);
    }

    private static boolean refusedForMemory(AgentPeer.Answer answer) {
        return answer.status() == 503
                && answer.body().contains("\"reason\":\"limit\"")
                && answer.body().contains("limits.bufferBytes");
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The most that was seen, in bytes. */
    private static final class Figures {
        private volatile long used;
        private volatile long direct;
        private volatile long heap;

        void look(SidecarProcess sidecar) {
            used = Math.max(used, sidecar.metric("stockade_sidecar_buffer_used_bytes"));
            direct = Math.max(direct, sidecar.metric("stockade_sidecar_direct_memory_bytes"));
            heap = Math.max(heap, sidecar.metric("stockade_sidecar_heap_bytes"));
        }
    }
}
