package dev.stockade.model.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerCertificateTest {
    private static final String ID = "spiffe://test.local/ns/agents/agent/triage";
    private static final BoundPod POD = new BoundPod("agents", "triage-1", "0b7e", 42);

    private static GeneralName uri(String name) {
        return new GeneralName(GeneralName.uniformResourceIdentifier, name);
    }

    private static GeneralName dns(String name) {
        return new GeneralName(GeneralName.dNSName, name);
    }

    private static JcaX509v3CertificateBuilder certificate(KeyPair key, GeneralName... names) throws Exception {
        X500Name self = new X500Name("CN=peer");
        Instant now = Instant.now();
        var builder = new JcaX509v3CertificateBuilder(
                self, BigInteger.ONE, Date.from(now), Date.from(now.plus(Duration.ofHours(1))), self, key.getPublic());
        if (names.length > 0) {
            builder.addExtension(Extension.subjectAlternativeName, true, new GeneralNames(names));
        }
        return builder;
    }

    private static KeyPair key() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private static X509Certificate signed(JcaX509v3CertificateBuilder builder, KeyPair key) throws Exception {
        return new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate())));
    }

    private static X509Certificate named(GeneralName... names) throws Exception {
        KeyPair key = key();
        return signed(certificate(key, names), key);
    }

    private static X509Certificate bound(byte[] extension) throws Exception {
        KeyPair key = key();
        JcaX509v3CertificateBuilder builder = certificate(key, uri(ID));
        builder.addExtension(new ASN1ObjectIdentifier(BoundPod.OID), false, ASN1Primitive.fromByteArray(extension));
        return signed(builder, key);
    }

    @Test
    void theOneUriIsWhoItIsWhateverOtherNamesThereAre() throws Exception {
        assertThat(PeerCertificate.spiffeUri(named(uri(ID)))).contains(ID);
        assertThat(PeerCertificate.spiffeUri(named(dns("stockade-operator.stockade-system.svc"), uri(ID))))
                .contains(ID);
    }

    @Test
    void withNoUriOrSeveralItIsNobody() throws Exception {
        assertThat(PeerCertificate.spiffeUri(named())).isEmpty();
        assertThat(PeerCertificate.spiffeUri(named(dns("triage.agents")))).isEmpty();
        X509Certificate several = named(uri(ID), uri("spiffe://test.local/ns/agents/agent/other"));
        assertThat(PeerCertificate.spiffeUri(several)).isEmpty();
        assertThat(PeerCertificate.uris(several)).hasSize(2);
        assertThat(PeerCertificate.spiffeUri(named(uri(ID), uri(ID)))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0b7e", "a-uid-that-makes-the-extension-longer-than-a-length-of-one-byte"})
    void thePodIsReadFromItsExtension(String uid) throws Exception {
        BoundPod pod = new BoundPod("agents", "triage-".repeat(16) + "1", uid, Long.MAX_VALUE);
        assertThat(PeerCertificate.boundPod(bound(pod.toDer()))).contains(pod);
        assertThat(PeerCertificate.boundPod(bound(POD.toDer()))).contains(POD);
    }

    @Test
    void aCertificateWithoutTheExtensionOrWithAnotherValueIsBoundToNoPod() throws Exception {
        assertThat(PeerCertificate.boundPod(named(uri(ID)))).isEmpty();
        assertThat(PeerCertificate.boundPod(bound(new DERUTF8String("agents/triage-1").getEncoded())))
                .isEmpty();
        assertThat(PeerCertificate.boundPod(bound(new DERUTF8String("agents/triage-1/0b7e/-1").getEncoded())))
                .isEmpty();
    }

    @Test
    void aPodOfThreeHundredBytesIsReadToo() throws Exception {
        BoundPod pod = new BoundPod("agents", "n".repeat(253), "u".repeat(36), 7);
        assertThat(PeerCertificate.boundPod(bound(pod.toDer()))).contains(pod);
    }
}
