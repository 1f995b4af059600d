package dev.stockade.sidecar.state;

import static dev.stockade.sidecar.fixture.Mesh.endpoint;
import static dev.stockade.sidecar.fixture.Mesh.github;
import static dev.stockade.sidecar.fixture.Mesh.githubAt;
import static dev.stockade.sidecar.fixture.Mesh.triage;
import static dev.stockade.sidecar.fixture.Mesh.triageAt;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import dev.stockade.model.identity.BoundPod;
import dev.stockade.sidecar.fixture.Bundles;
import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.fixture.Mutations;
import dev.stockade.sidecar.fixture.TestAuthority;
import dev.stockade.sidecar.identity.Fingerprint;
import dev.stockade.sidecar.identity.TrustBundle;
import dev.stockade.wire.control.v1.AccessPolicy;
import dev.stockade.wire.control.v1.Rule;
import dev.stockade.wire.control.v1.ServiceName;
import dev.stockade.wire.control.v1.Snapshot;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever arrives in place of a snapshot: it is put in force whole, or refused whole with a sentence. */
class MutatedSnapshotsTest {
    private static final int MESSAGES = 2_500;

    private final Clock clock = Clock.systemUTC();
    private final Snapshot good = snapshot(Bundles.of(7, new TestAuthority(), new TestAuthority()));
    private final SnapshotReader reader = new SnapshotReader(Mesh.TRUST_DOMAIN, clock);

    private static Snapshot snapshot(TrustBundle trust) {
        var sent = dev.stockade.wire.control.v1.TrustBundle.newBuilder()
                .setTrustDomain(trust.trustDomain())
                .setEpoch(trust.epoch());
        for (X509Certificate root : trust.roots()) {
            try {
                sent.addRoots(ByteString.copyFrom(root.getEncoded()));
            } catch (CertificateEncodingException e) {
                throw new IllegalStateException(e);
            }
        }
        for (Fingerprint issuer : trust.issuers()) {
            sent.addIssuers(ByteString.copyFrom(HexFormat.of().parseHex(issuer.hex())));
        }
        return Snapshot.newBuilder()
                .setVersion("v1")
                .setGeneration(12)
                .putCompiledAt("pods", 100)
                .putCompiledAt("trust", trust.epoch())
                .setConfirmed(Timestamp.newBuilder().setSeconds(Instant.now().getEpochSecond()))
                .setTrust(sent)
                .setServer(github().addPolicies(AccessPolicy.newBuilder()
                                .setNamespace("tools")
                                .setName("reads")
                                .addAllow(Rule.newBuilder().addTools("get_*").addClientFeatures("roots"))
                                .addDeny(Rule.newBuilder().addTools("get_secret")))
                        .addAgents(triageAt("agent-1").addPolicies(0)))
                .setAgent(triage(githubAt(endpoint("server-1", "10.0.0.1"))
                        .addServices(ServiceName.newBuilder()
                                .setNamespace("tools")
                                .setName("github")
                                .setPort(80))))
                .build();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void isInForceWholeOrRefusedWhole(long seed) throws Exception {
        Mutations mutations = new Mutations(seed);
        CurrentState state = new CurrentState(clock);
        state.apply(reader.read(good)).join();
        int[] refused = new int[1];

        for (int i = 0; i < MESSAGES; i++) {
            Snapshot mutated;
            try {
                mutated = Snapshot.parseFrom(mutations.of(good.toByteArray()));
            } catch (InvalidProtocolBufferException e) {
                continue;
            }
            Optional<PodState> former = state.held();
            Instant confirmed = state.confirmed();
            try {
                PodState next = reader.read(mutated);
                state.apply(next).join();
                assertThat(state.held()).containsSame(next);
                use(state, next);
            } catch (RefusedSnapshotException e) {
                refused[0]++;
                assertThat(e.sentence()).startsWith("snapshot ").hasSizeLessThanOrEqualTo(1_000);
                assertThat(state.held()).isEqualTo(former);
                assertThat(state.confirmed()).isEqualTo(confirmed);
            }
        }
        assertThat(refused[0]).as("messages that were refused").isPositive();
    }

    /** What the data path asks of it at every request. */
    private static void use(CurrentState state, PodState inForce) {
        state.stale();
        assertThat(state.confirmed()).isBeforeOrEqualTo(Instant.now());
        assertThat(inForce.trust().issuers()).isNotEmpty();
        inForce.serving()
                .ifPresent(serving -> serving.admission()
                        .refusal(Mesh.TRIAGE, Optional.of(new BoundPod("agents", "triage-0", "agent-1", 1))));
    }
}
