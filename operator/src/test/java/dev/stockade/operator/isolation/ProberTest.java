package dev.stockade.operator.isolation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.operator.MovingClock;
import dev.stockade.operator.acks.Shown;
import dev.stockade.operator.acks.SidecarRegistry;
import dev.stockade.operator.server.Policies;
import dev.stockade.operator.status.Finding;
import dev.stockade.operator.status.Mesh;
import dev.stockade.operator.status.Meshes;
import dev.stockade.policy.MeshPod;
import dev.stockade.wire.control.v1.Socket;
import dev.stockade.wire.control.v1.Sockets;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One server's pod, one agent's sidecar in another namespace, and a network that a test opens and closes. */
class ProberTest {
    private static final KubernetesSerialization YAML = new KubernetesSerialization();
    private static final String WEB = Meshes.webPod("web-0");
    private static final String READER =
            Meshes.pod("agents", "reader", "triage", "triage", "{}").replace("192.0.2.1", "192.0.2.2");
    private static final String OTHER =
            Meshes.pod("agents", "other", "triage", "triage", "{}").replace("192.0.2.1", "192.0.2.3");
    private static final Mesh MESH = Meshes.of(
            Meshes.server("web"),
            Meshes.resource("AgentIdentity", "agents", "triage", "{serviceAccountName: triage}"),
            WEB,
            READER,
            OTHER);

    private final MovingClock clock = new MovingClock();
    private final SidecarRegistry registry = new SidecarRegistry(pod -> Duration.ofHours(1), clock);
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final List<NetworkPolicy> policies =
            new CopyOnWriteArrayList<>(List.of(Policies.of(MESH.view().servers().getFirst())));
    private final ProvenIsolation isolation =
            new ProvenIsolation(() -> MESH, ProberTest::live, namespace -> Optional.of(policies), registry, clock);
    private final List<String> tried = new CopyOnWriteArrayList<>();
    private volatile boolean enforced = true;
    private volatile boolean leading = true;
    private final AtomicInteger news = new AtomicInteger();
    private volatile Set<String> sidecars = Set.of("uid-reader");
    private volatile BiConsumer<SidecarVantages.Order, Consumer<Outcome>> orders =
            (order, answer) -> answer.accept(outcome("uid-reader", order.address(), order.port()));
    private final Prober prober = new Prober(
            isolation,
            target -> outcome("operator", target.address(), target.port()),
            () -> leading,
            news::incrementAndGet,
            meters,
            clock);

    private static Optional<Pod> live(MeshPod pod) {
        return Optional.of(YAML.unmarshal(
                Map.of("web-0", WEB, "reader", READER, "other", OTHER).get(pod.name()), Pod.class));
    }

    private Outcome outcome(String from, String address, int port) {
        tried.add(from + " " + address + ":" + port);
        return port == 15008 || !enforced ? Outcome.OPEN : Outcome.TIMEOUT;
    }

    @BeforeEach
    void thePodListens() {
        BoundPod web = new BoundPod("tools", "web-0", "uid-web-0", 1);
        registry.connected(web, "test", Shown.certificate());
        registry.listening(
                web,
                Sockets.newBuilder()
                        .addListening(Socket.newBuilder().setPort(3000))
                        .addListening(Socket.newBuilder().setPort(4000))
                        .addListening(Socket.newBuilder().setPort(15008))
                        .build());
        prober.ask(new SidecarVantages() {
            @Override
            public Set<String> pods() {
                return sidecars;
            }

            @Override
            public void order(String vantageUid, Order order, Consumer<Outcome> answer) {
                orders.accept(order, answer);
            }
        });
    }

    @AfterEach
    void close() {
        prober.close();
    }

    private Finding finding() {
        return isolation.of(
                MESH.view().servers().getFirst(),
                MESH.claims().pods(MESH.view().servers().getFirst()),
                true);
    }

    private void plan(int attempts) {
        tried.clear();
        prober.plan();
        await().until(() -> tried.size() >= attempts);
    }

    private void becomes(String reason) {
        await().untilAsserted(() -> assertThat(finding().reason()).isEqualTo(reason));
    }

    @Test
    void everyListeningPortIsTriedFromBothAndTheSidecarsOwnPortAsControl() {
        plan(6);

        assertThat(tried)
                .containsExactlyInAnyOrder(
                        "operator 192.0.2.1:15008",
                        "operator 192.0.2.1:3000",
                        "operator 192.0.2.1:4000",
                        "uid-reader 192.0.2.1:15008",
                        "uid-reader 192.0.2.1:3000",
                        "uid-reader 192.0.2.1:4000");
        becomes("NetworkPolicyOnly");
        assertThat(finding().message()).contains("at port 3000, 4000, tried from agents/reader, the operator.");
        assertThat(meters.get("stockade.probes")
                        .tags("vantage", "sidecar", "outcome", "timeout")
                        .counter()
                        .count())
                .isEqualTo(2);
    }

    @Test
    void theOperatorTriesOftenAndSidecarsSeldom() {
        plan(6);
        clock.advance(Prober.OWN.minusSeconds(1));
        prober.plan();
        clock.advance(Duration.ofSeconds(1));
        plan(3);
        assertThat(tried).allMatch(attempt -> attempt.startsWith("operator"));

        clock.advance(Prober.SIDECARS);
        plan(6);
        assertThat(tried).hasSize(6);
    }

    @Test
    void aNetworkThatStopsEnforcingIsFoundAndSoIsThatItEnforcesAgain() {
        plan(6);
        becomes("NetworkPolicyOnly");

        enforced = false;
        clock.advance(Prober.OWN);
        plan(3);
        becomes("Probing");
        clock.advance(Duration.ofSeconds(3));
        plan(6);
        becomes("Bypass");
        assertThat(finding().message()).contains("pod tools/web-0 at 192.0.2.1:3000 from ");
        assertThat(meters.get("stockade.mesh.bypassed.pods").gauge().value()).isEqualTo(1);

        enforced = true;
        clock.advance(Prober.OWN);
        plan(6);
        becomes("NetworkPolicyOnly");
        assertThat(meters.get("stockade.mesh.bypassed.pods").gauge().value()).isZero();
    }

    @Test
    void whateverChangesIsTriedAtOnce() {
        plan(6);
        policies.add(YAML.unmarshal("""
                apiVersion: networking.k8s.io/v1
                kind: NetworkPolicy
                metadata: {namespace: tools, name: more, uid: more, resourceVersion: "7"}
                spec: {podSelector: {}, ingress: [{}]}
                """, NetworkPolicy.class));

        plan(6);

        assertThat(tried).hasSize(6);
        assertThat(finding().reason()).isEqualTo("OpenedByPolicy");
        assertThat(finding().message()).contains("NetworkPolicy tools/more admits every port from everywhere");
    }

    /** The last reconciliations of a leader that stops may come after it has stopped to try. */
    @Test
    void whoeverDoesNotLeadTriesNothingAndForgetsOnceItLeadsAgain() {
        enforced = false;
        plan(6);
        clock.advance(Duration.ofSeconds(3));
        plan(6);
        becomes("Bypass");
        leading = false;
        tried.clear();

        prober.plan();

        assertThat(tried).isEmpty();
        assertThat(finding().reason()).isEqualTo("Bypass");
        assertThat(meters.get("stockade.mesh.bypassed.pods").gauge().value()).isZero();

        leading = true;
        enforced = true;
        plan(6);
        becomes("NetworkPolicyOnly");
    }

    @Test
    void aSidecarOnItsWayToAnotherReplicaHasSaidWhatItSaid() {
        BoundPod web = new BoundPod("tools", "web-0", "uid-web-0", 1);
        plan(6);
        becomes("NetworkPolicyOnly");

        registry.disconnected(web);
        prober.plan();
        assertThat(finding().reason()).isEqualTo("NetworkPolicyOnly");

        clock.advance(Duration.ofSeconds(31));
        assertThat(finding().reason()).isEqualTo("SocketsUnknown");
        int before = news.get();
        prober.plan();
        assertThat(news.get()).as("whoever writes statuses is told").isGreaterThan(before);
    }

    @Test
    void whileAnotherSidecarHasYetToTryWhatWasFoundHolds() {
        plan(6);
        becomes("NetworkPolicyOnly");
        List<Consumer<Outcome>> waiting = new CopyOnWriteArrayList<>();
        sidecars = Set.of("uid-other");
        orders = (order, answer) -> waiting.add(answer);

        prober.plan();
        await().until(() -> waiting.size() == 3);
        assertThat(finding().reason()).isEqualTo("NetworkPolicyOnly");
        assertThat(finding().message()).contains("tried from agents/reader, the operator.");

        waiting.getFirst().accept(Outcome.OPEN);
        waiting.subList(1, 3).forEach(answer -> answer.accept(Outcome.TIMEOUT));
        becomes("NetworkPolicyOnly");
        await().untilAsserted(() -> assertThat(finding().message()).contains("tried from agents/other, the operator."));
    }
}
