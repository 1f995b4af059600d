package dev.stockade.operator.authority;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.operator.ApiServer;
import dev.stockade.operator.MovingClock;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
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
    private static final AtomicInteger NUMBER = new AtomicInteger();

    @TempDir
    static Path folder;

    static ApiServer api;

    private final MovingClock clock = new MovingClock(Instant.now());
    private Optional<String> namedRoot = Optional.empty();
    private String namespace = "";

    @BeforeAll
    static void start() throws Exception {
        api = ApiServer.start(folder);
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
                () -> new TrustSettings("test.local", Duration.ofDays(3650), Duration.ofDays(30), namedRoot),
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
    void theIssuerIsRenewedBelowTheSameRootBeforeItEnds() throws Exception {
        // Given
        Authority authority = refreshed();
        X509Certificate before = issue(authority).getLast();
        // When two thirds of its life are over
        clock.advance(Duration.ofDays(21));
        authority.refresh();
        // Then
        X509Certificate after = issue(authority).getLast();
        assertThat(after).isNotEqualTo(before);
        after.verify(authority.roots().getFirst().getPublicKey());
        assertThat(root(refreshed())).isEqualTo(root(authority));
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
