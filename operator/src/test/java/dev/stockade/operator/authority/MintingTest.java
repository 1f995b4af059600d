package dev.stockade.operator.authority;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.operator.authority.Minting.Signer;
import dev.stockade.operator.authority.Minting.Validity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.asn1.ASN1OctetString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MintingTest {
    private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    private static final SpiffeId ID = new SpiffeId("test.local", "agents", WorkloadKind.AGENT, "triage");
    private static final BoundPod POD = new BoundPod("agents", "triage-1", "0b7e", 42);

    @TempDir
    Path folder;

    private final Signer root;
    private final Signer issuer;

    MintingTest() throws Exception {
        root = Minting.root(Validity.of(now, Duration.ofDays(3650)));
        issuer = Minting.issuer(root, Validity.of(now, Duration.ofDays(30)));
    }

    private X509Certificate leaf(Duration lifetime) throws Exception {
        return Minting.workload(
                issuer, Validity.of(now, lifetime), Minting.newKey().getPublic(), ID, POD);
    }

    @Test
    void aWorkloadsCertificateSaysWhoAndWhichPodAndNothingElse() throws Exception {
        X509Certificate leaf = leaf(Duration.ofHours(1));
        assertThat(leaf.getSubjectAlternativeNames()).containsExactly(List.of(6, ID.uri()));
        assertThat(BoundPod.fromDer(ASN1OctetString.getInstance(leaf.getExtensionValue(BoundPod.OID))
                        .getOctets()))
                .contains(POD);
        assertThat(leaf.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");
        assertThat(leaf.getBasicConstraints()).isNegative();
        assertThat(leaf.getSubjectX500Principal().getName()).isEmpty();
        assertThat(leaf.getSerialNumber().bitLength()).isEqualTo(128);
        assertThat(leaf.getNotBefore().toInstant()).isEqualTo(now.minus(Duration.ofMinutes(5)));
        assertThat(leaf.getNotAfter().toInstant()).isEqualTo(now.plus(Duration.ofHours(1)));
    }

    @Test
    void noCertificateOutlivesItsIssuer() throws Exception {
        assertThat(leaf(Duration.ofDays(365)).getNotAfter())
                .isEqualTo(issuer.certificate().getNotAfter());
    }

    @Test
    void openSslFollowsTheChain() throws Exception {
        assertThat(openssl("verify", "-x509_strict", "-purpose", "sslclient", leaf(Duration.ofHours(1))))
                .contains("leaf.pem: OK");
        assertThat(openssl("verify", "-x509_strict", "-purpose", "sslserver", leaf(Duration.ofHours(1))))
                .contains("leaf.pem: OK");
    }

    @Test
    void openSslAcceptsTheOperatorsCertificateForItsServiceName() throws Exception {
        X509Certificate operator = Minting.operator(
                issuer,
                Validity.of(now, Duration.ofHours(24)),
                Minting.newKey().getPublic(),
                "test.local",
                List.of("stockade-operator.stockade-system.svc"));
        assertThat(openssl(
                        "verify",
                        "-x509_strict",
                        "-verify_hostname",
                        "stockade-operator.stockade-system.svc",
                        operator))
                .contains("leaf.pem: OK");
    }

    @Test
    void openSslRefusesAnIssuerBelowAnIssuer() throws Exception {
        Signer rogue = Minting.issuer(issuer, Validity.of(now, Duration.ofDays(1)));
        X509Certificate leaf = Minting.workload(
                rogue, Validity.of(now, Duration.ofHours(1)), Minting.newKey().getPublic(), ID, POD);
        Files.writeString(folder.resolve("rogue.pem"), Pem.encode(List.of(rogue.certificate())));
        assertThat(openssl("verify", "-untrusted", folder.resolve("rogue.pem").toString(), "-x509_strict", leaf))
                .contains("path length constraint exceeded");
    }

    /** Runs {@code openssl verify} with the root, the issuer and the certificate that stands last. */
    private String openssl(Object... arguments) throws IOException, InterruptedException {
        X509Certificate leaf = (X509Certificate) arguments[arguments.length - 1];
        Files.writeString(folder.resolve("root.pem"), Pem.encode(List.of(root.certificate())));
        Files.writeString(folder.resolve("issuer.pem"), Pem.encode(List.of(issuer.certificate())));
        Files.writeString(folder.resolve("leaf.pem"), Pem.encode(List.of(leaf)));
        List<String> command = new ArrayList<>(List.of("openssl"));
        Arrays.stream(arguments).limit(arguments.length - 1L).forEach(argument -> command.add(argument.toString()));
        command.addAll(List.of("-CAfile", "root.pem", "-untrusted", "issuer.pem", "leaf.pem"));
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}
