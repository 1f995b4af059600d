package dev.stockade.sidecar;

import static dev.stockade.sidecar.fixture.Mesh.endpoint;
import static dev.stockade.sidecar.fixture.Mesh.github;
import static dev.stockade.sidecar.fixture.Mesh.githubAt;
import static dev.stockade.sidecar.fixture.Mesh.triage;
import static dev.stockade.sidecar.fixture.Mesh.triageAt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.stockade.sidecar.fixture.McpLikeServer;
import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.fixture.MovableClock;
import dev.stockade.sidecar.fixture.TestAuthority;
import dev.stockade.sidecar.fixture.TestOperator;
import dev.stockade.sidecar.identity.TrustBundle;
import dev.stockade.wire.control.v1.AccessPolicy;
import dev.stockade.wire.control.v1.Rule;
import dev.stockade.wire.control.v1.Server;
import dev.stockade.wire.control.v1.Snapshot;
import io.grpc.Status;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the sidecar takes from the operator, what it refuses, and what goes on without it. */
class WithTheOperatorTest {
    @TempDir
    Path dir;

    private final McpLikeServer application = new McpLikeServer("github");
    private Mesh mesh;
    private TestOperator operator;

    @BeforeEach
    void mesh() {
        mesh = new Mesh(dir);
        operator = mesh.operator();
        operator.pod("server-1", Mesh.GITHUB).pod("agent-1", Mesh.TRIAGE);
    }

    @AfterEach
    void close() {
        mesh.close();
        application.close();
    }

    private Mesh.Pod server() {
        send("server-1", "server-v1", s -> s.setServer(github().addAgents(triageAt("agent-1"))));
        Mesh.Pod pod = mesh.start("server-1", "127.0.0.22", application.port());
        ready(pod);
        return pod;
    }

    private Mesh.Pod agent() {
        send("agent-1", "agent-v1", s -> s.setAgent(triage(githubAt(endpoint("server-1", "127.0.0.22")))));
        Mesh.Pod pod = mesh.start("agent-1", "127.0.0.23", 1);
        ready(pod);
        return pod;
    }

    private void send(String uid, String version, Consumer<Snapshot.Builder> change) {
        Snapshot.Builder snapshot = operator.snapshot(version);
        change.accept(snapshot);
        operator.send(uid, snapshot.build());
    }

    private void ready(Mesh.Pod pod) {
        healthSays(pod, "ready", "ok");
    }

    private void healthSays(Mesh.Pod pod, String which, String text) {
        await().untilAsserted(() -> assertThat(
                        mesh.get(pod.healthPort(), "/healthz/" + which).body())
                .contains(text));
    }

    @Test
    void aPodThatNothingSelectsWaitsSaysSoAndStartsWhenSomethingDoes() {
        operator.pod("server-1");
        Mesh.Pod pod = mesh.start("server-1", "127.0.0.22", application.port());
        healthSays(pod, "started", "waiting for a resource that selects this pod");
        assertThat(mesh.get(pod.healthPort(), "/healthz/ready").statusCode()).isEqualTo(503);
        assertThat(mesh.get(pod.healthPort(), "/healthz/live").statusCode()).isEqualTo(200);

        operator.pod("server-1", Mesh.GITHUB);
        send("server-1", "v1", s -> s.setServer(github()));

        healthSays(pod, "started", "ok");
        ready(pod);
        assertThat(pod.logged()).containsOnlyOnce("no certificate yet");
    }

    @Test
    void anEmptySnapshotStartsThePodAndNothingListens() {
        send("server-1", "empty", s -> {});
        Mesh.Pod pod = mesh.start("server-1", "127.0.0.22", application.port());

        healthSays(pod, "started", "ok");
        // Said once what the identity opened is closed, which is after the snapshot is in force.
        await().untilAsserted(() -> assertThat(pod.logged()).contains("identity ended"));
    }

    @Test
    void anotherThanTheOperatorIsNotAsked() {
        // Given a peer with a workload's certificate of the same authority at the operator's address
        try (TestOperator impostor = new TestOperator(Mesh.TRUST_DOMAIN, mesh.authority(), Mesh.GITHUB.uri())) {
            impostor.pod("server-1", Mesh.GITHUB);
            Mesh.Pod pod = mesh.start(
                    "server-1",
                    "127.0.0.22",
                    application.port(),
                    Map.of("STOCKADE_OPERATOR", "127.0.0.1:" + impostor.port()));

            healthSays(pod, "started", Mesh.GITHUB.uri() + " is not the one expected here");
        }
    }

    @Test
    void refusalsOfTheOperatorAreShown() {
        operator.refuse(Optional.of(Status.PERMISSION_DENIED.withDescription("the pod is not at its address")));
        Mesh.Pod pod = mesh.start("server-1", "127.0.0.22", application.port());

        healthSays(pod, "started", "the operator refuses this pod: the pod is not at its address");
    }

    @Test
    void anOlderSnapshotIsRefusedAndTheFormerStays() {
        Mesh.Pod server = server();
        Mesh.Pod agent = agent();
        Snapshot older = operator.snapshot("older")
                .putCompiledAt("pods", 1)
                .setServer(github())
                .build();

        operator.send("server-1", older);

        await().until(() -> operator.refused("server-1", "older").isPresent());
        assertThat(operator.refused("server-1", "older"))
                .hasValueSatisfying(w -> assertThat(w).contains("is older than the one in force (pods 1 < "));
        assertThat(mesh.call(agent, "/tools/github", "x").statusCode()).isEqualTo(200);
        ready(server);
    }

    @Test
    void aMalformedSnapshotIsRefusedWholeAndTheFormerStays() {
        server();
        Mesh.Pod agent = agent();
        Map<String, Consumer<Snapshot.Builder>> malformed = Map.of(
                "no port", s -> s.setServer(github().setPort(0)),
                "another trust domain", s -> s.setServer(github().setSpiffeId("spiffe://other/ns/tools/mcp/github")),
                "a policy that is not there",
                        s -> s.setServer(github().addAgents(triageAt("x").addPolicies(3))),
                "an unknown feature",
                        s -> s.setServer(github().addPolicies(AccessPolicy.newBuilder()
                                .setNamespace("tools")
                                .setName("p")
                                .addAllow(Rule.newBuilder().addClientFeatures("telepathy")))),
                "a rule with a condition of a later release", s -> s.setServer(withUnknownFieldInRule()),
                "no roots", s -> s.getTrustBuilder().clearRoots(),
                "a root that is none", s -> s.getTrustBuilder().clearRoots().addRoots(ByteString.copyFromUtf8("junk")),
                "no issuers", s -> s.getTrustBuilder().clearIssuers(),
                "no state of pods", s -> s.removeCompiledAt("pods").setServer(github()));

        malformed.forEach((version, change) -> {
            send("server-1", version, change);
            await().until(() -> operator.refused("server-1", version).isPresent());
            assertThat(operator.refused("server-1", version))
                    .hasValueSatisfying(w -> assertThat(w).startsWith("snapshot " + version + " is malformed: "));
        });

        assertThat(mesh.call(agent, "/tools/github", "x").statusCode()).isEqualTo(200);
    }

    private static Server.Builder withUnknownFieldInRule() {
        Rule rule = Rule.newBuilder()
                .addTools("*")
                .setUnknownFields(com.google.protobuf.UnknownFieldSet.newBuilder()
                        .addField(
                                99,
                                com.google.protobuf.UnknownFieldSet.Field.newBuilder()
                                        .addLengthDelimited(ByteString.copyFromUtf8("args.x == 1"))
                                        .build())
                        .build())
                .build();
        return github().addPolicies(AccessPolicy.newBuilder()
                .setNamespace("tools")
                .setName("p")
                .addAllow(rule));
    }

    @Test
    void certificatesAreRenewedWhileCallsGoOn() {
        operator.lifetime(Duration.ofSeconds(6));
        server();
        Mesh.Pod agent = agent();
        int before = operator.hellos().size();

        await().atMost(Duration.ofSeconds(40)).until(() -> {
            assertThat(mesh.call(agent, "/tools/github", "x").statusCode()).isEqualTo(200);
            return operator.hellos().size() >= before + 6;
        });
    }

    @Test
    void trafficGoesOnWithoutTheOperator() {
        Mesh.Pod server = server();
        Mesh.Pod agent = agent();

        operator.close();
        await().untilAsserted(() -> assertThat(server.logged()).contains("no stream of snapshots"));

        assertThat(mesh.call(agent, "/tools/github", "x").statusCode()).isEqualTo(200);
        ready(server);
        ready(agent);
    }

    @Test
    void aLaterBundleIsKeptForARestart() throws Exception {
        server();
        String formerRoot = TrustBundle.ofDer(
                        Mesh.TRUST_DOMAIN, List.of(new TestAuthority().root().getEncoded()))
                .toPem();
        // Given that the next root was put in force
        TestAuthority next = new TestAuthority();
        operator.rotate(mesh.authority(), next);
        send("server-1", "server-v2", s -> s.setServer(github()));
        await().until(() -> operator.inForce("server-1", "server-v2"));

        // When the container starts again, with roots in its environment that are long gone
        Mesh.Pod restarted =
                mesh.start("server-1", "127.0.0.24", application.port(), Map.of("STOCKADE_TRUST_BUNDLE", formerRoot));

        // Then it believes the operator by what was kept
        ready(restarted);
    }

    /** A server's pod whose certificates outlast what a test puts the clock forward by, and an agent's. */
    private Mesh.Pod serverBy(MovableClock clock) {
        operator.lifetime(Duration.ofHours(24));
        mesh.clock(clock);
        Mesh.Pod pod = server();
        mesh.clock(Clock.systemUTC());
        return pod;
    }

    private void calledInVain(Mesh.Pod agent, String reason) {
        await().untilAsserted(() ->
                assertThat(mesh.call(agent, "/tools/github", "x").body()).contains("\"reason\":\"" + reason + "\""));
    }

    @Test
    void rulesThatNothingConfirmsForTooLongAreNotServed() {
        MovableClock clock = new MovableClock();
        Mesh.Pod server = serverBy(clock);
        Mesh.Pod agent = agent();
        assertThat(mesh.call(agent, "/tools/github", "x").statusCode()).isEqualTo(200);

        // When staleAfter, an hour, is over
        clock.forward(Duration.ofHours(2));
        healthSays(server, "ready", "nothing has confirmed the rules since");
        calledInVain(agent, "stale");

        // When a heartbeat confirms them
        operator.heartbeat("server-1", clock.instant());
        ready(server);
        assertThat(mesh.call(agent, "/tools/github", "x").statusCode()).isEqualTo(200);
    }

    @Test
    void whoWasAwayWhileAnAgentWasSuspendedLearnsFirstAndThenServes() {
        MovableClock clock = new MovableClock();
        Mesh.Pod server = serverBy(clock);
        Mesh.Pod agent = agent();
        // Given a server's sidecar that the operator does not reach
        operator.away(true);
        operator.disconnect();
        await().untilAsserted(() -> assertThat(server.logged()).contains("no stream is taken"));
        send(
                "server-1",
                "suspended",
                s -> s.setServer(github().addAgents(triageAt("agent-1").setSuspended(true))));
        // Then it serves by the rules that it has, until they are stale
        assertThat(mesh.call(agent, "/tools/github", "x").statusCode()).isEqualTo(200);
        clock.forward(Duration.ofHours(2));
        calledInVain(agent, "stale");

        // When it is connected again, but was not told the rules, then no heartbeat makes it serve
        operator.quiet(true);
        operator.away(false);
        await().untilAsserted(() -> {
            operator.heartbeat("server-1", clock.instant());
            assertThat(mesh.get(server.healthPort(), "/metrics").body())
                    .contains("stockade_sidecar_operator_connected 1\n");
        });
        calledInVain(agent, "stale");

        // When it is told, then it serves, and not the one that was suspended
        operator.send(
                "server-1",
                operator.snapshot("told")
                        .setServer(github().addAgents(triageAt("agent-1").setSuspended(true)))
                        .build());
        await().until(() -> operator.inForce("server-1", "told"));
        operator.heartbeat("server-1", clock.instant());
        ready(server);
        calledInVain(agent, "suspended");
    }

    @Test
    void whoRefusesTheLatestRulesIsNotConfirmedInTheFormerOnes() {
        MovableClock clock = new MovableClock();
        Mesh.Pod server = serverBy(clock);
        send("server-1", "malformed", s -> s.setServer(github().setPort(0)));
        await().until(() -> operator.refused("server-1", "malformed").isPresent());

        clock.forward(Duration.ofHours(2));
        operator.heartbeat("server-1", clock.instant());

        healthSays(server, "ready", "nothing has confirmed the rules since");
    }

    @Test
    void aRestartWithTheOperatorAwayServesNothing() {
        // Given a former process of the container, with everything that it kept
        server();
        operator.close();

        Mesh.Pod restarted = mesh.start("server-1", "127.0.0.25", application.port());

        healthSays(restarted, "ready", "the operator cannot be asked");
        assertThat(mesh.get(restarted.healthPort(), "/healthz/ready").statusCode())
                .isEqualTo(503);
        assertThatThrownBy(() -> new Socket("127.0.0.25", mesh.meshPort()).close())
                .isInstanceOf(ConnectException.class);
    }

    @Test
    void aCertificateThatIsNotRenewedIsSaidBeforeItsEndAndIsNothingAfterIt() {
        MovableClock clock = new MovableClock();
        mesh.clock(clock);
        Mesh.Pod pod = server();
        operator.refuse(Optional.of(Status.UNAVAILABLE.withDescription("the API server cannot be asked")));
        assertThat(metrics(pod)).contains("stockade_sidecar_renewal_overdue 0\n", "stockade_sidecar_trust_epoch 1\n");

        clock.forward(Duration.ofMinutes(50));
        operator.heartbeat("server-1", clock.instant());
        healthSays(pod, "ready", "ok, but the certificate for " + Mesh.GITHUB.uri() + " has not been renewed");
        healthSays(pod, "ready", "the API server cannot be asked");
        assertThat(metrics(pod))
                .contains("stockade_sidecar_renewal_overdue 1\n")
                .containsPattern("stockade_sidecar_certificate_remaining_seconds\\{role=\"mcp\"} [1-9]");

        clock.forward(Duration.ofMinutes(11));
        healthSays(pod, "ready", "no valid certificate for " + Mesh.GITHUB.uri() + ": it ended at ");
        assertThat(mesh.get(pod.healthPort(), "/healthz/ready").statusCode()).isEqualTo(503);
        assertThat(metrics(pod)).containsPattern("stockade_sidecar_certificate_remaining_seconds\\{role=\"mcp\"} -");
    }

    @Test
    void whatWasGrantedGoesOnWithoutTheOperatorUntilTheCertificatesEnd() {
        MovableClock clock = new MovableClock();
        mesh.clock(clock);
        send("server-1", "server-v1", s -> {
            Server.Builder server = github().addAgents(triageAt("agent-1"));
            server.getLimitsBuilder().setStaleAfterMillis(Duration.ofHours(24).toMillis());
            s.setServer(server);
        });
        Mesh.Pod server = mesh.start("server-1", "127.0.0.22", application.port());
        ready(server);
        Mesh.Pod agent = agent();
        operator.close();

        clock.forward(Duration.ofMinutes(50));
        int beforeTheEnd = mesh.call(agent, "/tools/github", "x").statusCode();
        clock.forward(Duration.ofMinutes(11));

        healthSays(server, "ready", "no valid certificate for " + Mesh.GITHUB.uri());
        healthSays(agent, "ready", "no valid certificate for " + Mesh.TRIAGE.uri());
        assertThat(beforeTheEnd).isEqualTo(200);
        assertThat(mesh.call(agent, "/tools/github", "x").statusCode()).isNotEqualTo(200);
    }

    @Test
    void bothSidecarsCountThatTheyAgreedOnAPostQuantumKeyExchange() {
        Mesh.Pod server = server();
        Mesh.Pod agent = agent();
        assertThat(mesh.call(agent, "/tools/github", "x").statusCode()).isEqualTo(200);

        assertThat(metrics(server))
                .contains(
                        "stockade_sidecar_inbound_connections_total 1\n",
                        "stockade_sidecar_inbound_connections_post_quantum_total 1\n");
        assertThat(metrics(agent))
                .contains(
                        "stockade_sidecar_outbound_connections_total 1\n",
                        "stockade_sidecar_outbound_connections_post_quantum_total 1\n");
    }

    private String metrics(Mesh.Pod pod) {
        return mesh.get(pod.healthPort(), "/metrics").body();
    }

    @Test
    void aRoleThatComesLaterIsSignedAndOneThatGoesIsDropped() {
        operator.pod("agent-1", Mesh.TRIAGE);
        Mesh.Pod pod = agent();
        operator.pod("agent-1", Mesh.TRIAGE, Mesh.GITHUB);

        send("agent-1", "both", s -> s.setAgent(triage()).setServer(github()));
        await().untilAsserted(() -> assertThat(pod.logged()).contains("\"spiffeId\":\"" + Mesh.GITHUB.uri()));
        ready(pod);

        send("agent-1", "server only", s -> s.setServer(github()));
        await().untilAsserted(() -> assertThat(pod.logged())
                .contains("\"message\":\"identity ended\",\"spiffeId\":\"" + Mesh.TRIAGE.uri()));
        ready(pod);
    }

    @Test
    void anIdentityThatWasTakenAwayAndIsGivenBackIsAskedForAgain() {
        operator.pod("agent-1", Mesh.TRIAGE);
        Mesh.Pod pod = agent();
        send("agent-1", "held", s -> s.setAgent(triage()));
        ready(pod);
        operator.pod("agent-1");
        send("agent-1", "withdrawn", s -> {});
        await().untilAsserted(() -> assertThat(pod.logged()).contains("\"message\":\"identity ended\""));
        operator.disconnect();

        operator.pod("agent-1", Mesh.TRIAGE);

        await().untilAsserted(
                        () -> assertThat(pod.logged().substring(pod.logged().indexOf("\"message\":\"identity ended\"")))
                                .contains("\"message\":\"certificate held\",\"spiffeId\":\"" + Mesh.TRIAGE.uri()));
    }
}
