package dev.stockade.sidecar;

import static dev.stockade.sidecar.fixture.Mesh.github;
import static dev.stockade.sidecar.fixture.Mesh.triageAt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.sidecar.fixture.InjectingProxy;
import dev.stockade.sidecar.fixture.McpLikeServer;
import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.fixture.OpenSsl;
import dev.stockade.sidecar.fixture.TestAuthority;
import dev.stockade.sidecar.fixture.TestAuthority.Leaf;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Port 15008, tried with openssl and with bare hands. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WhoIsRefusedAtTheDoorTest {
    private static final String ADDRESS = "127.0.0.12";
    private static final String ALERT = "alert";
    /** What openssl prints of the first bytes that HTTP/2 sends: a SETTINGS frame with MAX_HEADER_LIST_SIZE. */
    private static final String HANDSHAKE_DONE = "Verify return code";

    private final McpLikeServer application = new McpLikeServer("github");
    private final KeyPair key = TestAuthority.keyPair();
    private final BoundPod pod = new BoundPod("agents", "triage-0", "agent-1", 1);
    private Path dir;
    private Mesh mesh;
    private Mesh.Pod server;

    @BeforeAll
    void oneServer(@TempDir Path temporary) {
        dir = temporary;
        mesh = new Mesh(dir);
        mesh.operator().pod("server-1", Mesh.GITHUB);
        mesh.operator()
                .send(
                        "server-1",
                        mesh.operator()
                                .snapshot("v1")
                                .setServer(github().addAgents(triageAt("agent-1")))
                                .build());
        server = mesh.start("server-1", ADDRESS, application.port());
        await().untilAsserted(() -> assertThat(
                        mesh.get(server.healthPort(), "/healthz/ready").body())
                .isEqualTo("ok\n"));
    }

    @AfterAll
    void close() {
        assertThat(application.heads())
                .as("the server behind never saw a request")
                .isEmpty();
        mesh.close();
        application.close();
    }

    private List<X509Certificate> signed(UnaryOperator<Leaf> change) {
        return mesh.authority().sign(change.apply(Leaf.of(key.getPublic(), Mesh.TRIAGE.uri(), pod)));
    }

    private String connect(List<X509Certificate> chain, String... more) {
        List<String> options = new ArrayList<>(OpenSsl.credentials(dir, "client", key.getPrivate(), chain));
        options.addAll(List.of("-CAfile", mesh.rootPem().toString()));
        options.addAll(List.of(more));
        return OpenSsl.connect(
                ADDRESS, mesh.meshPort(), printed -> printed.contains(ALERT) || printed.contains("\0\0"), options);
    }

    private void assertRefused(List<X509Certificate> chain, String reason) {
        assertThat(connect(chain, "-tls1_3")).contains(ALERT);
        await().untilAsserted(() -> assertThat(server.logged()).contains("handshake refused", reason));
    }

    @Test
    void aGoodIdentityGetsTls13WithHttp2AndNoTicket() {
        String printed = connect(signed(leaf -> leaf), "-tls1_3");

        assertThat(printed)
                .contains("New, TLSv1.3, Cipher is TLS_AES_", "ALPN protocol: h2", HANDSHAKE_DONE + ": 0 (ok)")
                .doesNotContain(ALERT, "New Session Ticket arrived");
    }

    @Test
    void nothingCanBeResumed() throws IOException {
        Path session = dir.resolve("session");
        connect(signed(leaf -> leaf), "-tls1_3", "-sess_out", session.toString());

        assertThat(session)
                .as("openssl writes a session only if it got a ticket")
                .doesNotExist();
    }

    @Test
    void plainTextIsHungUpOn() throws IOException {
        for (String text : List.of(
                "POST /mcp HTTP/1.1\r\nHost: localhost:3000\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\0\0\0\0")) {
            try (Socket socket = new Socket(InetAddress.ofLiteral(ADDRESS), mesh.meshPort())) {
                socket.setSoTimeout(20_000);
                socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
                String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
                assertThat(answer).doesNotContain("HTTP", "mcp");
            }
        }
    }

    @Test
    void noCertificate() {
        String printed = OpenSsl.connect(ADDRESS, mesh.meshPort(), out -> out.contains(ALERT), List.of("-tls1_3"));
        assertThat(printed).contains("certificate required");
    }

    @Test
    void olderTls() {
        for (String version : List.of("-tls1_2", "-tls1_1")) {
            assertThat(connect(signed(leaf -> leaf), version, "-cipher", "ALL:@SECLEVEL=0"))
                    .contains("alert protocol version");
        }
    }

    @Test
    void anotherCipherSuiteThanAesGcm() {
        connect(signed(leaf -> leaf), "-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256");

        await().untilAsserted(() -> assertThat(server.logged()).contains("TLS_CHACHA20_POLY1305_SHA256"));
    }

    @Test
    void aCertificateOfItsOwnMaking() {
        TestAuthority own = new TestAuthority();
        assertRefused(
                own.sign(Leaf.of(key.getPublic(), Mesh.TRIAGE.uri(), pod)),
                "the chain does not lead to a trusted root");
    }

    @Test
    void whoeverProvesNoIdentityIsOnRecordWithTheAddressThatItCameFrom() {
        TestAuthority own = new TestAuthority();

        connect(own.sign(Leaf.of(key.getPublic(), Mesh.TRIAGE.uri(), pod)), "-tls1_3");

        await().untilAsserted(() -> assertThat(server.audited())
                .contains("\"from\":\"127.0.0.", "\"server\":\"tools/github\"", "\"reason\":\"identity_refused\""));
    }

    @Test
    void anotherTrustDomain() {
        assertRefused(
                signed(leaf -> leaf.named("spiffe://other.local/ns/agents/agent/triage")),
                "spiffe://other.local/ns/agents/agent/triage is not the one expected here");
    }

    @Test
    void noUriNameOrTwo() {
        assertRefused(signed(leaf -> leaf.named()), "not exactly one URI SAN");
        assertRefused(
                signed(leaf -> leaf.named(Mesh.TRIAGE.uri(), "spiffe://test.local/ns/agents/agent/other")),
                "not exactly one URI SAN");
    }

    @Test
    void aNameThatIsNoWorkloads() {
        assertRefused(
                signed(leaf -> leaf.named("spiffe://test.local/stockade/operator")),
                "spiffe://test.local/stockade/operator is not the one expected here");
    }

    @Test
    void endedOrNotYetValid() {
        Instant now = Instant.now();
        assertThat(connect(
                        signed(leaf -> leaf.valid(now.minus(Duration.ofHours(2)), now.minus(Duration.ofMinutes(1)))),
                        "-tls1_3"))
                .contains("alert certificate expired");
        assertThat(connect(
                        signed(leaf -> leaf.valid(now.plus(Duration.ofHours(1)), now.plus(Duration.ofHours(2)))),
                        "-tls1_3"))
                .contains(ALERT);
    }

    @Test
    void anAuthoritysCertificate() {
        assertRefused(signed(Leaf::authority), "handshake refused");
    }

    @Test
    void aCertificateThatIsNotForClients() {
        assertRefused(
                signed(leaf -> leaf.usedFor(KeyPurposeId.id_kp_serverAuth)),
                "the certificate is not for this side of a connection");
    }

    @Test
    void anIssuerThatIsNotOrNoLongerBelievedAlthoughItsChainLeadsToTheRoot() {
        assertRefused(
                mesh.authority().nextIssuer().sign(Leaf.of(key.getPublic(), Mesh.TRIAGE.uri(), pod)),
                "is not, or no longer, one of those that are believed");
    }

    @Test
    void aCertificateSignedByItself() {
        assertRefused(
                List.of(TestAuthority.signedByItself(key, Leaf.of(key.getPublic(), Mesh.TRIAGE.uri(), pod))),
                "the chain does not lead to a trusted root");
    }

    @Test
    void aSessionOfAnotherTimeIsNotResumed() {
        // Given somebody who offers a pre-shared key, as whoever resumes does (RFC 8446 section 2.2)
        String key = "000102030405060708090a0b0c0d0e0f";
        String withCertificate = connect(signed(leaf -> leaf), "-tls1_3", "-psk", key);
        assertThat(withCertificate).contains("New, TLSv1.3").doesNotContain("Reused");

        // Then it does not stand in for a certificate
        assertThat(OpenSsl.connect(
                        ADDRESS, mesh.meshPort(), out -> out.contains(ALERT), List.of("-tls1_3", "-psk", key)))
                .contains("certificate required");
    }

    @Test
    void whoLacksThePostQuantumExchangeMayUseX25519AndNothingElse() {
        assertThat(connect(signed(leaf -> leaf), "-tls1_3", "-groups", "X25519"))
                .contains("Server Temp Key: X25519", HANDSHAKE_DONE + ": 0 (ok)")
                .doesNotContain(ALERT);
        assertThat(connect(signed(leaf -> leaf), "-tls1_3", "-groups", "P-256:P-384"))
                .contains("alert handshake failure");
    }

    @Test
    void renegotiation() throws Exception {
        Path secrets = dir.resolve("secrets");
        AtomicBoolean asked = new AtomicBoolean();
        try (InjectingProxy between = new InjectingProxy(ADDRESS, mesh.meshPort())) {
            List<String> options =
                    new ArrayList<>(OpenSsl.credentials(dir, "renegotiates", key.getPrivate(), signed(leaf -> leaf)));
            options.addAll(
                    List.of("-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256", "-keylogfile", secrets.toString()));

            // When the first bytes of HTTP/2 have come, and then, under the keys of the connection, another ClientHello
            String printed = OpenSsl.connect(
                    "127.0.0.1",
                    between.port(),
                    out -> {
                        if (out.contains("\0\0") && asked.compareAndSet(false, true)) {
                            between.sayHelloAgain(secrets);
                        }
                        return out.contains(ALERT);
                    },
                    options);

            assertThat(asked).isTrue();
            assertThat(printed).contains("alert unexpected message");
        }
    }
}
