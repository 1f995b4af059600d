package dev.stockade.e2e;

import static dev.stockade.e2e.workload.Manifests.agentIdentity;
import static dev.stockade.e2e.workload.Manifests.policy;
import static dev.stockade.e2e.workload.Manifests.secureMcpServer;
import static dev.stockade.e2e.workload.Manifests.serviceAccount;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.mesh.Disturbing;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.Operator;
import dev.stockade.e2e.mesh.Resource;
import dev.stockade.e2e.mesh.Rotation;
import dev.stockade.e2e.mesh.Rotation.Steps;
import dev.stockade.e2e.mesh.Soak;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.mesh.Waiting;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/**
 * An agent calls all the time and holds a stream open, while the mesh renews and rotates everything underneath it and loses
 * its operators. Not one call fails, and the stream is never opened again.
 */
@Disturbing
@Order(45)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class SoakE2E {
    private static final int RENEWALS = 3;

    private final Operator operator;
    private final Rotation rotation;
    private final Mesh mesh;
    private final Soak soak;

    SoakE2E(Mesh mesh) {
        this.mesh = mesh;
        operator = mesh.operator();
        rotation = mesh.rotation();
        soak = mesh.soak();
    }

    @AfterAll
    void end() {
        System.out.println("e2e: the soak up to now: " + soak.latest());
    }

    @Test
    @Order(0)
    void aRequestThatIsNoneIsRefusedInASentenceAndChangesNothing() {
        List<String> issuers = rotation.issuers();

        rotation.annotate("everything");

        Resource.Condition refused = mesh.trust().awaitReason("Rotating", "BadRequest");
        assertThat(refused.message()).contains("everything", "issuer", "root");
        assertThat(rotation.step()).isEqualTo("Stable");
        assertThat(rotation.issuers()).isEqualTo(issuers);
    }

    @Test
    @Order(1)
    void theIssuerIsRotated() {
        soak.issuersAreDroppedFromNowOn();
        int certificates = soak.certificates();
        List<String> roots = rotation.roots();
        List<String> issuers = rotation.issuers();
        try (Steps steps = rotation.steps()) {

            rotation.awaitDone(rotation.request("issuer"));

            assertThat(steps.seen())
                    .containsExactly("Stable", "Issuer/TrustNew", "Issuer/SignWithNew", "Issuer/DropOld", "Stable");
        }
        assertThat(rotation.roots()).isEqualTo(roots);
        assertThat(rotation.issuers()).hasSize(1).doesNotContainAnyElementsOf(issuers);
        assertThat(soak.certificates()).isGreaterThan(certificates);
        mesh.trust().await("Rotating", "False").await("Ready", "True");
        soak.assertUnharmed("the rotation of the issuer");
    }

    @Test
    @Order(2)
    void theRootIsRotatedAndTheOperatorRestartedInTheMiddle() {
        List<String> roots = rotation.roots();
        List<String> issuers = rotation.issuers();
        try (Steps steps = rotation.steps()) {
            String request = rotation.request("root");
            rotation.awaitStep("Root/TrustNew");

            operator.restart();
            rotation.awaitDone(request);

            assertThat(steps.seen())
                    .containsExactly("Stable", "Root/TrustNew", "Root/SignWithNew", "Root/DropOld", "Stable");
        }
        assertThat(rotation.roots()).hasSize(1).doesNotContainAnyElementsOf(roots);
        assertThat(rotation.issuers()).hasSize(1).doesNotContainAnyElementsOf(issuers);
        mesh.trust().await("Rotating", "False").await("Ready", "True");
        soak.assertUnharmed("the rotation of the root and a restart of the operator in the middle of it");
    }

    @Test
    @Order(3)
    void eitherReplicaOfTheOperatorIsKilledWhileAPodStartsWithItsNamespace() {
        Pod leader = operator.leader();
        Pod other = operator.replicas().stream()
                .filter(pod -> !pod.equals(leader))
                .findFirst()
                .orElseThrow();

        starts("e2e-sudden-1", leader);
        soak.assertUnharmed("the death of the leader");
        starts("e2e-sudden-2", other);
        soak.assertUnharmed("the death of the other replica");
    }

    /** A namespace, all that is in it, and the death of a replica, in the same second. */
    private void starts(String namespace, Pod victim) {
        Team team = mesh.team(namespace);
        try {
            operator.kill(victim);
            insist(
                    team,
                    serviceAccount("agent"),
                    agentIdentity("agent", ""),
                    team.manifests().server("server", 1, true),
                    secureMcpServer("server", ""),
                    policy("policy", namespace, "agent", "server", "echo"),
                    team.manifests().agent("agent", "agent", true));
            team.awaitDeployment("server").policy("policy").await("Enforced", "True");
            JsonNode answer = team.program("agent")
                    .call("http://127.0.0.1:15001/%s/server".formatted(namespace), "echo", "{\"message\":\"sudden\"}");
            assertThat(answer.has("result")).as("%s", answer).isTrue();
            operator.awaitReady();
        } finally {
            team.disband();
        }
    }

    /**
     * As controllers and deployment tools do: for a moment the API server asks a replica that is dead about what is created, and
     * refuses it.
     */
    private static void insist(Team team, String... yaml) {
        Waiting.until("what was applied in " + team.namespace() + " is accepted", () -> "an error", () -> {
            team.apply(yaml);
            return true;
        });
    }

    @Test
    @Order(4)
    void theAgentsCertificateIsRenewedThreeTimes() {
        int rotations = 2; // renew as well
        Waiting.until(
                Waiting.GREAT_PATIENCE,
                "%d renewals of a certificate that lives five minutes".formatted(RENEWALS),
                soak::certificates,
                () -> soak.certificates() > RENEWALS + rotations);

        soak.assertUnharmed("%d renewals".formatted(RENEWALS));
    }
}
