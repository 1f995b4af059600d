package dev.stockade.operator.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.operator.MovingClock;
import dev.stockade.operator.authority.Authorities.Foreign;
import dev.stockade.operator.authority.Der;
import dev.stockade.operator.authority.Trust;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class PeerVerifierTest {
    private static final SpiffeId ID = new SpiffeId("test.local", "agents", WorkloadKind.AGENT, "triage");
    private static final BoundPod POD = new BoundPod("agents", "triage-1", "0b7e", 42);

    private final MovingClock clock = new MovingClock();
    private final Foreign authority;
    private final PublicKey key;
    private final AtomicReference<Trust> trust;
    private final PeerVerifier verifier;

    PeerVerifierTest() throws Exception {
        authority = new Foreign(clock);
        key = Sidecar.newKey().getPublic();
        trust = new AtomicReference<>(authority.trust(1));
        verifier = new PeerVerifier(trust::get, "test.local", clock);
    }

    private Peer client(List<X509Certificate> chain) throws CertificateException {
        return verifier.client(chain.toArray(new X509Certificate[0]));
    }

    private void refuses(List<X509Certificate> chain, String sentence) {
        assertThatThrownBy(() -> client(chain))
                .isInstanceOf(CertificateException.class)
                .hasMessageContaining(sentence);
    }

    private List<X509Certificate> workload(SpiffeId id, BoundPod pod) throws Exception {
        return authority.workload(key, id, pod, Duration.ofHours(1));
    }

    @Test
    void aWorkloadIsWhoItsCertificateSaysAndWhoIssuedItIsKept() throws Exception {
        List<X509Certificate> chain = workload(ID, POD);
        assertThat(client(chain)).isInstanceOfSatisfying(Peer.Workload.class, peer -> {
            assertThat(peer.id()).isEqualTo(ID);
            assertThat(peer.pod()).isEqualTo(POD);
            assertThat(peer.certificate().issuer()).isEqualTo(Der.sha256(chain.get(1)));
            assertThat(peer.certificate().ends())
                    .isEqualTo(chain.getFirst().getNotAfter().toInstant());
        });
        assertThat(client(authority.operator(key, "test.local"))).isInstanceOf(Peer.Operator.class);
    }

    @Test
    void anIssuerThatWasDroppedIsWorthlessThoughItsRootIsTrusted() throws Exception {
        List<X509Certificate> chain = workload(ID, POD);
        Peer before = client(chain);
        assertThat(verifier.lapsed(before.certificate())).isEmpty();
        // When
        Trust now = trust.get();
        trust.set(new Trust(now.roots(), List.of(new Foreign(clock).issuer()), 4));
        // Then
        refuses(chain, "issues none for this mesh any more");
        assertThat(verifier.lapsed(before.certificate()).orElseThrow())
                .contains("issues none for this mesh any more", "Ask for a new certificate");
    }

    @Test
    void aRootsOwnLeafCountsOnlyWhereTheRootIsAnIssuer() throws Exception {
        List<X509Certificate> chain = authority.workloadOfRoot(key, ID, POD);
        refuses(chain, "issues none for this mesh any more");
        trust.set(new Trust(trust.get().roots(), trust.get().roots(), 2));
        assertThat(client(chain)).isInstanceOf(Peer.Workload.class);
    }

    @Test
    void withoutIssuersNobodyIsBelieved() throws Exception {
        List<X509Certificate> chain = workload(ID, POD);
        trust.set(new Trust(trust.get().roots(), List.of(), 2));
        refuses(chain, "issues none");
        trust.set(Trust.NONE);
        refuses(chain, "no root is known yet");
    }

    @Test
    void whoIsNotOfThisMeshIsRefused() throws Exception {
        refuses(
                new Foreign(clock).workload(key, ID, POD, Duration.ofHours(1)),
                "does not chain to a root of this mesh");
        refuses(
                workload(new SpiffeId("other.local", "agents", WorkloadKind.AGENT, "triage"), POD),
                "'spiffe://other.local/ns/agents/agent/triage' is not an identity of test.local");
        refuses(authority.operator(key, "other.local"), "'spiffe://other.local/stockade/operator' is not an identity");
        refuses(List.of(), "a chain of 0 certificates");
    }

    @Test
    void aCertificateThatHasEndedIsRefusedAndEndsWhatItBegan() throws Exception {
        List<X509Certificate> chain = authority.workload(key, ID, POD, Duration.ofMinutes(5));
        Peer peer = client(chain);
        clock.advance(Duration.ofMinutes(6));
        refuses(chain, "validity check failed");
        assertThat(verifier.lapsed(peer.certificate()).orElseThrow()).contains("has ended. Connect with a new one");
    }

    @Test
    void aPodOfAnotherNamespaceOrNoneOrSeveralNamesAreRefused() throws Exception {
        refuses(
                workload(ID, new BoundPod("tools", "triage-1", "0b7e", 42)),
                "is bound to a pod of namespace tools, and must be to one of its own");
        refuses(authority.named(key, List.of(ID.uri()), true), "is bound to no pod");
        refuses(
                authority.named(key, List.of(ID.uri(), "spiffe://test.local/ns/agents/agent/other"), true),
                "the certificate has 2 URI names, and must have one");
        refuses(authority.named(key, List.of(), true), "the certificate has 0 URI names");
        refuses(authority.named(key, List.of(ID.uri()), false), "not for this side of TLS");
    }
}
