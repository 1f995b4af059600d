package dev.stockade.operator.authority;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.operator.authority.Minting.Validity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With CAs that OpenSSL has made, in the forms that cert-manager writes. */
class ForeignChainTest {
    private static final String CA = "basicConstraints=critical,CA:TRUE";
    private static final String SIGNS = "keyUsage=critical,keyCertSign,cRLSign";
    private static final String[] RSA = {"rsa:2048"};

    @TempDir
    Path folder;

    /** After the certificates of a test were made. */
    private static Instant now() {
        return Instant.now();
    }

    private String openssl(Object... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("openssl"));
        Arrays.stream(arguments).forEach(argument -> command.add(argument.toString()));
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    /** A key in PKCS#8, {@code <name>.key}. */
    private void key(String name, String... algorithm) throws Exception {
        String[] parts = algorithm[0].split(":", 2);
        switch (parts[0]) {
            case "rsa" ->
                openssl(
                        "genpkey",
                        "-algorithm",
                        "RSA",
                        "-pkeyopt",
                        "rsa_keygen_bits:" + parts[1],
                        "-out",
                        name + ".key");
            case "ec" ->
                openssl(
                        "genpkey",
                        "-algorithm",
                        "EC",
                        "-pkeyopt",
                        "ec_paramgen_curve:" + parts[1],
                        "-pkeyopt",
                        "ec_param_enc:named_curve",
                        "-out",
                        name + ".key");
            default -> openssl("genpkey", "-algorithm", parts[0], "-out", name + ".key");
        }
    }

    /** A self-signed certificate of that key, {@code <name>.crt}. */
    private void root(String name, String... extensions) throws Exception {
        List<Object> command = new ArrayList<>(List.of(
                "req",
                "-x509",
                "-new",
                "-key",
                name + ".key",
                "-subj",
                "/CN=" + name,
                "-days",
                "365",
                "-out",
                name + ".crt"));
        for (String extension : extensions.length == 0 ? new String[] {CA, SIGNS} : extensions) {
            command.addAll(List.of("-addext", extension));
        }
        openssl(command.toArray());
    }

    /** A certificate of {@code <name>.key} that the other has signed. */
    private void below(String signer, String name, String... extensions) throws Exception {
        Path config = folder.resolve(name + ".ext");
        Files.write(config, Arrays.asList(extensions.length == 0 ? new String[] {CA, SIGNS} : extensions));
        openssl("req", "-new", "-key", name + ".key", "-subj", "/CN=" + name, "-out", name + ".csr");
        openssl(
                "x509",
                "-req",
                "-in",
                name + ".csr",
                "-CA",
                signer + ".crt",
                "-CAkey",
                signer + ".key",
                "-days",
                "300",
                "-set_serial",
                "" + (100 + name.length()),
                "-extfile",
                config,
                "-out",
                name + ".crt");
    }

    private String text(String file) throws IOException {
        return Files.readString(folder.resolve(file));
    }

    private static Map<String, String> secret(String chain, String key, String roots) {
        Map<String, String> entries = new HashMap<>();
        entries.put("tls.crt", base64(chain));
        entries.put("tls.key", base64(key));
        entries.put("ca.crt", base64(roots));
        return entries;
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private Map<String, String> selfSigned(String name) throws IOException {
        return secret(text(name + ".crt"), text(name + ".key"), text(name + ".crt"));
    }

    /** OpenSSL believes a leaf that the operator would sign below it. */
    private void isBelieved(Parent parent) throws Exception {
        Issuer issuer = parent.newIssuer(now(), Duration.ofDays(30));
        X509Certificate leaf = Minting.workload(
                issuer.signer(),
                Validity.of(now(), Duration.ofHours(1)),
                Minting.newKey().getPublic(),
                new SpiffeId("test.local", "agents", WorkloadKind.AGENT, "triage"),
                new BoundPod("agents", "triage-1", "uid", 1));
        Files.writeString(folder.resolve("believed-root.pem"), Pem.encode(List.of(parent.root())));
        Files.writeString(folder.resolve("chain.pem"), Pem.encode(issuer.chain()));
        Files.writeString(folder.resolve("leaf.pem"), Pem.encode(List.of(leaf)));
        assertThat(openssl("verify", "-CAfile", "believed-root.pem", "-untrusted", "chain.pem", "leaf.pem"))
                .contains("leaf.pem: OK");
        assertThat(issuer.ends()).isBeforeOrEqualTo(parent.ends());
    }

    @ParameterizedTest
    @CsvSource({"rsa:2048", "ec:P-256", "ec:P-384"})
    void aSelfSignedCaIsItsOwnRoot(String algorithm) throws Exception {
        key("ca", algorithm);
        root("ca");
        Parent parent = ForeignChain.read(selfSigned("ca"), now());
        assertThat(parent.path()).isEmpty();
        isBelieved(parent);
    }

    @Test
    void anRsaKeyInPkcs1IsReadAsCertManagerWritesIt() throws Exception {
        key("ca", RSA);
        root("ca");
        openssl("rsa", "-in", "ca.key", "-traditional", "-out", "pkcs1.key");
        assertThat(text("pkcs1.key")).startsWith("-----BEGIN RSA PRIVATE KEY-----");
        isBelieved(ForeignChain.read(secret(text("ca.crt"), text("pkcs1.key"), text("ca.crt")), now()));
    }

    @Test
    void anEllipticKeyInSec1IsReadWithAndWithoutItsParameters() throws Exception {
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", "ca.key");
        assertThat(text("ca.key")).contains("BEGIN EC PARAMETERS", "BEGIN EC PRIVATE KEY");
        root("ca");
        isBelieved(ForeignChain.read(selfSigned("ca"), now()));
        openssl("ec", "-in", "ca.key", "-out", "bare.key");
        isBelieved(ForeignChain.read(secret(text("ca.crt"), text("bare.key"), text("ca.crt")), now()));
    }

    @Test
    void anIntermediateLeadsToItsRootWhateverTheOrder() throws Exception {
        key("root", "ec:P-384");
        root("root");
        key("middle", RSA);
        below("root", "middle");
        key("ca", "ec:P-256");
        below("middle", "ca");
        Parent parent =
                ForeignChain.read(secret(text("ca.crt") + text("middle.crt"), text("ca.key"), text("root.crt")), now());
        assertThat(parent.path()).hasSize(2);
        isBelieved(parent);
        // And with the root in the chain as well, and others in ca.crt
        key("other", "ec:P-256");
        root("other");
        Parent same = ForeignChain.read(
                secret(
                        text("ca.crt") + text("root.crt") + text("middle.crt"),
                        text("ca.key"),
                        text("other.crt") + text("root.crt")),
                now());
        assertThat(same.path()).isEqualTo(parent.path());
        assertThat(same.root()).isEqualTo(parent.root());
    }

    @Test
    void aSubjectKeyIdentifierOfAnotherKindIsTakenAsItIs() throws Exception {
        key("root", RSA);
        root("root");
        key("ca", RSA);
        below("root", "ca", CA, SIGNS, "subjectKeyIdentifier=00112233445566778899");
        isBelieved(ForeignChain.read(secret(text("ca.crt"), text("ca.key"), text("root.crt")), now()));
    }

    private void refused(Map<String, String> entries, String why) {
        assertThatThrownBy(() -> ForeignChain.read(entries, now())).hasMessageContaining(why);
    }

    @Test
    void whatIsNoCaIsRefused() throws Exception {
        key("ca", RSA);
        root("ca", "basicConstraints=critical,CA:FALSE");
        refused(selfSigned("ca"), "its tls.crt is no CA certificate");
        root("ca", CA, "keyUsage=critical,digitalSignature");
        refused(selfSigned("ca"), "may not sign certificates");
        root("ca", "basicConstraints=critical,CA:TRUE,pathlen:0", SIGNS);
        refused(selfSigned("ca"), "tls.crt has path length 0, which allows no issuer of the operator below it");
    }

    @Test
    void aCaBelowWhichNoIdentityOfTheMeshWouldBeValidIsRefused() throws Exception {
        key("root", RSA);
        root("root");
        key("ca", RSA);
        below("root", "ca", CA, SIGNS, "nameConstraints=critical,permitted;URI:.example.com");
        refused(
                secret(text("ca.crt"), text("ca.key"), text("root.crt")),
                "a certificate below its tls.crt would not be valid");
    }

    @Test
    void aRootThatAllowsTooFewBelowItIsRefused() throws Exception {
        key("root", RSA);
        root("root", "basicConstraints=critical,CA:TRUE,pathlen:1", SIGNS);
        key("ca", RSA);
        below("root", "ca");
        refused(
                secret(text("ca.crt"), text("ca.key"), text("root.crt")),
                "has path length 1, which allows no issuer of the operator below it; at least 2 is needed");
    }

    @Test
    void aKeyThatIsNotItsOwnIsRefused() throws Exception {
        key("ca", RSA);
        root("ca");
        key("other", RSA);
        refused(secret(text("ca.crt"), text("other.key"), text("ca.crt")), "does not belong to the certificate");
        key("elliptic", "ec:P-256");
        refused(secret(text("ca.crt"), text("elliptic.key"), text("ca.crt")), "does not belong to the certificate");
    }

    @ParameterizedTest
    @CsvSource({
        "rsa:1024, is RSA of 1024 bits; at least 2048 are needed",
        "ec:P-521, is of another elliptic curve than P-256 and P-384",
        "ED25519, 'RSA, P-256 or P-384 is needed'"
    })
    void aWeakOrUnusualKeyIsRefused(String algorithm, String why) throws Exception {
        key("ca", algorithm);
        root("ca");
        refused(selfSigned("ca"), why);
    }

    @Test
    void aChainThatLeadsElsewhereIsRefused() throws Exception {
        key("ca", RSA);
        root("ca");
        key("other", RSA);
        root("other");
        refused(
                secret(text("ca.crt"), text("ca.key"), text("other.crt")),
                "does not lead to a certificate in its ca.crt");
        key("middle", RSA);
        below("other", "middle");
        key("low", RSA);
        below("middle", "low");
        refused(
                secret(text("low.crt"), text("low.key"), text("middle.crt")),
                "the certificate in its ca.crt that tls.crt leads to is not self-signed");
    }

    @Test
    void whatHasEndedOrIsNotValidYetIsRefused() throws Exception {
        key("ca", RSA);
        root("ca");
        Map<String, String> entries = selfSigned("ca");
        Parent parent = ForeignChain.read(entries, now());
        assertThat(ForeignChain.unusable(parent, now())).isEmpty();
        assertThatThrownBy(() -> ForeignChain.read(entries, now().plus(Duration.ofDays(366))))
                .hasMessageContaining("its certificate (tls.crt) ended at");
        assertThatThrownBy(() -> ForeignChain.read(entries, now().minus(Duration.ofDays(1))))
                .hasMessageContaining("is not valid before");
    }

    @Test
    void anEntryThatIsMissingOrUnreadableIsNamedAndNeverQuoted() throws Exception {
        key("ca", RSA);
        root("ca");
        for (String entry : List.of("tls.crt", "tls.key", "ca.crt")) {
            Map<String, String> entries = selfSigned("ca");
            entries.remove(entry);
            refused(entries, "entry " + entry + " is missing");
        }
        refused(secret("rubbish", text("ca.key"), text("ca.crt")), "its tls.crt cannot be read");
        refused(secret(text("ca.crt"), text("ca.crt"), text("ca.crt")), "its tls.key holds no private key");
        String broken = text("ca.key").replaceFirst("\n[A-Za-z0-9+/]{64}\n", "\n");
        assertThatThrownBy(() -> ForeignChain.read(secret(text("ca.crt"), broken, text("ca.crt")), now()))
                .hasMessageContaining("its tls.key")
                .hasNoCause()
                .hasMessageNotContaining(broken.lines().skip(1).findFirst().orElseThrow());
        openssl("rsa", "-in", "ca.key", "-aes128", "-passout", "pass:word", "-out", "locked.key");
        refused(secret(text("ca.crt"), text("locked.key"), text("ca.crt")), "its tls.key is encrypted");
    }
}
