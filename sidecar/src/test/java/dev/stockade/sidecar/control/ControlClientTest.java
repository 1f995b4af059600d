package dev.stockade.sidecar.control;

import static dev.stockade.sidecar.fixture.Mesh.triage;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.sidecar.fixture.Bundles;
import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.fixture.MovableClock;
import dev.stockade.sidecar.fixture.TestAuthority;
import dev.stockade.sidecar.fixture.TestOperator;
import dev.stockade.sidecar.identity.BundleFile;
import dev.stockade.sidecar.identity.Fingerprint;
import dev.stockade.sidecar.identity.Identities;
import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.identity.TrustBundle;
import dev.stockade.sidecar.log.Log;
import dev.stockade.sidecar.state.CurrentState;
import dev.stockade.sidecar.tls.MeshTls;
import dev.stockade.sidecar.tunnel.EventLoops;
import dev.stockade.sidecar.vantage.ListeningSockets;
import dev.stockade.sidecar.vantage.Lookout;
import dev.stockade.sidecar.vantage.OwnServer;
import dev.stockade.sidecar.vantage.ProbeAttempts;
import dev.stockade.wire.control.v1.ProbeOrder;
import dev.stockade.wire.control.v1.ProbeResult;
import dev.stockade.wire.control.v1.Snapshot;
import dev.stockade.wire.control.v1.Socket;
import dev.stockade.wire.control.v1.SocketsRequest;
import dev.stockade.wire.control.v1.SubscribeRequest;
import dev.stockade.wire.control.v1.SubscribeResponse;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One agent's pod through renewals, rotations, restarts and absences. */
class ControlClientTest {
    private static final String UID = "agent-1";

    @TempDir
    Path dir;

    private final TestAuthority first = new TestAuthority(Instant.now().minus(Duration.ofDays(20)));
    private final TestOperator operator = new TestOperator(Mesh.TRUST_DOMAIN, first);
    private final MovableClock clock = new MovableClock();
    private final ByteArrayOutputStream lines = new ByteArrayOutputStream();
    private final Log log = new Log(new PrintStream(lines, true, StandardCharsets.UTF_8), clock);
    private final EventLoops loops = EventLoops.open();
    private final CurrentState state = new CurrentState(clock);
    private final List<ControlClient> clients = new ArrayList<>();
    private Identities identities = new Identities(roots(first));

    @BeforeEach
    void onePod() throws Exception {
        operator.pod(UID, Mesh.TRIAGE);
        Files.writeString(dir.resolve("token"), UID);
    }

    @AfterEach
    void close() {
        clients.forEach(ControlClient::close);
        operator.close();
        loops.data().shutdownGracefully(0, 1, TimeUnit.SECONDS);
        loops.control().shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private ControlClient start(TestAuthority... admitted) {
        identities = new KeptBundle(kept(), log).restore(roots(admitted));
        ControlSettings settings = new ControlSettings(
                "127.0.0.1",
                operator.port(),
                Mesh.TRUST_DOMAIN,
                "test",
                "boot",
                UID,
                dir.resolve("token"),
                kept(),
                Duration.ofMillis(10));
        ControlClient client = new ControlClient(
                settings,
                identities,
                state,
                new MeshTls(identities::trust, clock),
                loops.control(),
                loops.socket(),
                new Lookout(
                        new ListeningSockets(dir),
                        new OwnServer(),
                        new ProbeAttempts(loops.control().next(), loops.socket(), Set.of(), log),
                        log),
                clock,
                log);
        clients.add(client);
        client.start();
        return client;
    }

    private Path kept() {
        return dir.resolve("bundle.pem");
    }

    private String logged() {
        return lines.toString(StandardCharsets.UTF_8);
    }

    private static TrustBundle roots(TestAuthority... authorities) {
        try {
            List<byte[]> roots = new ArrayList<>();
            for (TestAuthority authority : authorities) {
                roots.add(authority.root().getEncoded());
            }
            return TrustBundle.ofDer(Mesh.TRUST_DOMAIN, roots);
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a former process of the container left behind. */
    private void keep(TrustBundle bundle, Instant boundUntil) throws Exception {
        Files.writeString(kept(), new BundleFile(bundle, boundUntil).print());
    }

    private void send(String version) {
        operator.send(UID, agent(version).build());
    }

    private Snapshot.Builder agent(String version) {
        return operator.snapshot(version).setAgent(triage());
    }

    private void inForce(String version) {
        await().until(() -> operator.inForce(UID, version));
    }

    private void refused(String version, String sentence) {
        await().untilAsserted(() -> assertThat(operator.refused(UID, version))
                .hasValueSatisfying(refusal -> assertThat(refusal).contains(sentence)));
    }

    private Optional<Svid> svid() {
        return identities.svid(WorkloadKind.AGENT);
    }

    private void holdsCertificateOf(X509Certificate issuer) {
        await().until(() ->
                svid().filter(s -> s.issuer().equals(Fingerprint.of(issuer))).isPresent());
    }

    private void isRotatedTo(TestAuthority next) {
        // Given a pod that believes the first authority
        send("stable");
        start(first);
        inForce("stable");
        holdsCertificateOf(first.issuer());

        // When the next one is trusted
        operator.rotate(first, next);
        send("trust new");
        inForce("trust new");

        // Then the certificate stays
        holdsCertificateOf(first.issuer());

        // When the next one signs, then it is asked at once, not at half of a life
        operator.rotate(next, first);
        send("sign with new");
        inForce("sign with new");
        holdsCertificateOf(next.issuer());

        // When the former one is dropped, then it is believed no longer, and the operator has to prove itself anew
        int before = operator.hellos().size();
        operator.rotate(next);
        send("drop old");
        inForce("drop old");
        await().until(() -> operator.hellos().size() > before);
        assertThat(identities.trust().issuers()).containsExactly(Fingerprint.of(next.issuer()));
        assertThat(identities.trust().roots()).containsExactly(next.root());
    }

    @Test
    void aRotationOfTheIssuerIsFollowedStepByStep() {
        isRotatedTo(first.nextIssuer());
    }

    @Test
    void aRotationOfTheRootIsFollowedStepByStep() {
        isRotatedTo(new TestAuthority());
    }

    @Test
    void aRenewalMakesAFreshKeyAndNobodyHoldsTheFormerOne() {
        send("stable");
        start(first);
        inForce("stable");
        WeakReference<PrivateKey> former =
                new WeakReference<>(svid().orElseThrow().key());
        Instant since = svid().orElseThrow().since();

        clock.forward(Duration.ofMinutes(31));

        await().until(() -> svid().orElseThrow().since().isAfter(since));
        await().until(() -> {
            System.gc();
            return former.refersTo(null);
        });
    }

    @Test
    void aStepThatIsOverNeverComesBackWhicheverReplicaTellsIt() {
        TestAuthority next = first.nextIssuer();
        operator.rotate(next);
        send("current");
        start(first);
        inForce("current");
        long epoch = operator.epoch();

        // When a replica that lags sends its snapshot, of rules that are newer
        operator.rotate(first, next);
        operator.epoch(epoch - 1);
        send("lagging");
        refused("lagging", "its trust bundle (epoch " + (epoch - 1) + ") is older than the one in force");

        // Or another bundle of the same epoch
        operator.epoch(epoch);
        send("contradicting");
        refused("contradicting", "another one than the one in force, and of the same epoch");

        // Or signs
        operator.epoch(epoch - 1);
        clock.forward(Duration.ofMinutes(31));
        await().untilAsserted(() -> assertThat(logged()).contains("certificates not renewed"));
        assertThat(identities.trust().issuers()).containsExactly(Fingerprint.of(next.issuer()));
        assertThat(state.held().orElseThrow().version()).isEqualTo("current");
    }

    @Test
    void anAnswerThatIsNotUsableIsRefusedWholeAndTheFormerStays() {
        send("stable");
        ControlClient client = start(first);
        inForce("stable");
        Svid former = svid().orElseThrow();
        TrustBundle trust = identities.trust();

        operator.tamper(answer -> {
            var changed = answer.toBuilder();
            changed.getTrustBuilder().clearIssuers().setEpoch(9);
            return changed.build();
        });
        clock.forward(Duration.ofMinutes(31));

        await().untilAsserted(() -> assertThat(client.status().waiting())
                .contains("INTERNAL: the operator's answer is not usable: trust bundle: it names no issuer"));
        assertThat(svid()).contains(former);
        assertThat(identities.trust()).isEqualTo(trust);

        // When the operator mends, then so does the pod
        operator.tamper(answer -> answer);
        await().until(() -> !svid().orElseThrow().equals(former));
    }

    @Test
    void anOperatorThatIsAwayTooLongIsSaidBeforeTheEndAndAtTheEnd() {
        send("stable");
        start(first);
        inForce("stable");
        operator.refuse(Optional.of(Status.UNAVAILABLE.withDescription("the API server cannot be asked")));

        clock.forward(Duration.ofMinutes(50));
        await().untilAsserted(() -> assertThat(logged())
                .containsOnlyOnce("certificate not renewed, and less than a quarter of its life is left")
                .contains("the operator cannot be asked: the API server cannot be asked")
                .doesNotContain("certificate ended"));

        clock.forward(Duration.ofMinutes(11));
        await().untilAsserted(() -> assertThat(logged())
                .containsOnlyOnce("certificate ended; nothing is served for this identity until there is another"));

        // When it is back, then so is the pod
        operator.refuse(Optional.empty());
        operator.lifetime(Duration.ofHours(5));
        await().atMost(Duration.ofSeconds(90)).until(() -> svid().orElseThrow().validAt(clock.instant()));
    }

    @Test
    void anIdentityThatIsNoLongerSuspendedIsSignedAtOnce() {
        send("stable");
        start(first);
        inForce("stable");
        Svid former = svid().orElseThrow();

        operator.refuse(Optional.of(Status.PERMISSION_DENIED.withDescription("the identity is suspended")));
        operator.send(
                UID,
                operator.snapshot("suspended")
                        .setAgent(triage().setSuspended(true))
                        .build());
        inForce("suspended");
        clock.forward(Duration.ofMinutes(31));
        await().untilAsserted(() -> assertThat(logged()).contains("certificates not renewed"));

        operator.refuse(Optional.empty());
        send("resumed");
        inForce("resumed");
        await().until(() -> !svid().orElseThrow().equals(former));
    }

    @Test
    void aPodThatSleptThroughARotationComesBackByTheRootThatWasMadeInAdvance() throws Exception {
        TestAuthority next = new TestAuthority();
        // Given that the mesh has gone on while the former certificate ended
        keep(Bundles.of(first), Instant.now().minusSeconds(1));
        operator.rotate(next);
        send("after");

        start(first, next);

        inForce("after");
        assertThat(identities.trust().roots()).containsExactly(next.root());
    }

    @Test
    void aPodThatSleptThroughARotationOfTheIssuerComesBackByTheRoot() throws Exception {
        TestAuthority next = first.nextIssuer();
        keep(Bundles.of(first), Instant.now().minusSeconds(1));
        operator.rotate(next);
        send("after");

        start(first);

        inForce("after");
    }

    @Test
    void whileTheFormerCertificateWouldBeValidNobodyButAKnownIssuerPassesForTheOperator() throws Exception {
        // Given a kept bundle, and somebody with an issuer's key below the same root that the bundle does not name
        TestAuthority stolen = first.nextIssuer();
        keep(Bundles.of(first), Instant.now().plus(Duration.ofMinutes(30)));
        operator.rotate(stolen);
        send("forged");
        ControlClient client = start(first);

        await().untilAsserted(() -> assertThat(client.status().waiting())
                .hasValueSatisfying(why -> assertThat(why).contains("no longer, one of those that are believed")));
        assertThat(operator.signRequests(UID)).isZero();

        // When that time is over, then the root decides
        clock.forward(Duration.ofMinutes(31));
        inForce("forged");
    }

    @Test
    void aRootThatARotationReplacedIsNotBroughtBackByTheEnvironment() throws Exception {
        TestAuthority current = new TestAuthority();
        keep(Bundles.of(current), Instant.now().minusSeconds(1));
        // Given the former root in the environment, and somebody who holds its key
        ControlClient client = start(first);

        await().untilAsserted(() -> assertThat(client.status().waiting())
                .hasValueSatisfying(why -> assertThat(why).contains("does not lead to a trusted root")));
        assertThat(operator.signRequests(UID)).isZero();
    }

    @Test
    void aKeptBundleThatIsCorruptedIsPassedOver() throws Exception {
        keep(Bundles.of(first), Instant.now().plus(Duration.ofMinutes(30)));
        byte[] content = Files.readAllBytes(kept());
        content[content.length / 2] ^= 1;
        Files.write(kept(), content);
        send("stable");

        start(first);

        inForce("stable");
        assertThat(logged()).contains("the kept trust bundle is not usable; the one in the environment is");
    }

    @Test
    void aTokenThatIsNoneIsNotSentAndNotPrinted() throws Exception {
        Files.writeString(dir.resolve("token"), "s\u00e9cret\nsecond line");
        ControlClient client = start(first);

        await().untilAsserted(() -> assertThat(client.status().waiting())
                .hasValueSatisfying(why -> assertThat(why).endsWith("is not a service-account token")));
        assertThat(operator.signRequests(UID)).isZero();
        assertThat(logged()).doesNotContain("cret", "second line");

        // When kubelet has written it
        send("stable");
        Files.writeString(dir.resolve("token"), UID);
        inForce("stable");
    }

    @Test
    void nothingOnDiskButCertificates() throws Exception {
        send("stable");
        start(first);
        inForce("stable");

        await().untilAsserted(() -> assertThat(BundleFile.parse(Mesh.TRUST_DOMAIN, Files.readString(kept())))
                .isEqualTo(
                        new BundleFile(identities.trust(), svid().orElseThrow().ends())));
        try (var files = Files.list(dir)) {
            assertThat(files.map(f -> f.getFileName().toString())).containsExactlyInAnyOrder("token", "bundle.pem");
        }
        assertThat(Files.readString(kept())).doesNotContain("KEY");
    }

    /** The kernel's table, with one socket that listens on every address at this port. */
    private void listensAt(int port) throws Exception {
        Files.writeString(dir.resolve("tcp"), """
                  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
                   0: 00000000:%04X 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1
                """.formatted(port));
    }

    private List<List<Socket>> sockets() {
        return operator.said(UID).stream()
                .filter(SubscribeRequest::hasSockets)
                .map(request -> request.getSockets().getListeningList())
                .toList();
    }

    private static Socket anywhere(int port) {
        return Socket.newBuilder().setPort(port).build();
    }

    @Test
    void aServersPodSaysWhereItListensOnceItIsAskedAndWheneverItChanges() throws Exception {
        listensAt(3000);
        operator.pod(UID, Mesh.TRIAGE, Mesh.GITHUB);
        operator.send(UID, agent("server").setServer(Mesh.github()).build());
        start(first);
        inForce("server");
        assertThat(operator.hellos().getLast().getProbes()).isTrue();
        assertThat(operator.said(UID))
                .as("an operator of an older release would end the stream")
                .isEmpty();

        operator.say(
                UID,
                SubscribeResponse.newBuilder()
                        .setSocketsRequest(SocketsRequest.getDefaultInstance())
                        .build());
        await().untilAsserted(() -> assertThat(sockets()).containsExactly(List.of(anywhere(3000))));
        listensAt(4000);

        await().untilAsserted(
                        () -> assertThat(sockets()).containsExactly(List.of(anywhere(3000)), List.of(anywhere(4000))));
    }

    @Test
    void anAgentsPodSaysNothingOfItsSocketsAndAnswersOrders() throws Exception {
        listensAt(3000);
        send("agent");
        start(first);
        inForce("agent");

        operator.say(
                UID,
                SubscribeResponse.newBuilder()
                        .setSocketsRequest(SocketsRequest.getDefaultInstance())
                        .build());
        operator.say(
                UID,
                SubscribeResponse.newBuilder()
                        .setProbeOrder(ProbeOrder.newBuilder()
                                .setId(7)
                                .setAddress("127.0.0.1")
                                .setPort(operator.port()))
                        .build());

        await().untilAsserted(() -> assertThat(operator.said(UID))
                .extracting(SubscribeRequest::getProbeResult)
                .containsExactly(ProbeResult.newBuilder()
                        .setId(7)
                        .setOutcome(ProbeResult.Outcome.OUTCOME_NOT_TRIED)
                        .build()));
    }
}
