package dev.stockade.operator.agent;

import static dev.stockade.operator.status.Sidecars.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.agent.AgentIdentityStatus;
import dev.stockade.operator.status.Mesh;
import dev.stockade.operator.status.Meshes;
import dev.stockade.operator.status.Outdated;
import dev.stockade.operator.status.Settling;
import dev.stockade.operator.status.Sidecars;
import dev.stockade.operator.status.StatusPage;
import dev.stockade.policy.MeshView;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AgentStatusFactoryTest {
    private static final String TRIAGE = agent("triage", "");
    private static final String POD = agentPod("triage-0", "{\"tools/web:80\":\"127.77.0.1\"}");
    private static final String POLICY = Meshes.resource(
            "McpAccessPolicy",
            "tools",
            "reads",
            "{agents: [{namespace: agents, name: triage}], servers: [{name: web}], allow: [{tools: [echo]}]}");

    private static String agent(String name, String more) {
        return Meshes.resource(
                "AgentIdentity",
                "agents",
                name,
                "{serviceAccountName: triage, servers: [{namespace: tools}]" + more + "}");
    }

    private static String agentPod(String name, String capture) {
        return Meshes.pod("agents", name, "triage", "triage", capture);
    }

    private static String trust(String suspended) {
        return """
                apiVersion: stockade.dev/v1alpha1
                kind: MeshTrust
                metadata: {name: default, uid: uid-trust, generation: 3}
                spec: {trustDomain: stockade.local, suspended: %s}
                """.formatted(suspended);
    }

    private static Arguments row(String name, List<String> manifests, Sidecars sidecars, String... expected) {
        return Arguments.argumentSet(name, manifests, sidecars, List.of(expected));
    }

    static Stream<Arguments> table() {
        List<String> mesh = List.of(Meshes.server("web"), Meshes.SERVICE, Meshes.webPod("web-0"), POLICY);
        return Stream.of(
                row(
                        "its own sidecar and the server's acknowledged",
                        with(mesh, TRIAGE, POD),
                        new Sidecars().hold("triage-0", 3, "triage").hold("web-0", 3, "triage"),
                        "Ready TRUE Acknowledged",
                        "Accepted TRUE Accepted",
                        "Injected TRUE Injected",
                        "Suspended FALSE NotSuspended"),
                row(
                        "the server's sidecar has not",
                        with(mesh, TRIAGE, POD),
                        new Sidecars().hold("triage-0", 3, "triage").hold("web-0", 2, "triage"),
                        "Ready UNKNOWN Waiting"),
                row(
                        "suspended and in force",
                        with(mesh, agent("triage", ", suspended: true"), POD),
                        new Sidecars().hold("triage-0", 3, "triage").hold("web-0", 3, "triage"),
                        "Ready TRUE Acknowledged",
                        "Suspended TRUE Suspended"),
                row(
                        "suspended and not yet in force at the server",
                        with(mesh, agent("triage", ", suspended: true"), POD),
                        new Sidecars().hold("triage-0", 3, "triage").hold("web-0", 2, "triage"),
                        "Suspended UNKNOWN Waiting"),
                row(
                        "suspended by the platform",
                        with(mesh, TRIAGE, POD, trust("[{namespace: agents, name: triage, reason: incident 42}]")),
                        new Sidecars().hold("triage-0", 3, "triage", "trust").hold("web-0", 3, "triage", "trust"),
                        "Suspended TRUE SuspendedByMeshTrust"),
                row(
                        "suspended by the platform and not yet in force",
                        with(mesh, TRIAGE, POD, trust("[{namespace: agents, name: triage}]")),
                        new Sidecars().hold("triage-0", 3, "triage", "trust").hold("web-0", 3, "triage"),
                        "Ready TRUE Acknowledged",
                        "Suspended UNKNOWN Waiting"),
                row(
                        "another agent has the pod",
                        with(mesh, agent("another", ""), TRIAGE, POD),
                        new Sidecars(),
                        "Ready FALSE Conflict",
                        "Stalled TRUE Conflict"),
                row(
                        "a namespace that is not labelled",
                        List.of(Meshes.resource("AgentIdentity", "other", "triage", "{serviceAccountName: triage}")),
                        new Sidecars(),
                        "Ready FALSE NamespaceNotInMesh",
                        "Stalled TRUE NamespaceNotInMesh",
                        "Injected FALSE NamespaceNotInMesh"),
                row("no pods", with(mesh, TRIAGE), new Sidecars().hold("web-0", 3, "triage"), "Ready TRUE NoPods"),
                row("no servers", List.of(TRIAGE, POD), new Sidecars(), "Accepted TRUE NoServers"),
                row(
                        "no service account",
                        List.of(Meshes.resource("AgentIdentity", "agents", "triage", "{serviceAccountName: gone}")),
                        new Sidecars(),
                        "Accepted TRUE NoServiceAccount"));
    }

    private static List<String> with(List<String> some, String... more) {
        return Stream.concat(some.stream(), Stream.of(more)).toList();
    }

    private static AgentIdentityStatus status(Mesh mesh, Sidecars sidecars) {
        AgentIdentity triage = mesh.view().agents().stream()
                .filter(a -> a.getMetadata().getName().equals("triage"))
                .findFirst()
                .orElseThrow();
        return AgentStatusFactory.of(
                triage,
                mesh,
                sidecars.registry(),
                List.of(),
                Optional.empty(),
                new Outdated("test"),
                Settling.OVER,
                NOW);
    }

    @ParameterizedTest
    @MethodSource("table")
    void theConditionsSayWhatIsSo(List<String> manifests, Sidecars sidecars, List<String> expected) {
        AgentIdentityStatus status = status(Meshes.of(manifests.toArray(String[]::new)), sidecars);

        StatusPage.read().has("AgentIdentity", status.conditions());
        assertThat(status.conditions())
                .extracting(c -> c.type() + " " + c.status() + " " + c.reason())
                .containsAll(expected);
        assertThat(status.spiffeId()).matches("spiffe://stockade.local/ns/(agents|other)/agent/triage");
    }

    @Test
    void whoSuspendedItAndWhyIsSaid() {
        Sidecars inForce = new Sidecars().hold("triage-0", 3, "triage", "trust").hold("web-0", 3, "triage", "trust");
        String platform = trust("[{namespace: agents, name: triage, reason: incident 42}]");
        assertThat(suspended(inForce, TRIAGE, platform)).isEqualTo("By MeshTrust default: incident 42.");
        assertThat(suspended(inForce, agent("triage", ", suspended: true"), platform))
                .isEqualTo("By MeshTrust default: incident 42. Also by spec.suspended.");
        assertThat(suspended(inForce, agent("triage", ", suspended: true"))).isEqualTo("By spec.suspended.");
    }

    private static String suspended(Sidecars sidecars, String... manifests) {
        return status(Meshes.of(with(List.of(POD), manifests).toArray(String[]::new)), sidecars).conditions().stream()
                .filter(c -> c.type().equals("Suspended"))
                .findFirst()
                .orElseThrow()
                .message();
    }

    @Test
    void aNameThatThePodDoesNotHaveIsListedWithTheOtherWay() {
        Mesh mesh = Meshes.of(Meshes.server("web"), Meshes.SERVICE, TRIAGE, agentPod("triage-0", "{}"));

        assertThat(status(mesh, new Sidecars()).notCaptured()).singleElement().satisfies(missing -> {
            assertThat(missing.service()).isEqualTo("tools/web:80");
            assertThat(missing.address15001()).isEqualTo("http://127.0.0.1:15001/tools/web");
            assertThat(missing.why()).startsWith("agents/triage-0 was created before");
        });
    }

    @Test
    void aPortThatThePodDeclaresIsListedToo() {
        String service = Meshes.SERVICE.replace("port: 80, targetPort: 3000", "port: 3000");
        Mesh mesh = Meshes.of(Meshes.server("web"), service, TRIAGE, agentPod("triage-0", "{}"));

        assertThat(status(mesh, new Sidecars()).notCaptured())
                .singleElement()
                .satisfies(
                        missing -> assertThat(missing.why()).isEqualTo("agents/triage-0 declares port 3000 itself."));
    }

    @Test
    void whatIsCapturedIsNotListed() {
        Mesh mesh = Meshes.of(Meshes.server("web"), Meshes.SERVICE, TRIAGE, POD);

        assertThat(status(mesh, new Sidecars()).notCaptured()).isEmpty();
    }

    @Test
    void podsWhoseServiceAccountWasDeletedAreNamed() {
        MeshView view = Meshes.of(TRIAGE, POD).view();
        Mesh mesh = Mesh.of(view.withPods(
                view.pods().stream().map(pod -> pod.under(Optional.empty())).toList()));

        assertThat(status(mesh, new Sidecars()).conditions())
                .filteredOn(condition -> condition.type().equals("Injected"))
                .singleElement()
                .satisfies(condition -> {
                    assertThat(condition.reason()).isEqualTo("ServiceAccountDeleted");
                    assertThat(condition.message())
                            .contains("ServiceAccount agents/triage was deleted", "agents/triage-0");
                });
    }
}
