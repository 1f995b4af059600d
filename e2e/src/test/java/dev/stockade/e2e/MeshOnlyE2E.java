package dev.stockade.e2e;

import static dev.stockade.e2e.workload.Manifests.secureMcpServer;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.e2e.evidence.Measurements.Row;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import dev.stockade.e2e.mesh.Resource;
import dev.stockade.e2e.mesh.Standing;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.workload.Manifests;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** {@code MeshOnly} says what is so, because it was tried: on a network that enforces, on one that does not, and in between. */
@OnMesh
@Order(14)
class MeshOnlyE2E {
    private static final String OPEN_TO_ALL = """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: open-to-all}
            spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{}]}
            """;

    private final Mesh mesh;
    private final Standing standing;
    private final Team team;

    MeshOnlyE2E(Mesh mesh) {
        this.mesh = mesh;
        // Its agents are the sidecars of other namespaces that try.
        standing = mesh.standing();
        team = mesh.team("e2e-meshonly");
    }

    @BeforeAll
    void aServerOfItsOwn() {
        team.apply(team.manifests().server("web", 1, true), secureMcpServer("web", ""));
        team.apply(team.manifests().loopbackServer("inward"), secureMcpServer("inward", ""));
        team.awaitDeployment("web").awaitDeployment("inward");
    }

    @AfterAll
    void end() {
        enforce(true);
        team.disband();
    }

    /** Where the network cannot be told to stop, a policy opens what it would: the pods are as open, and the sign is the same. */
    private void enforce(boolean enforce) {
        if (mesh.enforceNetworkPolicy(enforce)) {
            return;
        }
        if (enforce) {
            networkPolicy("open-to-all").delete();
        } else {
            team.apply(OPEN_TO_ALL);
        }
    }

    private io.fabric8.kubernetes.client.dsl.Resource<NetworkPolicy> networkPolicy(String name) {
        return team.client()
                .network()
                .v1()
                .networkPolicies()
                .inNamespace(team.namespace())
                .withName(name);
    }

    private Resource web() {
        return team.server("web");
    }

    private void proven() {
        web().awaitReason("MeshOnly", "NetworkPolicyOnly");
        web().await("MeshOnly", "True").await("Ready", "True");
    }

    @Test
    void whatWasTriedFromTheOperatorAndFromOtherNamespacesIsTrue() {
        proven();

        assertThat(web().condition("MeshOnly").orElseThrow().message())
                .contains("Nothing opened in 1 pod at port " + Manifests.SERVER_PORT)
                .contains("the operator")
                .contains("does not stop processes on the pod's own node");
    }

    @Test
    void aServerThatListensOnLoopbackAloneIsSaidToBeSo() {
        team.server("inward").awaitReason("MeshOnly", "LoopbackOnly");

        team.server("inward").await("MeshOnly", "True");
    }

    @Test
    void aNetworkThatDoesNotEnforceIsFoundOutAndSoIsThatItDoesAgain() {
        proven();

        long began = System.nanoTime();
        enforce(false);
        Resource.Condition bypass = web().awaitReason("MeshOnly", "Bypass");
        mesh.measurements().record(Row.BYPASS_FOUND, Duration.ofNanos(System.nanoTime() - began));

        String address = team.pods("web").getFirst().getStatus().getPodIP();
        assertThat(bypass.status()).isEqualTo("False");
        assertThat(bypass.message())
                .contains("pod e2e-meshonly/"
                        + team.pods("web").getFirst().getMetadata().getName())
                .contains("at " + address + ":" + Manifests.SERVER_PORT)
                .contains("the operator");
        web().await("Ready", "False");
        team.awaitEvent(
                "web",
                event -> event.getReason().equals("Bypass")
                        && event.getType().equals("Warning")
                        && event.getMessage().contains("MeshOnly is False"));
        assertThat(mesh.operator().metric("stockade_mesh_bypassed_pods")).isPositive();

        long back = System.nanoTime();
        enforce(true);
        proven();
        mesh.measurements().record(Row.BYPASS_CLOSED, Duration.ofNanos(System.nanoTime() - back));
        team.server("inward").await("MeshOnly", "True");
        standing.tools().server(Standing.SERVER).await("Ready", "True");
    }

    @Test
    void aPolicyThatOpensThePodsIsNamed() {
        proven();

        team.apply(OPEN_TO_ALL);

        web().await("MeshOnly", "False").await("Ready", "False");
        assertThat(web().condition("MeshOnly").orElseThrow().message())
                .contains("NetworkPolicy e2e-meshonly/open-to-all admits every port from everywhere");
        networkPolicy("open-to-all").delete();
        proven();
    }

    @Test
    void theServersOwnPolicyIsPutBackAndThatIsSaid() {
        proven();
        var policy = networkPolicy("stockade-web");
        String before = policy.get().getMetadata().getUid();

        policy.delete();

        team.awaitEvent("web", event -> event.getReason().equals("NetworkPolicyPutBack"));
        assertThat(policy.get().getMetadata().getUid()).isNotEqualTo(before);
        proven();
    }

    @Test
    void whatASidecarTriedStandsInItsLog() {
        proven();

        String all = standing.agents().sidecarLog("reader") + standing.agents().sidecarLog("stranger");
        assertThat(all).contains("\"message\":\"probe\"").contains("\"outcome\":\"open\"");
    }
}
