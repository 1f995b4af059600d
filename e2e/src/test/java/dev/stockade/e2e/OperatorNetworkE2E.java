package dev.stockade.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import dev.stockade.e2e.mesh.Reach;
import dev.stockade.e2e.mesh.Standing;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.mesh.Waiting;
import dev.stockade.e2e.workload.Manifests;
import dev.stockade.e2e.workload.Program;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * Who reaches the operator, and whom it reaches, with the chart's NetworkPolicy as narrow as it can be made: told where the API
 * server is, and who reads metrics.
 */
@OnMesh
@Order(15)
class OperatorNetworkE2E {
    private static final int CONTROL = 15010;
    private static final int WEBHOOKS = 9443;
    private static final int METRICS = 8080;
    private static final int TUNNEL = 15008;

    private final Mesh mesh;
    private final Standing standing;
    private final KubernetesClient client;
    private final Team late;

    OperatorNetworkE2E(Mesh mesh) {
        this.mesh = mesh;
        standing = mesh.standing();
        client = mesh.client();
        late = mesh.team("e2e-late");
    }

    @BeforeAll
    void narrow() {
        Map<String, String> values = new HashMap<>();
        List<String> nodes = client.nodes().list().getItems().stream()
                .flatMap(node -> node.getStatus().getAddresses().stream())
                .filter(address -> address.getType().equals("InternalIP"))
                .map(address -> address.getAddress() + "/32")
                .toList();
        put(values, "metrics.from[%d].ipBlock.cidr", nodes);
        put(
                values,
                "operator.egress.apiServer[%d]",
                apiServer().stream()
                        .map(target -> target.substring(0, target.lastIndexOf(':')) + "/32")
                        .toList());
        put(
                values,
                "operator.egress.apiServerPorts[%d]",
                apiServer().stream()
                        .map(target -> target.substring(target.lastIndexOf(':') + 1))
                        .distinct()
                        .toList());
        mesh.chart().upgrade(values);
        Waiting.until(
                "the network keeps strangers from the operator's metrics",
                () -> replicas(METRICS),
                () -> !Reach.from(standing.outsider(), replicas(METRICS)).containsValue(true));
    }

    @AfterAll
    void end() {
        late.disband();
        mesh.chart().install();
    }

    @Test
    void whoHasNoSidecarReachesNeitherTheControlChannelNorTheMetrics() {
        Map<String, Boolean> expected = new TreeMap<>();
        replicas(CONTROL).forEach(target -> expected.put(target, false));
        replicas(METRICS).forEach(target -> expected.put(target, false));
        // the control: the way there is open, and the webhooks are for everybody
        replicas(WEBHOOKS).forEach(target -> expected.put(target, true));

        for (Program stranger : List.of(standing.outsider(), standing.nobody())) {
            assertThat(Reach.from(stranger, expected.keySet()))
                    .as("what %s/%s reaches", stranger.namespace(), stranger.pod())
                    .isEqualTo(expected);
        }
    }

    @Test
    void whoHasASidecarReachesTheControlChannelAndNotTheMetrics() {
        Map<String, Boolean> expected = new TreeMap<>();
        replicas(CONTROL).forEach(target -> expected.put(target, true));
        replicas(METRICS).forEach(target -> expected.put(target, false));

        assertThat(Reach.from(standing.reader(), expected.keySet())).isEqualTo(expected);
    }

    @Test
    void theOperatorReachesTheApiServerItsReplicasAndPodsOfTheMeshAndNothingElse() {
        Pod leader = mesh.operator().leader();
        String direct = ip(standing.outside().pods("direct").getFirst()) + ":" + Manifests.SERVER_PORT;
        Map<String, Boolean> expected = new TreeMap<>();
        apiServer().forEach(target -> expected.put(target, true));
        for (int port : new int[] {CONTROL, WEBHOOKS}) {
            replicas(port).stream()
                    .filter(target -> !target.startsWith(ip(leader) + ":"))
                    .forEach(target -> expected.put(target, true));
        }
        expected.put(ip(standing.tools().pods(Standing.SERVER).getFirst()) + ":" + TUNNEL, true);
        expected.put(direct, false);

        assertThat(Reach.from(standing.outsider(), List.of(direct))).containsEntry(direct, true);
        assertThat(Reach.fromWithin(client, leader, mesh.manifests().image(), "look", expected.keySet()))
                .isEqualTo(expected);
    }

    @Test
    void theOperatorDoesAllItsWorkFromBehindIt() {
        late.agent("late", "servers: [{namespace: e2e-tools}]").awaitReady("late");

        late.agentIdentity("late").await("Ready", "True");
    }

    private List<String> replicas(int port) {
        return mesh.operator().replicas().stream()
                .map(pod -> ip(pod) + ":" + port)
                .toList();
    }

    /** Its Service, and what is behind that. */
    private List<String> apiServer() {
        var service = client.services()
                .inNamespace("default")
                .withName("kubernetes")
                .get()
                .getSpec();
        List<EndpointSlice> slices = client.discovery()
                .v1()
                .endpointSlices()
                .inNamespace("default")
                .withLabel("kubernetes.io/service-name", "kubernetes")
                .list()
                .getItems();
        List<String> targets = new ArrayList<>();
        targets.add(service.getClusterIP() + ":" + service.getPorts().getFirst().getPort());
        for (EndpointSlice slice : slices) {
            int port = slice.getPorts().getFirst().getPort();
            slice.getEndpoints().stream()
                    .flatMap(endpoint -> endpoint.getAddresses().stream())
                    .forEach(address -> targets.add(address + ":" + port));
        }
        return targets;
    }

    private static String ip(Pod pod) {
        return pod.getStatus().getPodIP();
    }

    private static void put(Map<String, String> values, String key, List<String> all) {
        for (int i = 0; i < all.size(); i++) {
            values.put(key.formatted(i), all.get(i));
        }
    }
}
