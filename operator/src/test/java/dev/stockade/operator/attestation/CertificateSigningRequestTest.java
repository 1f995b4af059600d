package dev.stockade.operator.attestation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.operator.attestation.Refusal.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.stream.Stream;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CertificateSigningRequestTest {
    static Stream<Arguments> abuse() throws Exception {
        KeyPair p256 = ec("secp256r1");
        byte[] good = request(p256, p256, "SHA256withECDSA", "CN=x");
        byte[] cut = Arrays.copyOf(good, good.length - 1);
        byte[] flipped = good.clone();
        flipped[flipped.length - 5] ^= 1;
        KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
        rsa.initialize(2048);
        KeyPair rsaPair = rsa.generateKeyPair();
        KeyPair p384 = ec("secp384r1");
        KeyPair ed25519 = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        return Stream.of(
                Arguments.of("empty", new byte[0], "not a PKCS#10 request"),
                Arguments.of("no DER", "hello".getBytes(StandardCharsets.UTF_8), "not a PKCS#10 request"),
                Arguments.of("an empty sequence", new byte[] {0x30, 0}, "not a PKCS#10 request"),
                Arguments.of("cut short", cut, "not a PKCS#10 request"),
                Arguments.of("followed by something", Arrays.copyOf(good, good.length + 1), "not a PKCS#10 request"),
                Arguments.of(
                        "too long", request(p256, p256, "SHA256withECDSA", "CN=x" + ",OU=x".repeat(2_000)), "bytes"),
                Arguments.of("a changed signature", flipped, "signature"),
                Arguments.of(
                        "signed by another key",
                        request(p256, ec("secp256r1"), "SHA256withECDSA", "CN=x"),
                        "not by its own key"),
                Arguments.of("RSA", request(rsaPair, rsaPair, "SHA256withRSA", "CN=x"), "not a P-256 key"),
                Arguments.of("P-384", request(p384, p384, "SHA256withECDSA", "CN=x"), "not a P-256 key"),
                Arguments.of("Ed25519", request(ed25519, ed25519, "Ed25519", "CN=x"), "not a P-256 key"),
                Arguments.of("SHA-1", request(p256, p256, "SHA1withECDSA", "CN=x"), "SHA-256"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("abuse")
    void isRefusedWithASentence(String what, byte[] der, String sentence) {
        Refusal refusal = catchThrowableOfType(Refusal.class, () -> CertificateSigningRequest.key(der));
        assertThat(refusal).as(what).isNotNull();
        assertThat(refusal.reason()).isEqualTo(Reason.BAD_REQUEST);
        assertThat(refusal.sentence()).contains(sentence);
    }

    @Test
    void onlyTheKeyIsTakenFromARequestThatAsksForMuch() throws Exception {
        // Given a request for another identity and for being an authority
        KeyPair key = ec("secp256r1");
        ExtensionsGenerator wishes = new ExtensionsGenerator();
        wishes.addExtension(
                Extension.subjectAlternativeName,
                true,
                new GeneralNames(new GeneralName(
                        GeneralName.uniformResourceIdentifier, "spiffe://test.local/stockade/operator")));
        wishes.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        byte[] der = new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=root"), key.getPublic())
                .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, wishes.generate())
                .build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate()))
                .getEncoded();
        // When, then
        assertThat(((ECPublicKey) CertificateSigningRequest.key(der)).getW())
                .isEqualTo(((ECPublicKey) key.getPublic()).getW());
    }

    private static KeyPair ec(String curve) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve));
        return generator.generateKeyPair();
    }

    private static byte[] request(KeyPair asked, KeyPair signer, String algorithm, String subject)
            throws OperatorCreationException, IOException {
        return new JcaPKCS10CertificationRequestBuilder(new X500Name(subject), asked.getPublic())
                .build(new JcaContentSignerBuilder(algorithm).build(signer.getPrivate()))
                .getEncoded();
    }
}
