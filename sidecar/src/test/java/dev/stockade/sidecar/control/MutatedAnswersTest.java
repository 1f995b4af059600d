package dev.stockade.sidecar.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.sidecar.fixture.Bundles;
import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.fixture.Mutations;
import dev.stockade.sidecar.fixture.TestAuthority;
import dev.stockade.sidecar.identity.Fingerprint;
import dev.stockade.sidecar.identity.WorkloadKey;
import dev.stockade.wire.control.v1.Role;
import dev.stockade.wire.control.v1.SignResponse;
import dev.stockade.wire.control.v1.SignedCertificate;
import dev.stockade.wire.control.v1.TrustBundle;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.HexFormat;
import java.util.Map;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever arrives in place of an answer to Sign: certificates for our keys that peers believe, or a sentence. */
class MutatedAnswersTest {
    private static final int MESSAGES = 2_500;
    private static final String UID = "agent-1";

    private final TestAuthority authority = new TestAuthority();
    private final WorkloadKey key = WorkloadKey.generate();
    private final Map<WorkloadKind, WorkloadKey> keys =
            Map.of(WorkloadKind.AGENT, key, WorkloadKind.MCP, WorkloadKey.generate());
    private final Signing signing = new Signing(
            new ControlSettings(
                    "127.0.0.1", 1, Mesh.TRUST_DOMAIN, "test", "boot", UID, Path.of("token"), Path.of("bundle")),
            Clock.systemUTC());

    private SignResponse answer() throws Exception {
        dev.stockade.sidecar.identity.TrustBundle trust = Bundles.of(7, authority, authority.nextIssuer());
        TrustBundle.Builder sent =
                TrustBundle.newBuilder().setTrustDomain(trust.trustDomain()).setEpoch(trust.epoch());
        for (X509Certificate root : trust.roots()) {
            sent.addRoots(ByteString.copyFrom(root.getEncoded()));
        }
        for (Fingerprint issuer : trust.issuers()) {
            sent.addIssuers(ByteString.copyFrom(HexFormat.of().parseHex(issuer.hex())));
        }
        SignedCertificate.Builder signed =
                SignedCertificate.newBuilder().setRole(Role.ROLE_AGENT).setSpiffeId(Mesh.TRIAGE.uri());
        for (X509Certificate certificate : authority.sign(TestAuthority.Leaf.of(
                new JcaPKCS10CertificationRequest(key.signingRequest()).getPublicKey(),
                Mesh.TRIAGE.uri(),
                new BoundPod("agents", "triage-0", UID, 1)))) {
            signed.addChain(ByteString.copyFrom(certificate.getEncoded()));
        }
        return SignResponse.newBuilder().setTrust(sent).addCertificates(signed).build();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void isUsedWholeOrRefusedWhole(long seed) throws Exception {
        SignResponse good = answer();
        assertThat(signing.check(good, keys).svids()).containsOnlyKeys(WorkloadKind.AGENT);
        Mutations mutations = new Mutations(seed);
        int refused = 0;

        for (int i = 0; i < MESSAGES; i++) {
            SignResponse mutated;
            try {
                mutated = SignResponse.parseFrom(mutations.of(good.toByteArray()));
            } catch (InvalidProtocolBufferException e) {
                continue;
            }
            try {
                Signing.Signed signed = signing.check(mutated, keys);
                assertThat(signed.svids()).containsOnlyKeys(WorkloadKind.AGENT).allSatisfy((role, svid) -> {
                    assertThat(svid.id()).isEqualTo(Mesh.TRIAGE);
                    assertThat(signed.trust().issuers()).contains(svid.issuer());
                    assertThat(key.matches(svid.leaf())).isTrue();
                });
            } catch (IllegalArgumentException e) {
                refused++;
                assertThat(e.getMessage()).isNotBlank();
            }
        }
        assertThat(refused).as("messages that were refused").isPositive();
    }
}
