package dev.stockade.e2e;

import static dev.stockade.e2e.workload.Manifests.policy;
import static dev.stockade.e2e.workload.Manifests.secureMcpServer;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.mesh.Chart;
import dev.stockade.e2e.mesh.Definitions;
import dev.stockade.e2e.mesh.Disturbing;
import dev.stockade.e2e.mesh.DryRuns;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.Operator;
import dev.stockade.e2e.mesh.Resource;
import dev.stockade.e2e.mesh.Rotation;
import dev.stockade.e2e.mesh.Soak;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.mesh.Tools.Ended;
import dev.stockade.e2e.mesh.Waiting;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/**
 * Back to the release before this one, and forward again, while agents call all the time and hold streams open: one whose
 * sidecars are of this release, and one whose sidecars are of the former.
 */
@Disturbing
@Order(85)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(15 * 60)
class UpgradeE2E {
    private static final String OLD = "e2e-upgrade";
    private static final String SUM = "{\"a\":19,\"b\":23}";

    private final Mesh mesh;
    private final Operator operator;
    private final Definitions definitions;
    private final Chart previous;
    private final Soak young;
    /** Begun once the former release is there. */
    @SuppressWarnings("NullAway.Init")
    private Soak old;

    UpgradeE2E(Mesh mesh) {
        this.mesh = mesh;
        operator = mesh.operator();
        definitions = new Definitions(mesh.client());
        previous = mesh.previous();
        young = mesh.soak();
    }

    @BeforeAll
    void begin() {
        young.assertUnharmed("whatever came before");
    }

    @AfterAll
    void end() {
        mesh.chart().install();
        operator.awaitRolled();
        if (old != null) {
            old.close();
        }
        mesh.endSoak();
    }

    @Test
    @Order(1)
    void aRollbackFailsNoCallRestartsNoPodAndTheFormerOperatorLeadsTheSidecarsOfThisRelease() {
        Map<String, Integer> pods = pods(young.team());

        previous.install();
        operator.awaitRolled();

        young.assertUnharmed("the rollback");
        assertThat(pods(young.team())).isEqualTo(pods);
        aPolicyIsFollowed(young);
        young.assertUnharmed("a policy of the former operator");
    }

    @Test
    @Order(2)
    void anUpgradeFailsNoCallRestartsNoPodAndBringsTheDefinitions() {
        old = Soak.begin(mesh, OLD);
        assertThat(sidecar(old.team().pod(Soak.AGENT)).getImage()).endsWith(":" + previous.tag());
        definitions.dropARule();
        assertThat(definitions.served()).isNotEqualTo(definitions.checkedIn());
        Map<String, Integer> pods = pods(old.team());

        Map<String, Integer> refused;
        try (DryRuns created = DryRuns.begin(mesh.client(), OLD)) {
            mesh.chart().install();
            operator.awaitRolled();
            refused = created.refused();
        }

        // By a replica of the former release alone, which does not ask the one that has injected.
        assertThat(refused.keySet())
                .noneMatch(why -> why.contains(
                        "this operator is of release " + mesh.chart().tag()));
        old.assertUnharmed("the upgrade");
        young.assertUnharmed("the upgrade");
        assertThat(pods(old.team())).isEqualTo(pods);
        assertThat(definitions.served()).isEqualTo(definitions.checkedIn());
        formerSidecarsAreNamed(old.team().server(Soak.SERVER), Soak.SERVER);
        formerSidecarsAreNamed(old.team().agentIdentity(Soak.AGENT), Soak.AGENT);
    }

    @Test
    @Order(3)
    void formerSidecarsFollowTheNewOperatorInPoliciesAndCertificates() {
        aPolicyIsFollowed(old);
        int certificates = old.certificates();
        Rotation rotation = mesh.rotation();
        old.issuersAreDroppedFromNowOn();
        young.issuersAreDroppedFromNowOn();

        rotation.awaitDone(rotation.request("issuer"));

        assertThat(old.certificates()).isGreaterThan(certificates);
        old.assertUnharmed("a rotation by the new operator");
        young.assertUnharmed("a rotation by the new operator");
    }

    @Test
    @Order(4)
    void newPodsGetNewSidecarsWhichUnderstandTheFormerOnesInBothDirections() {
        Team team = old.team();
        team.apply(
                team.manifests().server("recent", 1, true),
                secureMcpServer("recent", ""),
                policy("both-ways", OLD, Soak.AGENT, "recent", "echo"),
                policy("newcomers", OLD, "newcomer", Soak.SERVER, "echo"));
        team.agent("newcomer", "").awaitDeployment("recent").awaitReady("newcomer");
        team.policy("both-ways").await("Enforced", "True");
        team.policy("newcomers").await("Enforced", "True");

        JsonNode fromOld = team.program(Soak.AGENT).call(url(OLD, "recent"), "echo", "{\"message\":\"to the new\"}");
        JsonNode fromNew = team.program("newcomer").call(url(OLD, Soak.SERVER), "echo", "{\"message\":\"to the old\"}");

        String tag = ":" + mesh.chart().tag();
        assertThat(sidecar(team.pod("newcomer")).getImage()).endsWith(tag);
        assertThat(sidecar(team.pods("recent").getFirst()).getImage()).endsWith(tag);
        assertThat(fromOld.at("/result/content/0/text").asText())
                .as("%s", fromOld)
                .isEqualTo("Echo: to the new");
        assertThat(fromNew.at("/result/content/0/text").asText())
                .as("%s", fromNew)
                .isEqualTo("Echo: to the old");
    }

    /** Unlike the first, by Helm's own record of what was installed before. */
    @Test
    @Order(5)
    void helmsOwnRollbackFailsNoCallAndRestartsNoPod() {
        Map<String, Integer> youngPods = pods(young.team());
        Map<String, Integer> oldPods = pods(old.team());

        Ended rolledBack = mesh.tools().helm("rollback", Chart.RELEASE, "-n", Chart.NAMESPACE, "--wait");
        operator.awaitRolled();

        assertThat(rolledBack.status()).as(rolledBack.said()).isZero();
        assertThat(operator.replicas())
                .extracting(pod -> pod.getSpec().getContainers().getFirst().getImage())
                .allMatch(image -> image.endsWith(":" + previous.tag()));
        young.assertUnharmed("helm rollback");
        old.assertUnharmed("helm rollback");
        assertThat(pods(young.team())).isEqualTo(youngPods);
        assertThat(pods(old.team())).isEqualTo(oldPods);
        aPolicyIsFollowed(young);
        aPolicyIsFollowed(old);
    }

    /** In both directions: what is granted is answered, and what is granted no more is not. */
    private static void aPolicyIsFollowed(Soak soak) {
        Team team = soak.team();
        String url = url(team.namespace(), Soak.SERVER);
        team.apply(policy("sums", team.namespace(), Soak.AGENT, Soak.SERVER, "get-sum"));
        team.policy("sums").await("Enforced", "True");
        JsonNode granted = team.program(Soak.AGENT).call(url, "get-sum", SUM);

        team.policy("sums").patch("{\"spec\":{\"allow\":[{\"tools\":[\"echo\"]}]}}");
        team.policy("sums").await("Enforced", "True");
        JsonNode refused = team.program(Soak.AGENT).call(url, "get-sum", SUM);

        assertThat(granted.at("/result/content/0/text").asText())
                .as("%s", granted)
                .contains("42");
        assertThat(refused.at("/error/code").asInt()).as("%s", refused).isEqualTo(-31403);
    }

    /** Nothing is held back by them, and whoever looks sees which pods to restart. */
    private static void formerSidecarsAreNamed(Resource resource, String pod) {
        Waiting.until(
                "the status names " + pod + "'s sidecar of the former release",
                () -> resource.condition("Injected"),
                () -> resource.condition("Injected")
                        .filter(injected -> injected.status().equals("True"))
                        .filter(injected -> injected.message().contains("Sidecars of another release"))
                        .filter(injected -> injected.message().contains(pod))
                        .isPresent());
        resource.await("Ready", "True");
    }

    private static String url(String namespace, String server) {
        return "http://127.0.0.1:15001/%s/%s".formatted(namespace, server);
    }

    /** Each pod by its UID, with how often its containers were restarted. */
    private static Map<String, Integer> pods(Team team) {
        Map<String, Integer> restarts = new TreeMap<>();
        for (Pod pod : team.client().pods().inNamespace(team.namespace()).list().getItems()) {
            int sum = 0;
            for (var container : pod.getStatus().getInitContainerStatuses()) {
                sum += container.getRestartCount();
            }
            for (var container : pod.getStatus().getContainerStatuses()) {
                sum += container.getRestartCount();
            }
            restarts.put(pod.getMetadata().getName() + " " + pod.getMetadata().getUid(), sum);
        }
        return restarts;
    }

    private static Container sidecar(Pod pod) {
        return pod.getSpec().getInitContainers().stream()
                .filter(one -> one.getName().equals("stockade-sidecar"))
                .findFirst()
                .orElseThrow();
    }
}
