package dev.stockade.operator.attestation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.crds.Definitions;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.fixture.ApiServer;
import dev.stockade.model.audit.AuditChain;
import dev.stockade.operator.acks.LeaseHolder;
import dev.stockade.operator.acks.SidecarReport;
import dev.stockade.operator.control.MeshNamespace;
import dev.stockade.operator.control.Replica;
import dev.stockade.policy.ResourceName;
import dev.stockade.wire.control.v1.SignRequest;
import dev.stockade.wire.control.v1.SignResponse;
import dev.stockade.wire.control.v1.SignedCertificate;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who gets no certificate, against a real API server: each is refused, counted by its reason, and has its audit line. */
class SignRefusalsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final AtomicReference<Optional<LeaseHolder>> LEADER = new AtomicReference<>(Optional.empty());

    @TempDir
    static Path folder;

    static ApiServer api;
    static Replica replica;
    static SignRequest request;

    KubernetesClient client;
    MeshNamespace mesh;

    /** An address for this test alone, so that no other spends what it may ask. */
    String address;

    @BeforeAll
    static void start() throws Exception {
        api = ApiServer.start(folder, Definitions.yaml());
        replica = replica("operator-0");
        request = Requests.both(Requests.good(Requests.ec("secp256r1")));
    }

    private static Replica replica(String name) throws Exception {
        return new Replica(
                api.newClient(), name, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), LEADER::get);
    }

    @AfterAll
    static void stop() {
        replica.close();
        api.close();
    }

    @BeforeEach
    void namespace() {
        int number = NUMBER.incrementAndGet();
        address = "127.0.1." + number;
        client = api.client();
        mesh = new MeshNamespace(client, "refused-" + number);
        await().atMost(PATIENCE).until(() -> {
            var view = replica.cache.view();
            return view.inMesh(mesh.name)
                    && view.agent(new ResourceName(mesh.name, "triage")).isPresent()
                    && view.server(new ResourceName(mesh.name, "github")).isPresent()
                    && view.serviceAccounts().contains(new ResourceName(mesh.name, "default"))
                    && view.serviceAccounts().contains(new ResourceName(mesh.name, "triage"));
        });
    }

    private SignResponse sign(@Nullable String token) throws Exception {
        try (Asker asker = new Asker(replica, address)) {
            return asker.sign(token, request);
        }
    }

    private Status refusal(@Nullable String token, SignRequest asked) throws Exception {
        try (Asker asker = new Asker(replica, address)) {
            return catchThrowableOfType(StatusRuntimeException.class, () -> asker.sign(token, asked))
                    .getStatus();
        }
    }

    /** Asks and is refused with that status for that reason, which is counted once and recorded. */
    private String refused(@Nullable String token, Status.Code code, String reason) throws Exception {
        return refused(token, request, code, reason);
    }

    private String refused(@Nullable String token, SignRequest asked, Status.Code code, String reason)
            throws Exception {
        double before = count(reason);
        Status refusal = refusal(token, asked);
        assertThat(refusal.getCode()).as(refusal.getDescription()).isEqualTo(code);
        assertThat(count(reason)).as(refusal.getDescription()).isEqualTo(before + 1);
        JsonNode line = recorded(reason);
        assertThat(line.path("decision").asText()).isEqualTo("deny");
        assertThat(line.path("why").asText()).isEqualTo(refusal.getDescription());
        return String.valueOf(refusal.getDescription());
    }

    private static double count(String reason) {
        return replica.meters
                .get("stockade.sign.refused")
                .tag("reason", reason)
                .counter()
                .count();
    }

    /** The audit line of this test's address with that reason. */
    private JsonNode recorded(String reason) {
        return await().atMost(PATIENCE)
                .until(
                        () -> lines().filter(
                                        line -> line.path("reason").asText().equals(reason)
                                                && line.path("from").asText().equals(address))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    private static List<String> text() {
        return replica.audit.toString(UTF_8).lines().toList();
    }

    private static Stream<JsonNode> lines() {
        return text().stream().map(line -> {
            try {
                return new ObjectMapper().readTree(line);
            } catch (IOException e) {
                throw new AssertionError(line, e);
            }
        });
    }

    private static List<String> identities(SignResponse signed) {
        return signed.getCertificatesList().stream()
                .map(SignedCertificate::getSpiffeId)
                .sorted()
                .toList();
    }

    private String id(String kind, String name) {
        return "spiffe://test.local/ns/" + mesh.name + "/" + kind + "/" + name;
    }

    // ---- the token

    @Test
    void noToken() throws Exception {
        mesh.agentPod("triage-1", address);
        refused(null, Status.Code.UNAUTHENTICATED, "no_token");
        assertThat(recorded("no_token").has("agentPod")).isFalse();
    }

    @Test
    void somethingThatIsNoToken() throws Exception {
        refused("not.a.token", Status.Code.UNAUTHENTICATED, "token_rejected");
    }

    @Test
    void aTokenOfAnotherAudience() throws Exception {
        Pod pod = mesh.agentPod("triage-1", address);
        refused(mesh.token(pod, "https://localhost"), Status.Code.UNAUTHENTICATED, "other_audience");
    }

    @Test
    void anExpiredToken() throws Exception {
        // Given a token, and the same as it would have been an hour ago
        Pod pod = mesh.agentPod("triage-1", address);
        Tokens tokens = new Tokens(folder);
        String token = mesh.token(pod);
        String ended = tokens.issuedAt(token, Instant.now().minusSeconds(3600), Duration.ofMinutes(10));
        // When, then
        refused(ended, Status.Code.UNAUTHENTICATED, "token_expired");
        // And it is its age alone: one that is signed in the same way and has not ended is good
        String current = tokens.issuedAt(token, Instant.now().minusSeconds(60), Duration.ofMinutes(10));
        assertThat(identities(sign(current))).containsExactly(id("agent", "triage"));
    }

    @Test
    void aTokenThatIsNoPods() throws Exception {
        String token = client.serviceAccounts()
                .inNamespace(mesh.name)
                .withName("triage")
                .tokenRequest(new TokenRequestBuilder()
                        .withNewSpec()
                        .withAudiences("stockade.dev")
                        .withExpirationSeconds(600L)
                        .endSpec()
                        .build())
                .getStatus()
                .getToken();
        refused(token, Status.Code.PERMISSION_DENIED, "not_a_pods_token");
    }

    @Test
    void aTokenReplayedFromAnotherAddress() throws Exception {
        Pod pod = mesh.agentPod("triage-1", "10.9.8.7");
        assertThat(refused(mesh.token(pod), Status.Code.PERMISSION_DENIED, "other_address"))
                .contains(address, "10.9.8.7");
        assertThat(recorded("other_address").path("agentPod").asText()).isEqualTo(mesh.name + "/triage-1");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(events()).anySatisfy(event -> {
                    assertThat(event.getType()).isEqualTo("Warning");
                    assertThat(event.getReason()).isEqualTo("CertificateRefused");
                    assertThat(event.getMessage()).contains("came from " + address + ", and the pod has 10.9.8.7");
                    assertThat(event.getInvolvedObject())
                            .extracting(ObjectReference::getKind, ObjectReference::getName)
                            .containsExactly("Pod", "triage-1");
                }));
    }

    private List<Event> events() {
        return client.v1().events().inNamespace(mesh.name).list().getItems();
    }

    // ---- the pod

    /** The API server may have taken notice or not: it rejects the token, or the pod is not found. */
    @Test
    void aTokenOfADeletedPod() throws Exception {
        Pod pod = mesh.agentPod("triage-1", address);
        String token = mesh.token(pod);
        client.resource(pod).withGracePeriod(0).delete();
        await().atMost(PATIENCE).until(() -> client.resource(pod).get() == null);
        double before = count("token_invalidated") + count("pod_gone");
        assertThat(refusal(token, request).getCode()).isIn(Status.Code.UNAUTHENTICATED, Status.Code.PERMISSION_DENIED);
        assertThat(count("token_invalidated") + count("pod_gone")).isEqualTo(before + 1);
        await().atMost(PATIENCE)
                .until(() -> lines().anyMatch(line -> line.path("from").asText().equals(address)
                        && Stream.of("token_invalidated", "pod_gone")
                                .anyMatch(line.path("reason").asText()::equals)));
    }

    @Test
    void aPodThatIsBeingDeleted() throws Exception {
        // Given a pod that something still holds
        Pod pod = mesh.agentPod("triage-1", address);
        String token = mesh.token(pod);
        finalizers(pod, List.of("test.local/hold"));
        client.resource(pod).withGracePeriod(0).delete();
        // When, then
        refused(token, Status.Code.PERMISSION_DENIED, "pod_terminating");
        finalizers(pod, List.of());
    }

    private void finalizers(Pod pod, List<String> finalizers) {
        client.pods()
                .inNamespace(mesh.name)
                .withName(pod.getMetadata().getName())
                .edit(p -> new PodBuilder(p)
                        .editMetadata()
                        .withFinalizers(finalizers)
                        .endMetadata()
                        .build());
    }

    @Test
    void aPodThatNoResourceSelects() throws Exception {
        Pod pod = mesh.pod("other", "other", "default", address);
        refused(mesh.token(pod), Status.Code.FAILED_PRECONDITION, "nothing_selects");
    }

    @Test
    void aPodOfAServiceAccountThatTheAgentDoesNotName() throws Exception {
        Pod pod = mesh.pod("triage-1", "triage", "default", address);
        assertThat(refused(mesh.token(pod), Status.Code.FAILED_PRECONDITION, "other_service_account"))
                .contains("service account default", "AgentIdentity " + mesh.name + "/triage");
    }

    @Test
    void aPodInANamespaceThatIsNotInTheMesh() throws Exception {
        Pod pod = mesh.agentPod("triage-1", address);
        client.namespaces().withName(mesh.name).edit(namespace -> {
            namespace.getMetadata().getLabels().remove("stockade.dev/mesh");
            return namespace;
        });
        await().atMost(PATIENCE).until(() -> !replica.cache.view().inMesh(mesh.name));
        refused(mesh.token(pod), Status.Code.FAILED_PRECONDITION, "not_in_mesh");
    }

    @Test
    void aPodThatTookTheLabelsOfAnAgentAfterItsAdmission() throws Exception {
        Pod pod = mesh.pod("other", "other", "triage", address);
        relabel("other", "triage");
        assertThat(refused(mesh.token(pod), Status.Code.FAILED_PRECONDITION, "relabelled"))
                .contains("AgentIdentity " + mesh.name + "/triage", "after it was created");
    }

    @Test
    void aPodThatIsRelabelledToMatchAnotherResourceStaysWhatItWasAdmittedAs() throws Exception {
        // Given an agent's pod, and another agent of the same service account
        Pod pod = mesh.agentPod("triage-1", address);
        mesh.apply(AgentIdentity.class, """
                apiVersion: stockade.dev/v1alpha1
                kind: AgentIdentity
                metadata: {name: admin}
                spec: {serviceAccountName: triage, selector: {matchLabels: {app: admin}}}
                """);
        await().atMost(PATIENCE)
                .until(() -> replica.cache
                        .view()
                        .agent(new ResourceName(mesh.name, "admin"))
                        .isPresent());
        // When
        relabel("triage-1", "admin");
        // Then
        assertThat(identities(sign(mesh.token(pod)))).containsExactly(id("agent", "triage"));
        // And one that nothing selected when it was admitted gets nothing by it
        Pod other = mesh.pod("other", "other", "triage", address);
        relabel("other", "admin");
        assertThat(refused(mesh.token(other), Status.Code.FAILED_PRECONDITION, "relabelled"))
                .contains(mesh.name + "/admin");
    }

    private void relabel(String pod, String app) {
        client.pods().inNamespace(mesh.name).withName(pod).edit(p -> {
            p.getMetadata().getLabels().put("app", app);
            return p;
        });
    }

    // ---- the service account and suspension

    /** The API server remembers for some seconds that a token was good; a certificate was had with it just before. */
    @Test
    void aPodWhoseServiceAccountHasBeenDeleted() throws Exception {
        // Given
        Pod pod = mesh.agentPod("triage-1", address);
        String token = mesh.token(pod);
        assertThat(identities(sign(token))).containsExactly(id("agent", "triage"));
        // When
        client.serviceAccounts().inNamespace(mesh.name).withName("triage").delete();
        await().atMost(PATIENCE)
                .until(() -> !replica.cache.view().serviceAccounts().contains(new ResourceName(mesh.name, "triage")));
        // Then
        double before = count("service_account_gone") + count("token_invalidated");
        assertThat(refusal(token, request).getCode())
                .isIn(Status.Code.UNAUTHENTICATED, Status.Code.FAILED_PRECONDITION);
        assertThat(count("service_account_gone") + count("token_invalidated")).isEqualTo(before + 1);
    }

    @Test
    void anAgentThatItsOwnerHasSuspended() throws Exception {
        Pod pod = mesh.agentPod("triage-1", address);
        suspendTriage();
        assertThat(refused(mesh.token(pod), Status.Code.PERMISSION_DENIED, "suspended"))
                .contains("AgentIdentity " + mesh.name + "/triage", "By spec.suspended.");
        assertThat(recorded("suspended").path("agent").asText()).isEqualTo(id("agent", "triage"));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(events())
                        .extracting(Event::getMessage)
                        .anyMatch(m -> m.endsWith("is suspended and gets no new certificate. By spec.suspended.")));
    }

    private void suspendTriage() {
        mesh.apply(AgentIdentity.class, """
                apiVersion: stockade.dev/v1alpha1
                kind: AgentIdentity
                metadata: {name: triage}
                spec: {serviceAccountName: triage, selector: {matchLabels: {app: triage}}, suspended: true}
                """);
        await().atMost(PATIENCE)
                .until(() -> replica.cache
                        .view()
                        .agent(new ResourceName(mesh.name, "triage"))
                        .orElseThrow()
                        .getSpec()
                        .suspended());
    }

    @Test
    void anAgentThatThePlatformHasSuspended() throws Exception {
        Pod pod = mesh.agentPod("triage-1", address);
        platformSuspends("[{namespace: " + mesh.name + ", name: triage, reason: incident 42}]");
        try {
            await().atMost(PATIENCE)
                    .until(() -> replica.cache.view().trust().stream()
                            .anyMatch(trust -> !trust.getSpec().suspended().isEmpty()));
            assertThat(refused(mesh.token(pod), Status.Code.PERMISSION_DENIED, "suspended"))
                    .contains("By MeshTrust default: incident 42.");
        } finally {
            platformSuspends("[]");
        }
    }

    private void platformSuspends(String agents) {
        MeshTrust trust = client.getKubernetesSerialization().unmarshal("""
                apiVersion: stockade.dev/v1alpha1
                kind: MeshTrust
                metadata: {name: default}
                spec: {trustDomain: test.local, suspended: %s}
                """.formatted(agents), MeshTrust.class);
        client.resource(trust).createOr(existing -> existing.update());
    }

    @Test
    void aServerBesideASuspendedAgentKeepsItsOwnCertificateAndTheAgentsIsRecordedAsWithheld() throws Exception {
        // Given a pod that is both
        mesh.apply(SecureMcpServer.class, """
                apiVersion: stockade.dev/v1alpha1
                kind: SecureMcpServer
                metadata: {name: both}
                spec: {selector: {matchLabels: {app: triage}}, serviceAccountName: triage, port: 3000}
                """);
        await().atMost(PATIENCE)
                .until(() -> replica.cache
                        .view()
                        .server(new ResourceName(mesh.name, "both"))
                        .isPresent());
        Pod pod = mesh.agentPod("triage-1", address);
        assertThat(identities(sign(mesh.token(pod)))).containsExactly(id("agent", "triage"), id("mcp", "both"));
        // When
        suspendTriage();
        // Then
        double before = count("suspended");
        assertThat(identities(sign(mesh.token(pod)))).containsExactly(id("mcp", "both"));
        assertThat(count("suspended")).isEqualTo(before + 1);
        assertThat(recorded("suspended").path("agent").asText()).isEqualTo(id("agent", "triage"));
    }

    // ---- a second certificate for one pod

    @Test
    void aSecondCertificateForAPodWhoseSidecarIsConnected() throws Exception {
        // Given a sidecar that has subscribed with its certificate
        Pod pod = mesh.agentPod("triage-1", address);
        String uid = pod.getMetadata().getUid();
        KeyPair key = Requests.ec("secp256r1");
        SignResponse first;
        try (Asker starting = new Asker(replica, address)) {
            first = starting.sign(mesh.token(pod), Requests.both(Requests.good(key)));
        }
        try (Asker sidecar = new Asker(replica, address, key, Asker.chain(first))) {
            sidecar.subscribe();
            await().atMost(PATIENCE).until(() -> connected(uid));
            // When another process of the pod asks with the token
            String sentence = refused(mesh.token(pod), Status.Code.PERMISSION_DENIED, "second_holder");
            // Then
            assertThat(sentence).contains("pod " + mesh.name + "/triage-1", "shows none");
            // And the sidecar itself renews, since it shows what it has
            assertThat(identities(sidecar.sign(mesh.token(pod), request))).containsExactly(id("agent", "triage"));
            await().atMost(PATIENCE)
                    .until(() -> issued(line ->
                            "token+certificate".equals(line.path("proof").asText())));
        }
        // And when it has gone, the one that takes its place may begin again
        await().atMost(PATIENCE).until(() -> !connected(uid));
        assertThat(identities(sign(mesh.token(pod)))).containsExactly(id("agent", "triage"));
    }

    private static boolean connected(String uid) {
        return replica.registry.report(uid).filter(SidecarReport::connected).isPresent();
    }

    private boolean issued(Predicate<JsonNode> which) {
        return lines().anyMatch(line -> line.path("decision").asText().equals("allow")
                && line.path("agentPod").asText().startsWith(mesh.name + "/")
                && which.test(line));
    }

    @Test
    void aSecondCertificateForAPodWhoseSidecarIsReadyAndConnectedElsewhere() throws Exception {
        // Given a pod whose sidecar the kubelet calls ready, and a replica that does not lead
        Pod pod = mesh.agentPod("triage-1", address);
        client.pods()
                .inNamespace(mesh.name)
                .withName("triage-1")
                .editStatus(p -> new PodBuilder(p)
                        .editStatus()
                        .withInitContainerStatuses(new ContainerStatusBuilder()
                                .withName("stockade-sidecar")
                                .withImage("sidecar")
                                .withImageID("sidecar")
                                .withReady(true)
                                .withStarted(true)
                                .withRestartCount(0)
                                .withNewState()
                                .withNewRunning()
                                .endRunning()
                                .endState()
                                .build())
                        .endStatus()
                        .build());
        // When, then
        refused(mesh.token(pod), Status.Code.UNAVAILABLE, "holder_unknown");
        // And the one that leads, and so knows that it is connected nowhere, answers
        LEADER.set(Optional.of(new LeaseHolder("operator-0", "127.0.0.1")));
        try {
            assertThat(identities(sign(mesh.token(pod)))).containsExactly(id("agent", "triage"));
        } finally {
            LEADER.set(Optional.empty());
        }
    }

    @Test
    void aTokenBesideTheCertificateOfAnotherPod() throws Exception {
        Pod pod = mesh.agentPod("triage-1", address);
        Pod other = mesh.agentPod("triage-2", address);
        KeyPair key = Requests.ec("secp256r1");
        SignResponse first;
        try (Asker starting = new Asker(replica, address)) {
            first = starting.sign(mesh.token(pod), Requests.both(Requests.good(key)));
        }
        double before = count("other_pod");
        try (Asker asker = new Asker(replica, address, key, Asker.chain(first))) {
            assertThat(catchThrowableOfType(StatusRuntimeException.class, () -> asker.sign(mesh.token(other), request))
                            .getStatus()
                            .getCode())
                    .isEqualTo(Status.Code.PERMISSION_DENIED);
        }
        assertThat(count("other_pod")).isEqualTo(before + 1);
        recorded("other_pod");
    }

    // ---- the request

    @Test
    void everyRequestForAnythingButACertificateOverAGoodKey() throws Exception {
        Pod pod = mesh.agentPod("triage-1", address);
        String token = mesh.token(pod);
        for (Map.Entry<String, Requests.Bad> bad : Requests.bad().entrySet()) {
            double before = count("bad_request");
            Status refusal = refusal(token, Requests.both(bad.getValue().der().toByteArray()));
            assertThat(refusal.getCode()).as(bad.getKey()).isEqualTo(Status.Code.INVALID_ARGUMENT);
            assertThat(refusal.getDescription()).contains(bad.getValue().sentence());
            assertThat(count("bad_request")).isEqualTo(before + 1);
        }
        assertThat(recorded("bad_request").path("agentPod").asText()).isEqualTo(mesh.name + "/triage-1");
        // And the pod is not worse off for it
        assertThat(identities(sign(token))).containsExactly(id("agent", "triage"));
    }

    @Test
    void aRequestForNothingAndOneForWhatThePodIsNot() throws Exception {
        Pod pod = mesh.agentPod("triage-1", address);
        refused(mesh.token(pod), SignRequest.getDefaultInstance(), Status.Code.INVALID_ARGUMENT, "bad_request");
        SignRequest server =
                SignRequest.newBuilder().addRequests(request.getRequests(1)).build();
        refused(mesh.token(pod), server, Status.Code.FAILED_PRECONDITION, "not_held");
    }

    // ---- too many

    @Test
    void morePerMinuteThanAPodNeeds() throws Exception {
        Pod pod = mesh.agentPod("triage-1", address);
        String token = mesh.token(pod);
        try (Asker asker = new Asker(replica, address)) {
            assertThat(exhausted(asker, token)).contains("Pod " + mesh.name + "/triage-1", "too often");
        }
        recorded("too_often");
        // And no other pod pays for it
        Pod other = mesh.agentPod("triage-2", address);
        assertThat(identities(sign(mesh.token(other)))).containsExactly(id("agent", "triage"));
    }

    @Test
    void morePerMinuteThanAnAddressNeedsBeforeTheApiServerIsAsked() throws Exception {
        try (Replica flooded = replica("operator-1");
                Asker asker = new Asker(flooded, address)) {
            assertThat(exhausted(asker, null)).contains("Address " + address, "too often");
            assertThat(flooded.meters
                            .get("stockade.sign.refused")
                            .tag("reason", "too_often")
                            .counter()
                            .count())
                    .isPositive();
        }
    }

    /** Asks until it is told that it asks too often. The bucket fills again by one a second at most. */
    private static String exhausted(Asker asker, @Nullable String token) {
        return await().atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofMillis(1))
                .until(
                        () -> {
                            try {
                                asker.sign(token, request);
                                return "";
                            } catch (StatusRuntimeException e) {
                                if (e.getStatus().getCode() == Status.Code.UNAVAILABLE) {
                                    throw e;
                                }
                                return e.getStatus().getCode() == Status.Code.RESOURCE_EXHAUSTED
                                        ? String.valueOf(e.getStatus().getDescription())
                                        : "";
                            }
                        },
                        sentence -> !sentence.isEmpty());
    }

    // ---- the record

    @Test
    void theLinesAreOneChainAndHoldNoToken() throws Exception {
        Pod pod = mesh.agentPod("triage-1", address);
        String token = mesh.token(pod);
        sign(token);
        refused(null, Status.Code.UNAUTHENTICATED, "no_token");
        List<String> lines = text();
        assertThat(AuditChain.fault(lines)).isEmpty();
        assertThat(lines).noneMatch(line -> line.contains(token) || line.contains(token.split("\\.", -1)[1]));
        assertThat(issued(line -> line.path("agent").asText().equals(id("agent", "triage"))
                        && line.path("proof").asText().equals("token")
                        && !line.path("certificate").asText().isEmpty()
                        && Instant.parse(line.path("until").asText()).isAfter(Instant.now())))
                .isTrue();
    }
}
