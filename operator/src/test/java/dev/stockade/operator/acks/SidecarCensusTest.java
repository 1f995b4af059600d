package dev.stockade.operator.acks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.operator.MovingClock;
import dev.stockade.operator.authority.Authorities;
import dev.stockade.operator.authority.Der;
import dev.stockade.operator.snapshot.CompiledMesh;
import dev.stockade.operator.snapshot.Generations;
import dev.stockade.operator.status.Meshes;
import dev.stockade.policy.MeshView;
import dev.stockade.wire.control.v1.Source;
import dev.stockade.wire.control.v1.TrustBundle;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class SidecarCensusTest {
    private static final String AGENT = Meshes.resource(
            "AgentIdentity",
            "agents",
            "triage",
            "{serviceAccountName: triage, selector: {matchLabels: {app: triage}}, certificate: {lifetime: 30m}}");
    private static final String POD = Meshes.pod("agents", "triage-1", "triage", "triage", "{}");
    private static final BoundPod BOUND = new BoundPod("agents", "triage-1", "uid-triage-1", 1);

    private final MovingClock clock = new MovingClock();
    private final SidecarRegistry registry = new SidecarRegistry(pod -> Duration.ofHours(1), clock);
    private final AtomicReference<CompiledMesh> mesh = new AtomicReference<>(mesh(AGENT, POD));
    private final SidecarCensus census = new SidecarCensus(mesh::get, registry, clock);

    private static CompiledMesh mesh(String... manifests) {
        MeshView view = Meshes.of(manifests).view();
        return new CompiledMesh(view, TrustBundle.getDefaultInstance(), server -> Meshes.KEYS, new Generations());
    }

    private ShownCertificate shown(Duration left) {
        return new ShownCertificate("ab".repeat(32), clock.instant().plus(left));
    }

    private void connects(Duration left) {
        registry.connected(BOUND, "1", shown(left));
    }

    private void acknowledges(long epoch) {
        registry.acknowledged(
                BOUND,
                "v" + epoch,
                List.of(Source.newBuilder()
                        .setKind("trust")
                        .setUid("trust")
                        .setGeneration(epoch)
                        .build()),
                Duration.ofHours(1));
    }

    @Test
    void whoHasAcknowledgedThatEpochOrALaterOneHoldsNothingUp() {
        connects(Duration.ofHours(1));
        acknowledges(4);
        assertThat(census.notTrusting(3)).isEmpty();
        assertThat(census.notTrusting(4)).isEmpty();
        assertThat(census.notTrusting(5)).containsExactly("agents/triage-1: its sidecar has not acknowledged yet");
    }

    @Test
    void oneThatIsConnectedIsWaitedForAndOneThatRefusesIsNamedWithItsReason() {
        connects(Duration.ofHours(1));
        assertThat(census.notTrusting(2)).containsExactly("agents/triage-1: its sidecar has not acknowledged yet");
        registry.refused(BOUND, "the bundle names no issuer");
        clock.advance(Duration.ofDays(1));
        assertThat(census.notTrusting(2))
                .containsExactly("agents/triage-1: its sidecar refused the snapshot (the bundle names no issuer)");
    }

    @Test
    void oneThatIsGoneFromTheOperatorHoldsItUpUntilItsCertificateEnds() {
        // Given
        connects(Duration.ofMinutes(20));
        acknowledges(1);
        registry.disconnected(BOUND);
        // Then
        assertThat(census.notTrusting(2))
                .singleElement()
                .asString()
                .startsWith("agents/triage-1: its sidecar has been disconnected since 2026-01-01T12:00:00Z")
                .endsWith("and is waited for until 2026-01-01T12:20:00Z");
        // When its certificate has ended
        clock.advance(Duration.ofMinutes(20));
        // Then
        assertThat(census.notTrusting(2)).isEmpty();
    }

    @Test
    void oneThatNobodyHasHeardOfHoldsItUpForTheLongestLifeOfACertificateFromWhenItWasFirstAsked() {
        // Given
        clock.advance(Duration.ofHours(5));
        // When
        assertThat(census.notTrusting(2))
                .containsExactly("agents/triage-1: its sidecar has not connected yet, and is waited for until "
                        + clock.instant().plus(Duration.ofMinutes(30)));
        clock.advance(Duration.ofMinutes(29));
        assertThat(census.notTrusting(2)).hasSize(1);
        clock.advance(Duration.ofMinutes(1));
        // Then
        assertThat(census.notTrusting(2)).isEmpty();
        // When the next step asks
        assertThat(census.notTrusting(3)).hasSize(1);
    }

    @Test
    void theLongerOfTwoLivesCountsWhereAPodIsAgentAndServer() {
        mesh.set(mesh(
                AGENT,
                Meshes.resource(
                        "SecureMcpServer",
                        "agents",
                        "also",
                        "{selector: {matchLabels: {app: triage}}, serviceAccountName: triage, port: 3000}"),
                POD));
        assertThat(census.notTrusting(2)).hasSize(1);
        clock.advance(Duration.ofMinutes(59));
        assertThat(census.notTrusting(2)).hasSize(1);
        clock.advance(Duration.ofMinutes(1));
        assertThat(census.notTrusting(2)).isEmpty();
    }

    @Test
    void aPodThatNeverRanOrThatNothingSelectsOrThatIsGoneHoldsNothingUp() {
        mesh.set(mesh(AGENT, POD.replace("status: {podIPs: [{ip: 192.0.2.1}]}", "status: {}")));
        assertThat(census.notTrusting(2)).isEmpty();
        mesh.set(mesh(POD));
        assertThat(census.notTrusting(2)).isEmpty();
        connects(Duration.ofHours(1));
        mesh.set(mesh(AGENT));
        assertThat(census.notTrusting(2)).isEmpty();
        mesh.set(mesh(AGENT, POD.replace("status: {", "status: {phase: Succeeded, ")));
        assertThat(census.notTrusting(2)).isEmpty();
    }

    @Test
    void oneThatDrainsMayStillServeAndSoMayOneWhoseIdentityHasEndedWhileItWasAway() {
        connects(Duration.ofHours(1));
        mesh.set(mesh(AGENT, POD.replace("metadata: {", "metadata: {deletionTimestamp: \"2026-01-01T12:00:00Z\", ")));
        assertThat(census.notTrusting(2)).hasSize(1);
        registry.disconnected(BOUND);
        mesh.set(mesh(POD));
        assertThat(census.notTrusting(2)).hasSize(1);
    }

    @Test
    void whoShowsACertificateOfTheIssuerHoldsNothingUp() throws Exception {
        // Given
        X509Certificate issuer = Authorities.issuer(clock);
        connects(Duration.ofHours(1));
        assertThat(census.notCertifiedBy(issuer))
                .containsExactly(
                        "agents/triage-1: its sidecar has not connected with a certificate of the new issuer yet");
        // When
        registry.connected(
                BOUND,
                "1",
                new ShownCertificate(Der.sha256(issuer), clock.instant().plus(Duration.ofHours(1))));
        // Then
        assertThat(census.notCertifiedBy(issuer)).isEmpty();
        registry.disconnected(BOUND);
        assertThat(census.notCertifiedBy(issuer)).isEmpty();
    }

    @Test
    void whoLeftWithACertificateOfAnotherIssuerHoldsItUpUntilThatEnds() throws Exception {
        X509Certificate issuer = Authorities.issuer(clock);
        connects(Duration.ofMinutes(10));
        registry.disconnected(BOUND);
        assertThat(census.notCertifiedBy(issuer)).hasSize(1);
        clock.advance(Duration.ofMinutes(10));
        assertThat(census.notCertifiedBy(issuer)).isEmpty();
    }
}
