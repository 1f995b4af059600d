package dev.stockade.sidecar.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.PeerCertificate;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.sidecar.fixture.Bundles;
import dev.stockade.sidecar.fixture.OpenSsl;
import dev.stockade.sidecar.fixture.TestAuthority;
import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.junit.jupiter.api.Test;

class WorkloadKeyTest {
    private static final String URI = "spiffe://test.local/ns/agents/agent/triage";

    private final TestAuthority authority = new TestAuthority();
    private final WorkloadKey key = WorkloadKey.generate();

    @Test
    void theRequestIsWhatBouncyCastleAndOpensslTakeForOne() throws Exception {
        byte[] request = key.signingRequest();

        JcaPKCS10CertificationRequest read = new JcaPKCS10CertificationRequest(request);
        assertThat(read.isSignatureValid(new JcaContentVerifierProviderBuilder().build(read.getPublicKey())))
                .isTrue();
        assertThat(read.getSubject().getRDNs()).isEmpty();
        assertThat(read.getAttributes()).isEmpty();
        assertThat(OpenSsl.run(
                        List.of("openssl", "req", "-inform", "DER", "-verify", "-noout", "-text"),
                        printed -> false,
                        request))
                .contains("verify OK", "NIST CURVE: P-256");
    }

    @Test
    void aCertificateForAnotherKeyIsNotHeld() {
        assertThatThrownBy(() -> Svid.of(WorkloadKey.generate(), certificate(URI), trust(), Instant.now()))
                .hasMessage("the certificate is not for the key that was asked for");
    }

    @Test
    void aCertificateWithoutASpiffeIdIsNotHeld() {
        assertThatThrownBy(() -> Svid.of(key, certificate("https://test.local/"), trust(), Instant.now()))
                .hasMessage("the certificate has not exactly one SPIFFE ID");
    }

    @Test
    void theHeldIdentityTellsItsPodAndNeverItsKey() throws Exception {
        Svid svid = Svid.of(key, certificate(URI), trust(), Instant.now());

        assertThat(svid.id().uri()).isEqualTo(URI);
        assertThat(PeerCertificate.boundPod(svid.leaf())).contains(new BoundPod("agents", "triage-0", "uid", 7));
        assertThat(svid.toString()).startsWith(URI + " until ").doesNotContain("Key");
    }

    @Test
    void aCertificateThatNoPeerWouldBelieveIsNotHeld() throws Exception {
        Instant late = Instant.now().plus(Duration.ofHours(2));
        TrustBundle another = Bundles.of(new TestAuthority());
        TrustBundle later = Bundles.of(authority.nextIssuer());

        assertThatThrownBy(() -> Svid.of(key, certificate(URI), another, Instant.now()))
                .hasMessageStartingWith("no peer would believe the certificate for " + URI);
        assertThatThrownBy(() -> Svid.of(key, certificate(URI), later, Instant.now()))
                .hasMessage("the certificate for " + URI + " was issued by none of the bundle's issuers");
        assertThatThrownBy(() -> Svid.of(key, certificate(URI), trust(), late))
                .hasMessageStartingWith("no peer would believe the certificate for " + URI);
    }

    @Test
    void nothingThatHoldsAKeyPrintsIt() throws Exception {
        Svid svid = Svid.of(key, certificate(URI), trust(), Instant.now());
        byte[] pkcs8 = key.privateKey().getEncoded();
        BigInteger scalar = ((ECPrivateKey) key.privateKey()).getS();
        Identities identities = new Identities(trust());
        identities.hold(Map.of(WorkloadKind.AGENT, svid));

        for (Object holder : List.of(key, svid, key.privateKey(), identities, identities.svids(), Optional.of(svid))) {
            assertThat(holder.toString().toLowerCase(Locale.ROOT))
                    .doesNotContain(
                            scalar.toString(16),
                            scalar.toString(),
                            HexFormat.of().formatHex(pkcs8),
                            Base64.getEncoder().encodeToString(pkcs8).toLowerCase(Locale.ROOT));
        }
    }

    private TrustBundle trust() {
        return Bundles.of(authority);
    }

    private List<byte[]> certificate(String uri) throws Exception {
        JcaPKCS10CertificationRequest csr = new JcaPKCS10CertificationRequest(key.signingRequest());
        List<byte[]> chain = new ArrayList<>();
        for (X509Certificate certificate : authority.sign(
                TestAuthority.Leaf.of(csr.getPublicKey(), uri, new BoundPod("agents", "triage-0", "uid", 7)))) {
            chain.add(certificate.getEncoded());
        }
        return chain;
    }
}
