package dev.stockade.operator.access;

import static dev.stockade.operator.status.Sidecars.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.crds.access.McpAccessPolicyStatus;
import dev.stockade.operator.status.Mesh;
import dev.stockade.operator.status.Meshes;
import dev.stockade.operator.status.Settling;
import dev.stockade.operator.status.Sidecars;
import dev.stockade.operator.status.StatusPage;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AccessStatusFactoryTest {
    private static final String WEB = Meshes.server("web");
    private static final String TRIAGE = Meshes.resource(
            "AgentIdentity", "agents", "triage", "{serviceAccountName: triage, servers: [{namespace: tools}]}");

    private static String policy(String namespace, String server) {
        return Meshes.resource(
                "McpAccessPolicy",
                namespace,
                "reads",
                "{agents: [{namespace: agents, name: triage}], servers: [{name: " + server
                        + "}], allow: [{tools: [echo]}]}");
    }

    private static Arguments row(String name, List<String> manifests, Sidecars sidecars, String... expected) {
        return Arguments.argumentSet(name, manifests, sidecars, List.of(expected));
    }

    static Stream<Arguments> table() {
        String reads = policy("tools", "web");
        return Stream.of(
                row(
                        "every sidecar acknowledged",
                        List.of(WEB, TRIAGE, reads, Meshes.webPod("a"), Meshes.webPod("b")),
                        new Sidecars().hold("a", 3, "reads").hold("b", 3, "reads"),
                        "Ready TRUE Enforced",
                        "Stalled FALSE NotStalled",
                        "Accepted TRUE Accepted",
                        "Enforced TRUE Acknowledged"),
                row(
                        "one sidecar has not",
                        List.of(WEB, TRIAGE, reads, Meshes.webPod("a"), Meshes.webPod("b")),
                        new Sidecars().hold("a", 3, "reads"),
                        "Ready UNKNOWN Waiting",
                        "Enforced UNKNOWN Waiting"),
                row(
                        "a name that does not exist",
                        List.of(WEB, reads, Meshes.webPod("a")),
                        new Sidecars().hold("a", 3, "reads"),
                        "Ready FALSE Unresolved",
                        "Stalled FALSE NotStalled",
                        "Accepted TRUE Accepted",
                        "Enforced TRUE Acknowledged"),
                row(
                        "a server that it named before still has the former generation",
                        List.of(
                                WEB,
                                Meshes.resource(
                                        "SecureMcpServer",
                                        "tools",
                                        "other",
                                        "{selector: {matchLabels: {app: other}}, port: 3000}"),
                                TRIAGE,
                                policy("tools", "other"),
                                Meshes.webPod("a")),
                        new Sidecars().hold("a", 2, "reads"),
                        "Ready UNKNOWN Waiting",
                        "Enforced UNKNOWN Waiting"),
                row(
                        "a condition that does not compile",
                        List.of(
                                WEB,
                                TRIAGE,
                                Meshes.resource(
                                        "McpAccessPolicy",
                                        "tools",
                                        "reads",
                                        "{agents: [{namespace: agents, name: triage}], servers: [{name: web}],"
                                                + " allow: [{tools: [echo], when: 'args.'}]}"),
                                Meshes.webPod("a")),
                        new Sidecars().hold("a", 3, "reads"),
                        "Ready FALSE InvalidCondition",
                        "Stalled TRUE InvalidCondition",
                        "Accepted FALSE InvalidCondition",
                        "Enforced TRUE Acknowledged"),
                row(
                        "a namespace that is not labelled",
                        List.of(policy("elsewhere", "web")),
                        new Sidecars(),
                        "Ready FALSE NamespaceNotInMesh",
                        "Stalled TRUE NamespaceNotInMesh",
                        "Enforced FALSE NamespaceNotInMesh"));
    }

    @ParameterizedTest
    @MethodSource("table")
    void theConditionsSayWhatIsSo(List<String> manifests, Sidecars sidecars, List<String> expected) {
        Mesh mesh = Meshes.of(manifests.toArray(String[]::new));

        McpAccessPolicyStatus status = AccessStatusFactory.of(
                mesh.view().policies().getFirst(), mesh, sidecars.registry(), Settling.OVER, NOW);

        StatusPage.read().has("McpAccessPolicy", status.conditions());
        assertThat(status.conditions())
                .extracting(c -> c.type() + " " + c.status() + " " + c.reason())
                .containsAll(expected);
    }
}
