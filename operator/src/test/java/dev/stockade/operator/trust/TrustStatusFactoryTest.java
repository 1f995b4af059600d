package dev.stockade.operator.trust;

import static dev.stockade.operator.status.Sidecars.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.crds.common.Condition;
import dev.stockade.crds.trust.LastRotation;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.crds.trust.MeshTrustSpec;
import dev.stockade.crds.trust.MeshTrustStatus;
import dev.stockade.crds.trust.TrustedCertificate;
import dev.stockade.operator.authority.AuthorityState;
import dev.stockade.operator.authority.Der;
import dev.stockade.operator.authority.Rotation;
import dev.stockade.operator.authority.Rotation.Cause;
import dev.stockade.operator.authority.Rotation.Change;
import dev.stockade.operator.authority.Rotation.Finished;
import dev.stockade.operator.authority.Rotation.Of;
import dev.stockade.operator.authority.Rotation.Step;
import dev.stockade.operator.authority.RotationProgress;
import dev.stockade.operator.authority.Trust;
import dev.stockade.operator.status.StatusPage;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;

class TrustStatusFactoryTest {
    private static final Instant ROOT_ENDS = NOW.plus(Duration.ofDays(3650));
    private static final Instant ISSUER_ENDS = NOW.plus(Duration.ofDays(30));
    private static final Change CHANGE = new Change(Of.ISSUER, Cause.REQUEST, "issuer@1", NOW.minusSeconds(60));

    private final X509Certificate root = certificate(ROOT_ENDS);
    private final X509Certificate issuer = certificate(ISSUER_ENDS);
    private final X509Certificate other = certificate(ISSUER_ENDS);

    TrustStatusFactoryTest() throws Exception {}

    private static X509Certificate certificate(Instant ends) throws Exception {
        KeyPairGenerator keys = KeyPairGenerator.getInstance("EC");
        keys.initialize(256);
        KeyPair key = keys.generateKeyPair();
        X500Name name = new X500Name("CN=test");
        return new JcaX509CertificateConverter()
                .getCertificate(new JcaX509v3CertificateBuilder(
                                name, BigInteger.ONE, Date.from(NOW), Date.from(ends), name, key.getPublic())
                        .build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate())));
    }

    private static MeshTrust trust() {
        MeshTrust trust = new MeshTrust();
        trust.setMetadata(
                new ObjectMetaBuilder().withName("default").withGeneration(3L).build());
        trust.setSpec(MeshTrustSpec.of("stockade.local"));
        return trust;
    }

    private AuthorityState.Usable usable(Rotation rotation, RotationProgress progress, boolean overdue) {
        List<X509Certificate> issuers = rotation.step() == Step.STABLE ? List.of(issuer) : List.of(issuer, other);
        return new AuthorityState.Usable(
                new Trust(List.of(root), issuers, rotation.epoch()), List.of(root), rotation, progress, overdue);
    }

    private AuthorityState.Usable stable(RotationProgress progress, boolean overdue) {
        return usable(
                new Rotation(
                        4, Step.STABLE, Optional.empty(), NOW, "issuer@1", NOW, Optional.of(new Finished(CHANGE, NOW))),
                progress,
                overdue);
    }

    private AuthorityState.Usable stable() {
        return stable(new RotationProgress.Quiet(), false);
    }

    private AuthorityState.Usable signing(RotationProgress progress) {
        return usable(
                new Rotation(
                        3,
                        Step.SIGN_WITH_NEW,
                        Optional.of(CHANGE),
                        NOW.minusSeconds(30),
                        "issuer@1",
                        NOW,
                        Optional.empty()),
                progress,
                false);
    }

    private static List<String> states(MeshTrustStatus status) {
        return status.conditions().stream()
                .map(c -> c.type() + " " + c.status() + " " + c.reason())
                .toList();
    }

    private static String message(MeshTrustStatus status, String type) {
        return status.conditions().stream()
                .filter(c -> c.type().equals(type))
                .map(Condition::message)
                .findFirst()
                .orElseThrow();
    }

    private static MeshTrustStatus of(MeshTrust trust, AuthorityState authority, Instant now) {
        MeshTrustStatus status = TrustStatusFactory.of(trust, authority, Optional.empty(), now);
        StatusPage.read().has("MeshTrust", status.conditions());
        return status;
    }

    @Test
    void aUsableAuthorityIsReadyAndNamesItsCertificates() {
        MeshTrustStatus status = of(trust(), stable(), NOW);

        assertThat(states(status))
                .containsExactly("Ready TRUE Usable", "Stalled FALSE NotStalled", "Rotating FALSE Stable");
        assertThat(status.rootSha256()).isEqualTo(Der.sha256(root));
        assertThat(status.roots()).containsExactly(new TrustedCertificate(Der.sha256(root), ROOT_ENDS.toString()));
        assertThat(status.issuers())
                .containsExactly(new TrustedCertificate(Der.sha256(issuer), ISSUER_ENDS.toString()));
        assertThat(status.epoch()).isEqualTo(4);
        assertThat(status.step()).isEqualTo("Stable");
        assertThat(status.lastRotation())
                .isEqualTo(new LastRotation(
                        "Issuer", "Request", "issuer@1", NOW.minusSeconds(60).toString(), NOW.toString()));
    }

    @Test
    void aReplicaThatHasNotReadItsAuthorityYetLeavesWhatIsPublished() {
        MeshTrust trust = trust();
        trust.setStatus(TrustStatusFactory.of(trust, stable(), Optional.empty(), NOW));

        assertThat(TrustStatusFactory.of(trust, new AuthorityState.Unread(), Optional.empty(), NOW.plusSeconds(60)))
                .isEqualTo(trust.getStatus());
    }

    @Test
    void aRotationSaysItsStepAndTheFirstThreeItWaitsFor() {
        MeshTrustStatus status = of(
                trust(),
                signing(new RotationProgress.Waiting(List.of("pod a", "pod b", "pod c", "pod d", "pod e"))),
                NOW);

        assertThat(states(status)).contains("Ready TRUE Usable", "Rotating TRUE SignWithNew");
        assertThat(status.step()).isEqualTo("Issuer/SignWithNew");
        assertThat(status.issuers()).hasSize(2);
        assertThat(message(status, "Rotating"))
                .contains("asked for as issuer@1", "waits for 5: pod a; pod b; pod c; and 2 more")
                .doesNotContain("pod d");
    }

    @Test
    void aBadRequestIsSaidAndChangesNothingElse() {
        MeshTrustStatus status = of(trust(), stable(new RotationProgress.BadRequest("Write issuer."), false), NOW);

        assertThat(states(status))
                .containsExactly("Ready TRUE Usable", "Stalled FALSE NotStalled", "Rotating FALSE BadRequest");
        assertThat(message(status, "Rotating")).isEqualTo("Write issuer.");
    }

    @Test
    void anExistingCaThatIsRefusedStallsAndLeavesReadyWhileWhatThereIsLives() {
        RotationProgress refused = new RotationProgress.AuthorityRefused("Secret s/my-ca: it has ended.");
        MeshTrustStatus status = of(trust(), stable(refused, false), NOW);
        assertThat(states(status))
                .containsExactly(
                        "Ready TRUE Usable", "Stalled TRUE AuthorityRefused", "Rotating FALSE AuthorityRefused");

        MeshTrustStatus late = of(trust(), stable(refused, true), NOW);
        assertThat(states(late)).contains("Ready FALSE RotationOverdue");
        assertThat(message(late, "Ready")).contains(ISSUER_ENDS.toString(), "Secret s/my-ca: it has ended.");
    }

    @Test
    void aRootThatWasNamedStaysNamedWhenItIsGone() {
        MeshTrust trust = trust();
        trust.setStatus(of(trust, signing(new RotationProgress.Quiet()), NOW));

        MeshTrustStatus status =
                of(trust, new AuthorityState.Refusing("Secret stockade-ca is gone. Restore it.", true), NOW);

        assertThat(states(status))
                .containsExactly(
                        "Ready FALSE AuthorityRefuses",
                        "Stalled TRUE AuthorityRefuses",
                        "Rotating UNKNOWN AuthorityRefuses");
        assertThat(status.rootSha256()).isEqualTo(Der.sha256(root));
        assertThat(status.epoch()).isEqualTo(3);
        assertThat(status.step()).isEqualTo("Issuer/SignWithNew");
    }

    @Test
    void whatPassesByItselfIsNotStalled() {
        MeshTrustStatus status = of(trust(), new AuthorityState.Refusing("Not read yet.", false), NOW);

        assertThat(states(status)).contains("Ready FALSE AuthorityRefuses", "Stalled FALSE NotStalled");
    }

    @Test
    void aChartThatNamesAnotherClusterDomainIsSaidWhereEverythingElseIsWell() {
        MeshTrustStatus status = TrustStatusFactory.of(
                trust(),
                stable(),
                Optional.of("The chart's clusterDomain is cluster.local, and this cluster's is corp.example."),
                NOW);

        assertThat(status.conditions())
                .filteredOn(c -> c.type().equals("Ready"))
                .singleElement()
                .satisfies(ready -> {
                    assertThat(ready.status()).isEqualTo(Condition.Status.TRUE);
                    assertThat(ready.reason()).isEqualTo("OtherClusterDomain");
                    assertThat(ready.message()).contains("corp.example").contains("Signs for trust domain");
                });
    }
}
