package dev.stockade.operator.leadership;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.operator.status.Mesh;
import dev.stockade.operator.status.Meshes;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.MeshView;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WithdrawalTest {
    private static final String AGENT =
            Meshes.resource("AgentIdentity", "agents", "triage", "{serviceAccountName: triage}");
    private static final String ONE = Meshes.pod("agents", "triage-1", "triage", "triage", "{}");
    private static final String TWO = Meshes.pod("agents", "triage-2", "triage", "triage", "{}");

    private static String trust(String suspended) {
        return """
                apiVersion: stockade.dev/v1alpha1
                kind: MeshTrust
                metadata: {name: default, uid: uid-default, generation: 4}
                spec: {trustDomain: stockade.local, suspended: %s}
                """.formatted(suspended);
    }

    private static List<String> said(Mesh before, Mesh after) {
        return Withdrawal.between(before, after).stream()
                .map(w -> w.about().getKind() + " " + w.about().getName() + " "
                        + w.reason().word() + ": " + w.sentence())
                .toList();
    }

    private static Mesh with(Mesh mesh, Set<String> namespaces, Optional<Instant> account) {
        MeshView view = mesh.view();
        return Mesh.of(new MeshView(
                view.trustDomain(),
                view.clusterDomain(),
                namespaces,
                view.servers(),
                view.agents(),
                view.policies(),
                view.trust(),
                view.pods().stream().map(pod -> pod.under(account)).toList(),
                view.services(),
                view.serviceAccounts()));
    }

    @Test
    void thePlatformsSuspensionNamesTheAgentAndTheReasonAndWhoIsCutOff() {
        assertThat(said(
                        Meshes.of(AGENT, ONE, TWO, trust("[]")),
                        Meshes.of(
                                AGENT,
                                ONE,
                                TWO,
                                trust("[{namespace: agents, name: triage, reason: \"incident 42\"}]"))))
                .containsExactly(
                        "AgentIdentity triage Suspended: MeshTrust default suspends agents/triage: incident 42. Cut off:"
                                + " agents/triage-1, agents/triage-2.",
                        "Pod triage-1 Suspended: MeshTrust default suspends agents/triage: incident 42. Cut off:"
                                + " agents/triage-1, agents/triage-2.",
                        "Pod triage-2 Suspended: MeshTrust default suspends agents/triage: incident 42. Cut off:"
                                + " agents/triage-1, agents/triage-2.");
    }

    @Test
    void theOwnersSuspensionIsSaidOnceAndNotAgainWhileItLasts() {
        Mesh suspended = Meshes.of(AGENT.replace("{serviceAccountName", "{suspended: true, serviceAccountName"));
        assertThat(said(Meshes.of(AGENT), suspended))
                .containsExactly(
                        "AgentIdentity triage Suspended: spec.suspended of AgentIdentity agents/triage is true."
                                + " No pod held the identity.");
        assertThat(said(suspended, suspended)).isEmpty();
        assertThat(said(suspended, Meshes.of(AGENT))).isEmpty();
    }

    @Test
    void aDeletedAgentIsNamedAlsoWhereAnotherOfItsNameIsThere() {
        List<String> expected = List.of(
                "AgentIdentity triage IdentityWithdrawn: AgentIdentity agents/triage was deleted. Cut off: agents/triage-1.",
                "Pod triage-1 IdentityWithdrawn: AgentIdentity agents/triage was deleted. Cut off: agents/triage-1.");
        assertThat(said(Meshes.of(AGENT, ONE), Meshes.of(ONE))).isEqualTo(expected);
        assertThat(said(Meshes.of(AGENT, ONE), Meshes.of(AGENT.replace("uid-triage", "another"), ONE)))
                .isEqualTo(expected);
    }

    @Test
    void aDeletedPodIsNamed() {
        assertThat(said(Meshes.of(AGENT, ONE, TWO), Meshes.of(AGENT, TWO)))
                .containsExactly("Pod triage-1 IdentityWithdrawn: Pod agents/triage-1 was deleted: what it proved as"
                        + " agents/triage is refused from now on.");
    }

    @Test
    void ofAMassOfPodsTheAgentSpeaks() {
        List<String> many = new ArrayList<>(List.of(AGENT));
        for (int i = 10; i < 30; i++) {
            many.add(Meshes.pod("agents", "triage-" + i, "triage", "triage", "{}"));
        }
        assertThat(said(Meshes.of(many.toArray(String[]::new)), Meshes.of(AGENT)))
                .containsExactly(
                        "AgentIdentity triage IdentityWithdrawn: 20 pods were deleted. Cut off: agents/triage-10,"
                                + " agents/triage-11, agents/triage-12, agents/triage-13, agents/triage-14 and 15 more.");
    }

    @Test
    void aDeletedServiceAccountAndANamespaceThatLeavesTheMeshAreNamed() {
        Mesh mesh = Meshes.of(AGENT, ONE);
        assertThat(said(mesh, with(mesh, Set.of("agents"), Optional.empty())))
                .first()
                .isEqualTo("AgentIdentity triage IdentityWithdrawn: ServiceAccount agents/triage was deleted. Cut off:"
                        + " agents/triage-1.");
        assertThat(said(mesh, with(mesh, Set.of("tools"), Optional.of(Instant.EPOCH))))
                .first()
                .isEqualTo("AgentIdentity triage IdentityWithdrawn: Namespace agents has left the mesh. Cut off:"
                        + " agents/triage-1.");
    }

    @Test
    void whatNothingIsTakenFromIsNotSaid() {
        Mesh mesh = Meshes.of(AGENT, ONE);
        assertThat(Withdrawal.between(mesh, mesh)).isEmpty();
        // A pod that has ended by itself has lost nothing that it needs.
        assertThat(said(mesh, Meshes.of(AGENT, ONE.replace("status: {", "status: {phase: Succeeded, "))))
                .isEmpty();
        // A pod that drains still has its identity.
        assertThat(said(
                        mesh,
                        Meshes.of(
                                AGENT,
                                ONE.replace(
                                        "metadata: {", "metadata: {deletionTimestamp: \"2026-01-01T12:00:00Z\", "))))
                .isEmpty();
    }

    @Test
    void theSameWithdrawalHasTheSameOccasionOnEveryReplica() {
        Mesh before = Meshes.of(AGENT, ONE, TWO);
        Mesh after = with(before, Set.of("agents"), Optional.empty());
        assertThat(Withdrawal.between(before, after)).isEqualTo(Withdrawal.between(Meshes.of(TWO, AGENT, ONE), after));
        assertThat(before.view().pods()).noneMatch(MeshPod::orphaned);
    }
}
