package dev.stockade.operator.server;

import static dev.stockade.operator.status.Sidecars.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.crds.common.Condition;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.server.SecureMcpServerStatus;
import dev.stockade.operator.status.Conditions;
import dev.stockade.operator.status.Finding;
import dev.stockade.operator.status.Mesh;
import dev.stockade.operator.status.Meshes;
import dev.stockade.operator.status.Outdated;
import dev.stockade.operator.status.Reason;
import dev.stockade.operator.status.Restarting;
import dev.stockade.operator.status.Settling;
import dev.stockade.operator.status.Sidecars;
import dev.stockade.operator.status.StatusPage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ServerStatusFactoryTest {
    /** Elected a little later than anything here was published. */
    private static final Settling NEW_LEADER = new Settling(Duration.ofSeconds(20), NOW.plusSeconds(5));

    private static final Outdated OF_TEST = new Outdated("test");
    private static final Finding NOT_TRIED = Finding.unknown("MeshOnly", Reason.PROBING, "Being tried.");
    private static final Finding BYPASS = Finding.no("MeshOnly", Reason.BYPASS, "Reached around the sidecar.");

    private static final String WEB = Meshes.server("web");

    private static Arguments row(
            String name, List<String> manifests, Sidecars sidecars, List<String> bare, String... expected) {
        return Arguments.argumentSet(name, manifests, sidecars, bare, List.of(expected));
    }

    static Stream<Arguments> table() {
        return Stream.of(
                row(
                        "no pods",
                        List.of(WEB, Meshes.SERVICE),
                        new Sidecars(),
                        List.of(),
                        "Ready TRUE NoPods",
                        "Stalled FALSE NotStalled",
                        "Accepted TRUE Accepted",
                        "Injected TRUE NoPods",
                        "MeshOnly UNKNOWN Probing",
                        "PolicyEnforced TRUE NoSidecars"),
                row(
                        "every sidecar acknowledged",
                        List.of(WEB, Meshes.SERVICE, Meshes.webPod("a"), Meshes.webPod("b")),
                        new Sidecars().hold("a", 3, "web").hold("b", 4, "web"),
                        List.of(),
                        "Ready TRUE Enforced",
                        "Injected TRUE Injected",
                        "PolicyEnforced TRUE Acknowledged"),
                row(
                        "one sidecar holds the former generation",
                        List.of(WEB, Meshes.SERVICE, Meshes.webPod("a"), Meshes.webPod("b")),
                        new Sidecars().hold("a", 3, "web").hold("b", 2, "web"),
                        List.of(),
                        "Ready UNKNOWN Waiting",
                        "PolicyEnforced UNKNOWN Waiting"),
                row(
                        "a sidecar refused the snapshot",
                        List.of(WEB, Meshes.SERVICE, Meshes.webPod("a")),
                        new Sidecars().hold("a", 2, "web").refuse("a", "it is older than mine"),
                        List.of(),
                        "Ready FALSE Refused",
                        "Stalled FALSE NotStalled",
                        "PolicyEnforced FALSE Refused"),
                row(
                        "a pod without a sidecar",
                        List.of(WEB, Meshes.SERVICE, Meshes.webPod("a")),
                        new Sidecars().hold("a", 3, "web"),
                        List.of("tools/old"),
                        "Ready FALSE PodsWithoutSidecar",
                        "Injected FALSE PodsWithoutSidecar",
                        "PolicyEnforced TRUE Acknowledged"),
                row(
                        "another server has the pod",
                        List.of(Meshes.server("another"), WEB, Meshes.SERVICE, Meshes.webPod("a")),
                        new Sidecars(),
                        List.of(),
                        "Ready FALSE Conflict",
                        "Stalled TRUE Conflict",
                        "Accepted FALSE Conflict",
                        "PolicyEnforced FALSE Conflict"),
                row(
                        "the port is not declared",
                        List.of(
                                Meshes.resource(
                                        "SecureMcpServer",
                                        "tools",
                                        "web",
                                        "{selector: {matchLabels: {app: web}}, port: 8080}"),
                                Meshes.webPod("a")),
                        new Sidecars().hold("a", 3, "web"),
                        List.of(),
                        "Ready TRUE Enforced",
                        "Accepted TRUE PortNotDeclared"),
                row(
                        "no Service",
                        List.of(WEB, Meshes.webPod("a")),
                        new Sidecars().hold("a", 3, "web"),
                        List.of(),
                        "Ready TRUE Enforced",
                        "Accepted TRUE NoService"),
                row(
                        "a namespace that is not labelled",
                        List.of(Meshes.resource(
                                "SecureMcpServer",
                                "other",
                                "web",
                                "{selector: {matchLabels: {app: web}}, port: 3000}")),
                        new Sidecars(),
                        List.of(),
                        "Ready FALSE NamespaceNotInMesh",
                        "Stalled TRUE NamespaceNotInMesh",
                        "Accepted FALSE NamespaceNotInMesh",
                        "Injected FALSE NamespaceNotInMesh",
                        "PolicyEnforced FALSE NamespaceNotInMesh"),
                row(
                        "observing",
                        List.of(
                                Meshes.resource(
                                        "SecureMcpServer",
                                        "tools",
                                        "web",
                                        "{selector: {matchLabels: {app: web}}, port: 3000, enforcement: Observe}"),
                                Meshes.webPod("a")),
                        new Sidecars().hold("a", 3, "web"),
                        List.of(),
                        "Ready TRUE Enforced",
                        "PolicyEnforced FALSE Observing"));
    }

    private static SecureMcpServer web(Mesh mesh) {
        return mesh.view().servers().stream()
                .filter(s -> s.getMetadata().getName().equals("web"))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @MethodSource("table")
    void theConditionsSayWhatIsSo(List<String> manifests, Sidecars sidecars, List<String> bare, List<String> expected) {
        Mesh mesh = Meshes.of(manifests.toArray(String[]::new));

        SecureMcpServerStatus status = ServerStatusFactory.of(
                web(mesh), mesh, sidecars.registry(), bare, Optional.empty(), NOT_TRIED, OF_TEST, Settling.OVER, NOW);

        StatusPage.read().has("SecureMcpServer", status.conditions());
        assertThat(status.conditions())
                .extracting(c -> c.type() + " " + c.status() + " " + c.reason())
                .containsAll(expected);
        assertThat(status.conditions()).allMatch(c -> c.observedGeneration() == 3);
        assertThat(status.observedGeneration()).isEqualTo(3);
    }

    private static SecureMcpServerStatus of(SecureMcpServer server, Mesh mesh, Sidecars sidecars, Settling settling) {
        return ServerStatusFactory.of(
                server, mesh, sidecars.registry(), List.of(), Optional.empty(), NOT_TRIED, OF_TEST, settling, NOW);
    }

    private static String accepted(Mesh mesh, Sidecars sidecars) {
        return message(of(web(mesh), mesh, sidecars, Settling.OVER), "Accepted");
    }

    @Test
    void aSecondServerOfTheSamePodAtAnotherPortIsToldWhereItBelongs() {
        String second =
                Meshes.resource("SecureMcpServer", "tools", "web", "{selector: {matchLabels: {app: web}}, port: 3001}");

        assertThat(accepted(Meshes.of(Meshes.server("another"), second, Meshes.webPod("a")), new Sidecars()))
                .contains("already belongs to SecureMcpServer tools/another")
                .endsWith(
                        "A pod is one server: what listens on port 3001 of the same pod has to run in a pod of its own.");
        assertThat(accepted(Meshes.of(Meshes.server("another"), WEB, Meshes.webPod("a")), new Sidecars()))
                .doesNotContain("pod of its own");
    }

    @Test
    void aServerThatDoesNotSpeakStreamableHttpIsNamedUntilItDoes() {
        Mesh mesh = Meshes.of(WEB, Meshes.SERVICE, Meshes.webPod("a"));
        Sidecars sidecars = new Sidecars().hold("a", 3, "web").listen("a", 404);

        SecureMcpServerStatus status = of(web(mesh), mesh, sidecars, Settling.OVER);

        assertThat(status.conditions())
                .extracting(c -> c.type() + " " + c.status() + " " + c.reason())
                .contains("Accepted TRUE NotStreamableHttp", "Ready TRUE Enforced");
        assertThat(message(status, "Accepted"))
                .startsWith("tools/a answered 404 at /mcp when an agent began")
                .contains("Set spec.path", "HTTP+SSE (MCP 2024-11-05)");
        assertThat(accepted(mesh, sidecars.listen("a", 0))).isEqualTo("Serves 1 pod at port 3000.");
    }

    @Test
    void aHeadlessServiceSaysThatNamesOfSinglePodsDoNotLeadIntoTheMesh() {
        String headless = Meshes.SERVICE.replace("spec: {", "spec: {clusterIP: None, ");

        assertThat(accepted(Meshes.of(WEB, headless, Meshes.webPod("a")), new Sidecars()))
                .contains("the headless Service web itself", "names of single pods");
        assertThat(accepted(Meshes.of(WEB, Meshes.SERVICE, Meshes.webPod("a")), new Sidecars()))
                .isEqualTo("Serves 1 pod at port 3000.");
    }

    private static String message(SecureMcpServerStatus status, String type) {
        return Conditions.find(status.conditions(), type)
                .map(Condition::message)
                .orElseThrow();
    }

    @Test
    void theMessagesNameWhatIsMeant() {
        Mesh mesh = Meshes.of(WEB, Meshes.webPod("a"), Meshes.webPod("b"));
        Sidecars sidecars = new Sidecars().hold("a", 3, "web");

        SecureMcpServerStatus status = ServerStatusFactory.of(
                web(mesh),
                mesh,
                sidecars.registry(),
                List.of("tools/old"),
                Optional.empty(),
                NOT_TRIED,
                OF_TEST,
                Settling.OVER,
                NOW);

        assertThat(message(status, "PolicyEnforced"))
                .startsWith("1 of 2 sidecars concerned have acknowledged generation 3. Waiting for tools/b: ");
        assertThat(message(status, "Injected"))
                .isEqualTo("2 of 3 pods have the sidecar. Without: tools/old. A sidecar is injected only when a pod is"
                        + " created: restart them.");
        assertThat(status.sidecars()).isEqualTo("1/2");
    }

    @Test
    void aBufferThatNoSidecarHasIsNamed() {
        Mesh mesh = Meshes.of(
                Meshes.resource(
                        "SecureMcpServer",
                        "tools",
                        "web",
                        "{selector: {matchLabels: {app: web}}, port: 3000, limits: {bufferBytes: 128Mi}}"),
                Meshes.webPod("a"));
        SecureMcpServer server = web(mesh);
        Sidecars sidecars = new Sidecars().hold("a", 3, "web");

        SecureMcpServerStatus status = of(server, mesh, sidecars, Settling.OVER);

        String sentence =
                "limits.bufferBytes is 128Mi, and each sidecar uses 40Mi of it: half of its direct memory. Set at most"
                        + " 40Mi.";
        assertThat(message(status, "PolicyEnforced")).endsWith(sentence);
        assertThat(state(status)).isEqualTo("TRUE");
        server.setStatus(status);
        assertThat(message(of(server, mesh, new Sidecars(), NEW_LEADER), "PolicyEnforced"))
                .containsOnlyOnce(sentence);
    }

    @Test
    void whatASidecarUsesIsHalfOfWhatItsImageGivesIt() throws IOException {
        assertThat(Files.readString(Path.of("../sidecar/pom.xml")))
                .contains("<entry>-XX:MaxDirectMemorySize=" + 2 * (BufferWish.MOST >> 20) + "m</entry>");
    }

    @Test
    void aSecondLookChangesNothing() {
        Mesh mesh = Meshes.of(WEB, Meshes.SERVICE, Meshes.webPod("a"));
        Sidecars sidecars = new Sidecars().hold("a", 3, "web");
        SecureMcpServer server = web(mesh);
        SecureMcpServerStatus first = of(server, mesh, sidecars, Settling.OVER);
        server.setStatus(first);

        SecureMcpServerStatus later = ServerStatusFactory.of(
                server,
                mesh,
                sidecars.registry(),
                List.of(),
                Optional.empty(),
                NOT_TRIED,
                OF_TEST,
                Settling.OVER,
                NOW.plusSeconds(60));

        assertThat(later).isEqualTo(first);
    }

    @Test
    void aNewLeaderLeavesWhatWasPublishedWhileSidecarsReport() {
        Mesh mesh = Meshes.of(WEB, Meshes.SERVICE, Meshes.webPod("a"));
        SecureMcpServer server = web(mesh);
        server.setStatus(of(server, mesh, new Sidecars().hold("a", 3, "web"), Settling.OVER));
        Sidecars unheard = new Sidecars();

        assertThat(state(of(server, mesh, unheard, NEW_LEADER))).isEqualTo("TRUE");
        assertThat(state(of(server, mesh, unheard, Settling.OVER))).isEqualTo("UNKNOWN");
        server.getMetadata().setGeneration(4L);
        assertThat(state(of(server, mesh, unheard, NEW_LEADER))).isEqualTo("UNKNOWN");
    }

    @Test
    void aNewLeaderLeavesTheColumnThatSaysTheSameAsTheCondition() {
        Mesh mesh = Meshes.of(WEB, Meshes.SERVICE, Meshes.webPod("a"));
        SecureMcpServer server = web(mesh);
        server.setStatus(of(server, mesh, new Sidecars().hold("a", 3, "web"), Settling.OVER));
        assertThat(server.getStatus().sidecars()).isEqualTo("1/1");

        assertThat(of(server, mesh, new Sidecars(), NEW_LEADER).sidecars()).isEqualTo("1/1");
        assertThat(of(server, mesh, new Sidecars(), Settling.OVER).sidecars()).isEqualTo("0/1");
    }

    @Test
    void underObserveTheAcknowledgementsAreCountedAndANewLeaderLeavesThem() {
        String observing = Meshes.resource(
                "SecureMcpServer",
                "tools",
                "web",
                "{selector: {matchLabels: {app: web}}, port: 3000, enforcement: Observe}");
        Mesh mesh = Meshes.of(observing, Meshes.SERVICE, Meshes.webPod("a"));
        SecureMcpServer server = web(mesh);
        server.setStatus(of(server, mesh, new Sidecars().hold("a", 3, "web"), Settling.OVER));
        assertThat(message(server.getStatus(), "PolicyEnforced"))
                .startsWith("1 of 1 sidecar concerned has acknowledged generation 3. spec.enforcement is Observe");

        assertThat(of(server, mesh, new Sidecars(), NEW_LEADER).conditions())
                .isEqualTo(server.getStatus().conditions());
    }

    @Test
    void aNewLeaderLeavesARefusalUntilTheSidecarsHaveReported() {
        Mesh mesh = Meshes.of(WEB, Meshes.SERVICE, Meshes.webPod("a"));
        SecureMcpServer server = web(mesh);
        Sidecars refusing = new Sidecars().hold("a", 2, "web").refuse("a", "it is older than mine");
        server.setStatus(of(server, mesh, refusing, Settling.OVER));

        assertThat(of(server, mesh, new Sidecars(), NEW_LEADER).conditions())
                .isEqualTo(server.getStatus().conditions());
        assertThat(state(of(server, mesh, new Sidecars().hold("a", 3, "web"), NEW_LEADER)))
                .isEqualTo("TRUE");
        assertThat(state(of(server, mesh, new Sidecars(), Settling.OVER))).isEqualTo("UNKNOWN");
    }

    @Test
    void thatNobodyWasConcernedSaysNothingOfAPodThatIsThereNow() {
        Mesh nobody = Meshes.of(WEB, Meshes.SERVICE);
        SecureMcpServer server = web(nobody);
        server.setStatus(of(server, nobody, new Sidecars(), Settling.OVER));

        Mesh withPod = Meshes.of(WEB, Meshes.SERVICE, Meshes.webPod("a"));

        assertThat(state(of(server, withPod, new Sidecars(), NEW_LEADER))).isEqualTo("UNKNOWN");
    }

    @Test
    void aLeaderDoesNotKeepWhatItMadeTrueItself() {
        Mesh nobody = Meshes.of(WEB, Meshes.SERVICE);
        SecureMcpServer server = web(nobody);
        Settling itself = new Settling(Duration.ofSeconds(20), NOW.minusSeconds(5));
        server.setStatus(of(server, nobody, new Sidecars(), itself));
        assertThat(state(server.getStatus())).isEqualTo("TRUE");

        Mesh withPod = Meshes.of(WEB, Meshes.SERVICE, Meshes.webPod("a"));

        assertThat(state(ServerStatusFactory.of(
                        server,
                        withPod,
                        new Sidecars().registry(),
                        List.of(),
                        Optional.empty(),
                        NOT_TRIED,
                        OF_TEST,
                        itself,
                        NOW.plusSeconds(1))))
                .isEqualTo("UNKNOWN");
    }

    private static String state(SecureMcpServerStatus status) {
        return Conditions.find(status.conditions(), "PolicyEnforced")
                .orElseThrow()
                .status()
                .name();
    }

    private static SecureMcpServerStatus tried(SecureMcpServer server, Mesh mesh, Finding found, Settling settling) {
        return ServerStatusFactory.of(
                server,
                mesh,
                new Sidecars().hold("a", 3, "web").registry(),
                List.of(),
                Optional.empty(),
                found,
                OF_TEST,
                settling,
                NOW);
    }

    private static List<String> ready(SecureMcpServerStatus status) {
        return status.conditions().stream()
                .filter(c -> c.type().equals("Ready") || c.type().equals("MeshOnly"))
                .map(c -> c.type() + " " + c.status() + " " + c.reason())
                .toList();
    }

    @Test
    void aWayAroundMakesTheServerUnreadyAndNotKnowingDoesNot() {
        Mesh mesh = Meshes.of(WEB, Meshes.SERVICE, Meshes.webPod("a"));

        assertThat(ready(tried(web(mesh), mesh, NOT_TRIED, Settling.OVER)))
                .containsExactly("Ready TRUE Enforced", "MeshOnly UNKNOWN Probing");
        assertThat(ready(tried(web(mesh), mesh, BYPASS, Settling.OVER)))
                .containsExactly("Ready FALSE Bypass", "MeshOnly FALSE Bypass");
    }

    @Test
    void aWayAroundStandsUntilAnAttemptFailsToFindIt() {
        Mesh mesh = Meshes.of(WEB, Meshes.SERVICE, Meshes.webPod("a"));
        SecureMcpServer server = web(mesh);
        server.setStatus(tried(server, mesh, BYPASS, Settling.OVER));

        assertThat(ready(tried(server, mesh, NOT_TRIED, Settling.OVER)))
                .as("somebody else leads, and has not tried yet")
                .containsExactly("Ready FALSE Bypass", "MeshOnly FALSE Bypass");
        assertThat(ready(tried(
                        server,
                        mesh,
                        Finding.yes("MeshOnly", Reason.NETWORK_POLICY_ONLY, "Nothing opened."),
                        Settling.OVER)))
                .containsExactly("Ready TRUE Enforced", "MeshOnly TRUE NetworkPolicyOnly");
    }

    @Test
    void whatAFormerLeaderHasFoundInPoliciesIsLeftUntilTheNextOneHasReadThem() {
        Mesh mesh = Meshes.of(WEB, Meshes.SERVICE, Meshes.webPod("a"));
        SecureMcpServer server = web(mesh);
        server.setStatus(tried(server, mesh, Finding.no("MeshOnly", Reason.NOT_ISOLATED, "Open."), Settling.OVER));

        assertThat(ready(tried(server, mesh, NOT_TRIED, NEW_LEADER)))
                .containsExactly("Ready FALSE NotIsolated", "MeshOnly FALSE NotIsolated");
        assertThat(ready(tried(server, mesh, NOT_TRIED, Settling.OVER)))
                .containsExactly("Ready TRUE Enforced", "MeshOnly UNKNOWN Probing");
    }

    @Test
    void whatAFormerLeaderHasProvenIsLeftWhileTheNextOneTries() {
        Mesh mesh = Meshes.of(WEB, Meshes.SERVICE, Meshes.webPod("a"));
        SecureMcpServer server = web(mesh);
        server.setStatus(tried(server, mesh, Finding.yes("MeshOnly", Reason.LOOPBACK_ONLY, "Tried."), Settling.OVER));

        assertThat(ready(tried(server, mesh, NOT_TRIED, NEW_LEADER))).contains("MeshOnly TRUE LoopbackOnly");
        // at ten attempts a second, a round through many pods takes longer than reports take to come
        Instant since = NOW.plusSeconds(5);
        assertThat(ready(tried(server, mesh, NOT_TRIED, new Settling(Duration.ofMinutes(-9), since))))
                .contains("MeshOnly TRUE LoopbackOnly");
        assertThat(ready(tried(server, mesh, NOT_TRIED, new Settling(Duration.ofMinutes(-10), since))))
                .contains("MeshOnly UNKNOWN Probing");
        assertThat(ready(tried(server, mesh, NOT_TRIED, Settling.OVER))).contains("MeshOnly UNKNOWN Probing");
        assertThat(ready(tried(server, mesh, BYPASS, NEW_LEADER))).contains("MeshOnly FALSE Bypass");
    }

    @Test
    void sidecarsOfAnotherReleaseAreNamedAndHoldNothingBack() {
        Mesh mesh = Meshes.of(WEB, Meshes.SERVICE, Meshes.webPod("a"));
        SecureMcpServer server = web(mesh);
        Sidecars sidecars = new Sidecars().hold("a", 3, "web");

        SecureMcpServerStatus status = ServerStatusFactory.of(
                server,
                mesh,
                sidecars.registry(),
                List.of(),
                Optional.empty(),
                NOT_TRIED,
                new Outdated("2.0"),
                Settling.OVER,
                NOW);

        assertThat(message(status, "Injected"))
                .isEqualTo(
                        "1 of 1 pod has the sidecar. Sidecars of another release than the operator's, 2.0: tools/a (test)."
                                + " They serve as before; restart these pods to bring them up to it.");
        assertThat(ready(status)).contains("Ready TRUE Enforced");
        // And a new leader that has not heard of the sidecar yet does not take the sentence back.
        server.setStatus(status);
        assertThat(message(
                        ServerStatusFactory.of(
                                server,
                                mesh,
                                new Sidecars().registry(),
                                List.of(),
                                Optional.empty(),
                                NOT_TRIED,
                                new Outdated("2.0"),
                                NEW_LEADER,
                                NOW),
                        "Injected"))
                .isEqualTo(message(status, "Injected"));
        // But once the pod is another one, it is gone.
        assertThat(message(of(server, mesh, sidecars, NEW_LEADER), "Injected"))
                .isEqualTo("1 of 1 pod has the sidecar.");
    }

    @ParameterizedTest
    @CsvSource({"RESTARTING, false", "WAITING_FOR_BUDGET, false", "NOT_EVICTABLE, true", "EVICTION_STOPPED, true"})
    void howFarRestartingPodsHasComeIsSaidAndIsStalledWhereOnlyAUserCanMendIt(Reason reason, boolean stalled) {
        Mesh mesh = Meshes.of(WEB, Meshes.SERVICE, Meshes.webPod("a"));

        SecureMcpServerStatus status = ServerStatusFactory.of(
                web(mesh),
                mesh,
                new Sidecars().hold("a", 3, "web").registry(),
                List.of("tools/old"),
                Optional.of(new Restarting(reason, "So it is.", stalled)),
                NOT_TRIED,
                OF_TEST,
                Settling.OVER,
                NOW);

        StatusPage.read().has("SecureMcpServer", status.conditions());
        assertThat(message(status, "Injected"))
                .isEqualTo("1 of 2 pods have the sidecar. Without: tools/old. So it is.");
        assertThat(status.conditions())
                .extracting(c -> c.type() + " " + c.status() + " " + c.reason())
                .contains(
                        "Injected FALSE " + reason.word(),
                        "Ready FALSE " + reason.word(),
                        stalled ? "Stalled TRUE " + reason.word() : "Stalled FALSE NotStalled");
    }

    @Test
    void aSecondClaimantIsNotIsolated() {
        Mesh mesh = Meshes.of(Meshes.server("another"), WEB, Meshes.webPod("a"));

        assertThat(ServerReconciler.isIsolated(web(mesh), mesh)).isFalse();
        assertThat(ServerReconciler.isIsolated(mesh.view().servers().getFirst(), mesh))
                .isTrue();
    }
}
