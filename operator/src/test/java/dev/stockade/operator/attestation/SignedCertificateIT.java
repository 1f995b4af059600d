package dev.stockade.operator.attestation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.stockade.crds.Definitions;
import dev.stockade.fixture.ApiServer;
import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.operator.authority.Der;
import dev.stockade.operator.control.MeshNamespace;
import dev.stockade.operator.control.Replica;
import dev.stockade.policy.ResourceName;
import dev.stockade.wire.control.v1.SignRequest;
import dev.stockade.wire.control.v1.SignResponse;
import io.fabric8.kubernetes.api.model.Pod;
import io.spiffe.bundle.x509bundle.X509Bundle;
import io.spiffe.exception.BundleNotFoundException;
import io.spiffe.spiffeid.TrustDomain;
import io.spiffe.svid.x509svid.X509Svid;
import io.spiffe.svid.x509svid.X509SvidValidator;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a pod gets, read by others: OpenSSL, and the SPIFFE project's own library. And how many of them a second. */
class SignedCertificateIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String ADDRESS = "127.0.2.1";

    @TempDir
    static Path folder;

    @TempDir
    Path files;

    static ApiServer api;
    static Replica replica;
    static MeshNamespace mesh;

    @BeforeAll
    static void start() throws Exception {
        api = ApiServer.start(folder, Definitions.yaml());
        replica = new Replica(
                api.newClient(),
                "operator-0",
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Optional::empty);
        mesh = new MeshNamespace(api.client(), "signed");
        await().atMost(PATIENCE).until(() -> {
            var view = replica.cache.view();
            return view.inMesh(mesh.name)
                    && view.agent(new ResourceName(mesh.name, "triage")).isPresent()
                    && view.serviceAccounts().contains(new ResourceName(mesh.name, "triage"));
        });
    }

    @AfterAll
    static void stop() {
        replica.close();
        api.close();
    }

    private static List<X509Certificate> signed(String podName, KeyPair key) throws Exception {
        Pod pod = mesh.agentPod(podName, ADDRESS);
        try (Asker asker = new Asker(replica, ADDRESS)) {
            return Asker.chain(asker.sign(mesh.token(pod), Requests.both(Requests.good(key))));
        }
    }

    private static String pem(List<X509Certificate> certificates) {
        StringBuilder pem = new StringBuilder();
        for (X509Certificate certificate : certificates) {
            pem.append("-----BEGIN CERTIFICATE-----\n")
                    .append(Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(Der.of(certificate)))
                    .append("\n-----END CERTIFICATE-----\n");
        }
        return pem.toString();
    }

    private String openssl(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(files.toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        return process.waitFor() + " " + said;
    }

    @Test
    void openSslVerifiesItStrictlyForBothSidesOfTls() throws Exception {
        // Given
        List<X509Certificate> chain = signed("openssl", Requests.ec("secp256r1"));
        Files.writeString(files.resolve("roots.pem"), pem(replica.authority.roots()));
        Files.writeString(files.resolve("chain.pem"), pem(chain.subList(1, chain.size())));
        Files.writeString(files.resolve("leaf.pem"), pem(chain.subList(0, 1)));
        // When, then
        for (String purpose : List.of("sslserver", "sslclient")) {
            assertThat(openssl(
                            "verify",
                            "-x509_strict",
                            "-purpose",
                            purpose,
                            "-CAfile",
                            "roots.pem",
                            "-untrusted",
                            "chain.pem",
                            "leaf.pem"))
                    .isEqualTo("0 leaf.pem: OK\n");
        }
        // And not without the issuer, nor as an authority
        assertThat(openssl("verify", "-CAfile", "roots.pem", "leaf.pem")).doesNotStartWith("0 ");
        assertThat(openssl("x509", "-in", "leaf.pem", "-noout", "-text"))
                .contains("URI:spiffe://test.local/ns/signed/agent/triage", "CA:FALSE", "NIST CURVE: P-256");
    }

    @Test
    void theSpiffeProjectsLibraryTakesItAsAnSvidOfThisTrustDomainAlone() throws Exception {
        // Given
        KeyPair key = Requests.ec("secp256r1");
        List<X509Certificate> chain = signed("spiffe", key);
        ByteArrayOutputStream der = new ByteArrayOutputStream();
        chain.forEach(certificate -> der.writeBytes(Der.of(certificate)));
        TrustDomain domain = TrustDomain.parse("test.local");
        // When
        X509Svid svid = X509Svid.parseRaw(der.toByteArray(), key.getPrivate().getEncoded());
        // Then
        assertThat(svid.getSpiffeId().toString()).isEqualTo("spiffe://test.local/ns/signed/agent/triage");
        assertThat(svid.getSpiffeId().memberOf(domain)).isTrue();
        X509SvidValidator.verifyChain(chain, new X509Bundle(domain, Set.copyOf(replica.authority.roots())));
        // And not without its issuer, nor by the same roots for another trust domain
        X509Bundle bundle = new X509Bundle(domain, Set.copyOf(replica.authority.roots()));
        assertThatThrownBy(() -> X509SvidValidator.verifyChain(chain.subList(0, 1), bundle))
                .isInstanceOf(CertificateException.class);
        X509Bundle foreign = new X509Bundle(TrustDomain.parse("other.local"), Set.copyOf(replica.authority.roots()));
        assertThatThrownBy(() -> X509SvidValidator.verifyChain(chain, foreign))
                .isInstanceOf(BundleNotFoundException.class);
    }

    /** Every request is a whole one: TLS connection, TokenReview, pod read live, signature. Twenty pods at a time. */
    @Test
    void howManyASecondIsPrinted() throws Exception {
        int pods = 20;
        int each = 10;
        KeyPair key = Requests.ec("secp256r1");
        SignRequest request = Requests.both(Requests.good(key));
        List<Callable<Integer>> askers = new ArrayList<>();
        for (int i = 1; i <= pods; i++) {
            String address = "127.0.3." + i;
            String token = mesh.token(mesh.agentPod("measured-" + i, address));
            askers.add(() -> {
                int certificates = 0;
                for (int n = 0; n < each; n++) {
                    try (Asker asker = new Asker(replica, address)) {
                        SignResponse answer = asker.sign(token, request);
                        certificates += answer.getCertificatesCount();
                    }
                }
                return certificates;
            });
        }
        long begun = System.nanoTime();
        int certificates = 0;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Integer> done : threads.invokeAll(askers)) {
                certificates += done.get();
            }
        }
        double whole = certificates / seconds(begun);
        assertThat(certificates).isEqualTo(pods * each);
        double bare = bare(key.getPublic(), 500);
        System.out.printf(
                "measured: %.0f signatures a second on one replica by Sign (TLS handshake, TokenReview, pod read live; %d pods at"
                        + " once, the asking in the same process), %.0f by the authority alone: one Sign costs %.1f bare"
                        + " signatures%n",
                whole, pods, bare, bare / whole);
    }

    private static double bare(PublicKey key, int times) throws Exception {
        SpiffeId id = new SpiffeId("test.local", "signed", WorkloadKind.AGENT, "triage");
        BoundPod pod = new BoundPod("signed", "bare", "uid", 1);
        for (int i = 0; i < 100; i++) {
            assertThat(replica.authority.issue(id, pod, key, Duration.ofHours(1)))
                    .isNotEmpty();
        }
        long begun = System.nanoTime();
        for (int i = 0; i < times; i++) {
            assertThat(replica.authority.issue(id, pod, key, Duration.ofHours(1)))
                    .isNotEmpty();
        }
        return times / seconds(begun);
    }

    private static double seconds(long begun) {
        return (System.nanoTime() - begun) / 1e9;
    }
}
