package dev.stockade.operator.authority;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.stockade.crds.Definitions;
import dev.stockade.fixture.ApiServer;
import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.operator.MovingClock;
import dev.stockade.operator.authority.Minting.Signer;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuthorityIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final AtomicInteger NUMBER = new AtomicInteger();

    @TempDir
    static Path folder;

    static ApiServer api;

    private final MovingClock clock = new MovingClock(Instant.now());
    private Optional<String> namedRoot = Optional.empty();
    private long namedEpoch = 0;
    private Optional<String> caSecret = Optional.empty();
    private String rotate = "";
    private String namespace = "";

    /** Everybody follows at once, unless a test adds who does not. */
    private final List<String> holding = new CopyOnWriteArrayList<>();

    private final Census census = new Census() {
        @Override
        public List<String> notTrusting(long epoch) {
            return holding;
        }

        @Override
        public List<String> notCertifiedBy(X509Certificate issuer) {
            return holding;
        }
    };

    @BeforeAll
    static void start() throws Exception {
        api = ApiServer.start(folder, Definitions.yaml());
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    @BeforeEach
    void newNamespace() {
        namespace = "ca-" + NUMBER.incrementAndGet();
        client().resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(namespace)
                        .endMetadata()
                        .build())
                .create();
    }

    private static KubernetesClient client() {
        return api.client();
    }

    private Authority authority() {
        return new Authority(
                client(),
                namespace,
                () -> new TrustSettings(
                        "test.local",
                        Duration.ofDays(3650),
                        Duration.ofDays(30),
                        caSecret,
                        rotate,
                        namedRoot,
                        namedEpoch),
                clock);
    }

    private Authority refreshed() {
        Authority authority = authority();
        authority.refresh();
        return authority;
    }

    private static List<X509Certificate> issue(Authority authority) throws Exception {
        return authority.issue(
                new SpiffeId("test.local", "agents", WorkloadKind.AGENT, "triage"),
                new BoundPod("agents", "triage-1", "uid", 1),
                Minting.newKey().getPublic(),
                Duration.ofHours(1));
    }

    private static String root(Authority authority) {
        return ((AuthorityState.Usable) authority.state()).rootSha256();
    }

    private static Rotation rotation(Authority authority) {
        return ((AuthorityState.Usable) authority.state()).rotation();
    }

    /** As the reconciler does. */
    private void show(Authority authority) {
        namedRoot = Optional.of(root(authority));
        namedEpoch = authority.trust().epoch();
    }

    /** The lease holder's next step, shown in the status; the clock is moved past the shortest one. */
    private void advance(Authority leader) {
        clock.advance(RotationPlan.SHORTEST_STEP);
        leader.advance(census);
        show(leader);
    }

    private void finish(Authority leader) {
        for (int i = 0; i < 10 && rotation(leader).step() != Rotation.Step.STABLE; i++) {
            advance(leader);
        }
        assertThat(rotation(leader).step()).isEqualTo(Rotation.Step.STABLE);
    }

    private Secret secret() {
        return client().secrets().inNamespace(namespace).withName("stockade-ca").get();
    }

    private void store(String name, Map<String, String> entries) {
        client().resource(new SecretBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName(name)
                        .endMetadata()
                        .withType("kubernetes.io/tls")
                        .withData(entries)
                        .build())
                .createOr(NonDeletingOperation::update);
    }

    /** A CA in cert-manager's layout. */
    private static Map<String, String> foreign(Signer root) {
        return Map.of(
                "tls.crt", base64(Pem.encode(List.of(root.certificate()))),
                "tls.key", base64(Pem.encode(root.key())),
                "ca.crt", base64(Pem.encode(List.of(root.certificate()))));
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private Signer newRoot() throws Exception {
        return Minting.root(Minting.Validity.of(clock.instant(), Duration.ofDays(365)));
    }

    private void deleteSecret() {
        client().secrets().inNamespace(namespace).withName("stockade-ca").delete();
    }

    @Test
    void replicasThatStartTogetherAgreeOnOneRoot() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<String>> roots = IntStream.range(0, 8)
                    .mapToObj(i -> threads.submit(() -> root(refreshed())))
                    .toList();
            String first = roots.getFirst().get();
            for (Future<String> root : roots) {
                assertThat(root.get()).isEqualTo(first);
            }
        }
    }

    @Test
    void aRestartFindsTheSameAuthority() throws Exception {
        Authority before = refreshed();
        Authority after = refreshed();
        assertThat(root(after)).isEqualTo(root(before));
        issue(after).getLast().verify(before.roots().getFirst().getPublicKey());
        assertThat(after.auditKey("tools", "github").getEncoded())
                .isEqualTo(before.auditKey("tools", "github").getEncoded());
    }

    @Test
    void aLostSecretIsNeverReplacedWhileMeshTrustNamesItsRoot() {
        // Given
        namedRoot = Optional.of(root(refreshed()));
        deleteSecret();
        // When
        Authority restarted = refreshed();
        // Then
        assertThat(restarted.state()).isInstanceOfSatisfying(AuthorityState.Refusing.class, refusing -> {
            assertThat(refusing.sentence())
                    .contains("Secret " + namespace + "/stockade-ca is gone", namedRoot.orElseThrow());
            assertThat(refusing.userMustMend()).isTrue();
        });
        assertThatThrownBy(() -> issue(restarted)).isInstanceOf(AuthorityRefusesException.class);
        assertThat(client().secrets()
                        .inNamespace(namespace)
                        .withName("stockade-ca")
                        .get())
                .isNull();
    }

    @Test
    void aSecretThatIsLostWhileRunningStopsTheSigningUntilItIsBack() throws Exception {
        // Given
        Authority authority = refreshed();
        Secret backup = client().secrets()
                .inNamespace(namespace)
                .withName("stockade-ca")
                .get();
        deleteSecret();
        // When
        authority.refresh();
        // Then
        assertThatThrownBy(() -> issue(authority)).hasMessageContaining("is gone");
        assertThat(authority.roots()).as("still believed").hasSize(1);
        // When it is restored
        backup.getMetadata().setResourceVersion(null);
        backup.getMetadata().setUid(null);
        client().resource(backup).create();
        authority.refresh();
        // Then
        assertThat(issue(authority)).hasSize(2);
    }

    @Test
    void anotherRootThanTheNamedOneIsRefused() {
        // Given
        namedRoot = Optional.of(root(refreshed()));
        deleteSecret();
        Optional<String> named = namedRoot;
        namedRoot = Optional.empty();
        refreshed();
        // When
        namedRoot = named;
        // Then
        assertThat(refreshed().state())
                .isInstanceOfSatisfying(
                        AuthorityState.Refusing.class,
                        refusing -> assertThat(refusing.sentence())
                                .contains("but MeshTrust default names " + named.orElseThrow()));
    }

    @Test
    void anotherReplicaFollowsEveryStepAndBothSignWithWhatTheSecretSays() throws Exception {
        // Given
        Authority leader = refreshed();
        Authority follower = refreshed();
        show(leader);
        rotate = "root";
        for (Rotation.Step step : List.of(
                Rotation.Step.TRUST_NEW, Rotation.Step.SIGN_WITH_NEW, Rotation.Step.DROP_OLD, Rotation.Step.STABLE)) {
            // When
            advance(leader);
            follower.refresh();
            // Then
            assertThat(rotation(leader).step()).isEqualTo(step);
            assertThat(follower.trust()).isEqualTo(leader.trust());
            assertThat(follower.bootstrapRoots()).isEqualTo(leader.bootstrapRoots());
            assertThat(issue(follower).get(1))
                    .isEqualTo(leader.trust().issuers().getFirst());
        }
    }

    @Test
    void aRestartAtAnyStepGoesOn() throws Exception {
        Authority first = refreshed();
        show(first);
        byte[] auditKey = first.auditKey("tools", "github").getEncoded();
        byte[] stateKey = first.stateKey("tools", "github").getEncoded();
        String before = root(first);
        rotate = "root@1";
        for (int i = 0; i < 4; i++) {
            Authority restarted = refreshed();
            advance(restarted);
        }
        Authority last = refreshed();
        assertThat(rotation(last).name()).isEqualTo("Stable");
        assertThat(rotation(last).last()).isPresent();
        assertThat(root(last)).isNotEqualTo(before);
        assertThat(last.auditKey("tools", "github").getEncoded()).isEqualTo(auditKey);
        assertThat(last.stateKey("tools", "github").getEncoded())
                .hasSize(32)
                .isEqualTo(stateKey)
                .isNotEqualTo(auditKey)
                .isNotEqualTo(last.stateKey("tools", "gitlab").getEncoded());
        issue(last).getLast().verify(last.roots().getFirst().getPublicKey());
    }

    @Test
    void twoThatBelieveToLeadTakeOneStep() {
        // Given a replica that has not seen what the other wrote
        Authority one = refreshed();
        Authority two = refreshed();
        show(one);
        rotate = "issuer";
        clock.advance(RotationPlan.SHORTEST_STEP);
        one.advance(census);
        // When
        two.advance(census);
        // Then
        assertThat(two.trust()).isEqualTo(one.trust());
        assertThat(one.trust().epoch()).isEqualTo(2);
    }

    @Test
    void whoHoldsAStepUpIsSaid() {
        Authority leader = refreshed();
        show(leader);
        rotate = "issuer";
        advance(leader);
        holding.add("pod agents/triage-1 has not acknowledged it");
        advance(leader);
        assertThat(leader.state()).isInstanceOfSatisfying(AuthorityState.Usable.class, usable -> {
            assertThat(usable.rotation().step()).isEqualTo(Rotation.Step.TRUST_NEW);
            assertThat(usable.progress()).isEqualTo(new RotationProgress.Waiting(holding));
        });
        holding.clear();
        finish(leader);
    }

    @Test
    void aBackupFromBeforeARotationIsRefused() {
        // Given
        Authority leader = refreshed();
        show(leader);
        Secret backup = secret();
        rotate = "issuer";
        advance(leader);
        finish(leader);
        // When
        store("stockade-ca", backup.getData());
        leader.refresh();
        // Then
        assertThat(leader.state())
                .isInstanceOfSatisfying(
                        AuthorityState.Refusing.class,
                        refusing -> assertThat(refusing.sentence())
                                .contains("is a backup from before a rotation: it is of epoch 1", "shows 4"));
        assertThat(leader.trust().epoch()).as("the last good state").isEqualTo(4);
        // And no step is taken from there
        rotate = "issuer@2";
        leader.advance(census);
        assertThat(secret().getData()).isEqualTo(backup.getData());
    }

    @Test
    void aSecretThatIsLostInTheMiddleStopsTheRotationUntilItIsBack() {
        // Given
        Authority leader = refreshed();
        show(leader);
        rotate = "root";
        advance(leader);
        Secret middle = secret();
        deleteSecret();
        // When
        clock.advance(RotationPlan.SHORTEST_STEP);
        leader.advance(census);
        // Then
        assertThat(secret()).as("nothing is made in its place").isNull();
        assertThat(leader.state()).isInstanceOf(AuthorityState.Refusing.class);
        // When
        store("stockade-ca", middle.getData());
        leader.refresh();
        finish(leader);
    }

    @Test
    void aSecretThatWasSpoiledIsRefusedAndWhatWasReadStaysBelieved() {
        Authority authority = refreshed();
        Trust before = authority.trust();
        Map<String, String> spoiled = new HashMap<>(secret().getData());
        spoiled.put("tls.key", base64("rubbish"));
        store("stockade-ca", spoiled);
        authority.refresh();
        assertThat(authority.state())
                .isInstanceOfSatisfying(
                        AuthorityState.Refusing.class,
                        refusing -> assertThat(refusing.sentence())
                                .contains("tls.key holds no private key")
                                .doesNotContain("rubbish"));
        assertThat(authority.trust()).isEqualTo(before);
    }

    @Test
    void theSecretOfTheReleaseBeforeIsTakenOverAndCompleted() throws Exception {
        // Given
        Map<String, String> older = new HashMap<>(
                CaEntries.write(SigningMaterial.selfMade(clock.instant(), Duration.ofDays(3650), Duration.ofDays(30))));
        older.keySet().retainAll(List.of("tls.crt", "tls.key", "ca.crt", "root.key"));
        store("stockade-ca", older);
        // When
        Authority authority = refreshed();
        show(authority);
        byte[] auditKey = authority.auditKey("tools", "github").getEncoded();
        advance(authority);
        // Then
        assertThat(secret().getData()).containsKeys("seed", "rotation", "issuers", "next-root.crt");
        assertThat(refreshed().auditKey("tools", "github").getEncoded()).isEqualTo(auditKey);
        assertThat(authority.trust().epoch()).isEqualTo(1);
    }

    @Test
    void anExistingCaIsUsedFromTheStart() throws Exception {
        // Given no such Secret yet
        caSecret = Optional.of("my-ca");
        Authority authority = refreshed();
        assertThat(authority.state())
                .isInstanceOfSatisfying(
                        AuthorityState.Refusing.class,
                        refusing -> assertThat(refusing.sentence())
                                .contains("Secret " + namespace + "/my-ca does not exist"));
        // When
        Signer ca = newRoot();
        store("my-ca", foreign(ca));
        authority.refresh();
        // Then
        assertThat(authority.roots()).containsExactly(ca.certificate());
        issue(authority).getLast().verify(ca.certificate().getPublicKey());
        assertThat(secret().getData()).doesNotContainValue(foreign(ca).get("tls.key"));
    }

    @Test
    void aChangeOfTheExistingCaIsFollowedAndABadOneIsNot() throws Exception {
        // Given
        Signer first = newRoot();
        store("my-ca", foreign(first));
        caSecret = Optional.of("my-ca");
        Authority leader = refreshed();
        show(leader);
        // When it is spoiled
        Map<String, String> mixed = new HashMap<>(foreign(first));
        mixed.put("tls.key", foreign(newRoot()).get("tls.key"));
        store("my-ca", mixed);
        advance(leader);
        // Then
        assertThat(((AuthorityState.Usable) leader.state()).progress())
                .isInstanceOfSatisfying(
                        RotationProgress.AuthorityRefused.class,
                        refused -> assertThat(refused.sentence())
                                .contains("Secret " + namespace + "/my-ca: its tls.key does not belong"));
        assertThat(issue(leader)).hasSize(2);
        // When it is another
        Signer second = newRoot();
        store("my-ca", foreign(second));
        advance(leader);
        assertThat(leader.roots()).containsExactly(first.certificate(), second.certificate());
        finish(leader);
        assertThat(leader.roots()).containsExactly(second.certificate());
        // When it is given up
        caSecret = Optional.empty();
        advance(leader);
        finish(leader);
        assertThat(leader.roots()).doesNotContain(second.certificate());
        assertThat(leader.bootstrapRoots()).hasSize(2);
    }

    @Test
    void aChangeOfTheSecretIsHeard() {
        Authority leader = refreshed();
        Authority follower = refreshed();
        show(leader);
        AtomicInteger nudges = new AtomicInteger();
        try (SecretWatch watch = new SecretWatch(client(), namespace, () -> {
            nudges.incrementAndGet();
            follower.refresh();
        })) {
            watch.ensure();
            await().atMost(PATIENCE).until(() -> nudges.get() > 0);
            rotate = "root";
            advance(leader);
            await().atMost(PATIENCE).until(() -> follower.trust().equals(leader.trust()));
        }
    }

    @Test
    void theOperatorsCertificateIsRenewedAsSoonAsAnotherIssuerSigns() throws Exception {
        Authority authority = refreshed();
        show(authority);
        OperatorCredentials credentials =
                new OperatorCredentials(authority, "test.local", List.of("operator.svc"), clock);
        credentials.refresh();
        var keys = credentials.keyManager();
        rotate = "issuer";
        advance(authority);
        advance(authority);
        credentials.refresh();
        String alias = keys.chooseEngineServerAlias("EC", null, null);
        assertThat(keys.getCertificateChain(alias)[1])
                .isEqualTo(authority.trust().issuers().getFirst());
    }

    @Test
    void theOperatorsCertificateIsRenewedAtHalfLife() throws Exception {
        Authority authority = refreshed();
        OperatorCredentials credentials =
                new OperatorCredentials(authority, "test.local", List.of("operator.svc"), clock);
        assertThat(credentials.usable()).isFalse();
        credentials.refresh();
        var keys = credentials.keyManager();
        String first = keys.chooseEngineServerAlias("EC", null, null);
        credentials.refresh();
        assertThat(keys.chooseEngineServerAlias("EC", null, null)).isEqualTo(first);
        clock.advance(Duration.ofHours(13));
        credentials.refresh();
        assertThat(keys.chooseEngineServerAlias("EC", null, null)).isNotEqualTo(first);
        assertThat(keys.getPrivateKey(first))
                .as("a handshake under way finishes")
                .isNotNull();
    }
}
