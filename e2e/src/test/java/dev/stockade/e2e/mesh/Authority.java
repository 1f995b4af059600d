package dev.stockade.e2e.mesh;

import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/**
 * A certificate authority that a company has already, made by openssl: an RSA key in PKCS#1, as cert-manager writes it by default.
 *
 * @param certificate PEM
 * @param key PEM
 */
public record Authority(String certificate, String key) {

    /** @param folder to work in */
    public static Authority make(Path folder, String name) {
        Path key = folder.resolve(name + ".key");
        Path certificate = folder.resolve(name + ".crt");
        openssl("genrsa", "-traditional", "-out", key.toString(), "2048");
        openssl(
                "req",
                "-x509",
                "-new",
                "-key",
                key.toString(),
                "-subj",
                "/O=Example/CN=" + name,
                "-days",
                "365",
                "-addext",
                "basicConstraints=critical,CA:TRUE",
                "-addext",
                "keyUsage=critical,keyCertSign,cRLSign",
                "-out",
                certificate.toString());
        try {
            return new Authority(Files.readString(certificate), Files.readString(key));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As one reads it in MeshTrust's status. */
    public String sha256() {
        byte[] der = Base64.getMimeDecoder().decode(certificate.replaceAll("-----[A-Z ]+-----", ""));
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(der));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Writes it as cert-manager does, with a key that may be another's. */
    public void write(KubernetesClient client, String secret, String key) {
        client.resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName(secret)
                        .withNamespace(Chart.NAMESPACE)
                        .endMetadata()
                        .withType("kubernetes.io/tls")
                        .addToStringData("tls.crt", certificate)
                        .addToStringData("tls.key", key)
                        .addToStringData("ca.crt", certificate)
                        .build())
                .forceConflicts()
                .fieldManager("e2e")
                .serverSideApply();
    }

    private static void openssl(String... arguments) {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            if (status != 0) {
                throw new IllegalStateException("%s: %s".formatted(String.join(" ", command), said));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("openssl cannot be run; on Debian: apt-get install openssl", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
