package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.crds.Definitions;
import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.fixture.ApiServer;
import dev.stockade.operator.acks.LeaseHolder;
import dev.stockade.operator.authority.AuthorityState;
import dev.stockade.operator.leadership.Election;
import dev.stockade.operator.leadership.Reconcilers;
import dev.stockade.operator.status.ChangeFeed;
import dev.stockade.operator.status.Evidence;
import dev.stockade.operator.status.Finding;
import dev.stockade.operator.status.LiveBarePods;
import dev.stockade.operator.status.Mesh;
import dev.stockade.operator.status.Outdated;
import dev.stockade.operator.status.Reason;
import dev.stockade.operator.status.Tenure;
import dev.stockade.wire.control.v1.SignResponse;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two replicas that sign and stream at the same time, of which either may stop without a word. */
class TwoReplicasIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final DateTimeFormatter MICRO_TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'");
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final int SIDECARS = 6;

    @TempDir
    static Path folder;

    static ApiServer api;

    final List<Replica> replicas = new ArrayList<>();
    final List<TcpProxy> networks = new ArrayList<>();
    final List<Sidecar> sidecars = new ArrayList<>();
    MeshNamespace mesh;

    @BeforeAll
    static void startApi() throws Exception {
        api = ApiServer.start(folder, Definitions.yaml());
    }

    @AfterAll
    static void stopApi() {
        api.close();
    }

    @BeforeEach
    void start() throws Exception {
        for (String name : new String[] {"one", "two"}) {
            Replica replica = new Replica(
                    api.newClient(), name, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), Optional::empty);
            replicas.add(replica);
            networks.add(new TcpProxy(replica.server.address()));
        }
        mesh = new MeshNamespace(api.client(), "mesh-" + NUMBER.incrementAndGet());
        mesh.grant("echo");
    }

    @AfterEach
    void stop() throws Exception {
        sidecars.forEach(Sidecar::close);
        for (TcpProxy network : networks) {
            network.close();
        }
        replicas.forEach(Replica::close);
    }

    private Sidecar at(int replica) throws Exception {
        Sidecar sidecar =
                new Sidecar(replicas.get(replica), networks.get(replica).address(), Sidecar.newKey());
        sidecars.add(sidecar);
        return sidecar;
    }

    private SignResponse signed(Sidecar sidecar, Pod pod) {
        String token = mesh.token(pod);
        AtomicReference<SignResponse> answer = new AtomicReference<>();
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(() -> answer.set(requireNonNull(sidecar.sign(token))));
        return requireNonNull(answer.get());
    }

    private static boolean mayCall(Sidecar sidecar, String tool) {
        return !sidecar.snapshots.isEmpty()
                && sidecar.latest().getServer().getPoliciesList().stream()
                        .flatMap(policy -> policy.getAllowList().stream())
                        .anyMatch(rule -> rule.getToolsList().contains(tool));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void whereOneStopsWithoutAWordTheOtherServesEverySidecar(int stopped) throws Exception {
        int left = 1 - stopped;
        // Given sidecars at both
        List<Pod> pods = new ArrayList<>();
        List<SignResponse> certificates = new ArrayList<>();
        for (int i = 0; i < SIDECARS; i++) {
            pods.add(mesh.serverPod("github-" + i, "127.0.0.1"));
            Sidecar sidecar = at(i % 2);
            certificates.add(signed(sidecar, pods.get(i)));
            sidecar.subscribe(certificates.get(i), Map.of());
        }
        List<Sidecar> all = List.copyOf(sidecars);
        await().atMost(PATIENCE).until(() -> all.stream().allMatch(sidecar -> mayCall(sidecar, "echo")));
        assertThat(replicas)
                .allSatisfy(replica -> assertThat(replica.server.connected()).isEqualTo(SIDECARS / 2));
        // When one is gone
        networks.get(stopped).cut();
        // Then its sidecars notice, and the others do not
        for (int i = 0; i < SIDECARS; i++) {
            Sidecar sidecar = all.get(i);
            if (i % 2 == stopped) {
                await().atMost(PATIENCE).until(() -> sidecar.ended.get() != null);
            } else {
                assertThat(sidecar.ended.get()).isNull();
            }
        }
        // When they go to the other, with the certificate of the first and with what they hold
        List<Sidecar> now = new ArrayList<>();
        for (int i = 0; i < SIDECARS; i++) {
            if (i % 2 == stopped) {
                Sidecar moved =
                        new Sidecar(replicas.get(left), networks.get(left).address(), all.get(i).key);
                sidecars.add(moved);
                moved.subscribe(certificates.get(i), all.get(i).held());
                now.add(moved);
            } else {
                now.add(all.get(i));
            }
        }
        // Then all are served, also what changes from now on, and new pods get their certificates
        McpAccessPolicy changed = mesh.grant("get_issue");
        await().atMost(PATIENCE).until(() -> now.stream().allMatch(sidecar -> mayCall(sidecar, "get_issue")));
        await().atMost(PATIENCE)
                .until(() -> pods.stream()
                        .allMatch(pod -> replicas.get(left)
                                .registry
                                .report(pod.getMetadata().getUid())
                                .filter(report -> report.has(
                                        changed.getMetadata().getUid(),
                                        changed.getMetadata().getGeneration()))
                                .isPresent()));
        assertThat(signed(at(left), mesh.serverPod("github-new", "127.0.0.1")).getCertificatesCount())
                .isOne();
        assertThat(now).allSatisfy(sidecar -> assertThat(sidecar.ended.get()).isNull());
    }

    @Test
    void aLostLeaseEndsNoStream() throws Exception {
        // Given a replica that leads, and a sidecar there
        Replica replica = replicas.getFirst();
        KubernetesClient client = api.client();
        String lease = "operator-" + mesh.name;
        ChangeFeed changes = new ChangeFeed();
        replica.cache.onChange(changes::changed);
        Election election = new Election(
                "default",
                lease,
                new LeaseHolder("operator-0", "192.0.2.1").identity(),
                Duration.ofSeconds(8),
                Duration.ofSeconds(5),
                Duration.ofMillis(200));
        Evidence evidence = new Evidence(
                () -> Mesh.of(replica.cache.view()),
                replica.registry,
                new LiveBarePods(client, Clock.systemUTC()),
                (server, pods, managed) -> Finding.unknown("MeshOnly", Reason.PROBING, "Nobody tries here."),
                new Outdated("test"),
                new Tenure(),
                Clock.systemUTC());
        try (changes;
                Reconcilers reconcilers = Reconcilers.of(
                        client,
                        election,
                        evidence,
                        () -> new AuthorityState.Refusing("This test is not about the authority.", false),
                        Optional.empty(),
                        changes,
                        new SimpleMeterRegistry())) {
            reconcilers.start();
            await().atMost(PATIENCE).until(reconcilers::leading);
            Sidecar sidecar = at(0);
            sidecar.subscribe(signed(sidecar, mesh.serverPod("github-1", "127.0.0.1")), Map.of());
            await().atMost(PATIENCE).until(() -> mayCall(sidecar, "echo"));
            // When another takes the lease
            client.leases()
                    .inNamespace("default")
                    .withName(lease)
                    .patch(PatchContext.of(PatchType.JSON_MERGE), """
                            {"spec": {"holderIdentity": "operator-1/192.0.2.2", "renewTime": "%s", "leaseDurationSeconds": 8}}
                            """.formatted(
                                    MICRO_TIME.format(ZonedDateTime.now(ZoneOffset.UTC))));
            await().atMost(PATIENCE).until(() -> !reconcilers.leading());
            // Then the stream goes on
            int heard = sidecar.heartbeats.size();
            mesh.grant("get_issue");
            await().atMost(PATIENCE).until(() -> mayCall(sidecar, "get_issue"));
            await().atMost(PATIENCE).until(() -> {
                replica.server.beat();
                return sidecar.heartbeats.size() > heard;
            });
            assertThat(sidecar.ended.get()).isNull();
            await().atMost(PATIENCE).until(reconcilers::leading);
            assertThat(sidecar.ended.get()).isNull();
        }
    }
}
