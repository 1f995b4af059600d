package dev.stockade.sidecar.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.sidecar.fixture.OpenSsl;
import dev.stockade.sidecar.fixture.TestAuthority;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.junit.jupiter.api.Test;

class WorkloadKeyTest {
    private static final String URI = "spiffe://test.local/ns/agents/agent/triage";

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
        assertThatThrownBy(() -> Svid.of(WorkloadKey.generate(), certificate(URI)))
                .hasMessage("the certificate is not for the key that was asked for");
    }

    @Test
    void aCertificateWithoutASpiffeIdIsNotHeld() {
        assertThatThrownBy(() -> Svid.of(key, certificate("https://test.local/")))
                .hasMessage("the certificate has not exactly one SPIFFE ID");
    }

    @Test
    void theHeldIdentityTellsItsPodAndNeverItsKey() throws Exception {
        Svid svid = Svid.of(key, certificate(URI));

        assertThat(svid.id().uri()).isEqualTo(URI);
        assertThat(PeerCertificate.boundPod(svid.leaf())).contains(new BoundPod("agents", "triage-0", "uid", 7));
        assertThat(svid.toString()).startsWith(URI + " until ").doesNotContain("Key");
    }

    private List<byte[]> certificate(String uri) throws Exception {
        TestAuthority authority = new TestAuthority();
        JcaPKCS10CertificationRequest csr = new JcaPKCS10CertificationRequest(key.signingRequest());
        List<byte[]> chain = new ArrayList<>();
        for (X509Certificate certificate : authority.sign(
                TestAuthority.Leaf.of(csr.getPublicKey(), uri, new BoundPod("agents", "triage-0", "uid", 7)))) {
            chain.add(certificate.getEncoded());
        }
        return chain;
    }
}
