package dev.stockade.operator.attestation;

import com.google.protobuf.ByteString;
import dev.stockade.wire.control.v1.CertificateRequest;
import dev.stockade.wire.control.v1.Role;
import dev.stockade.wire.control.v1.SignRequest;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.DERTaggedObject;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.sec.SECNamedCurves;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/** Certificate requests, good and bad; the bad ones by what is wrong with them. */
final class Requests {
    private static final X500Name NOBODY = new X500Name(new RDN[0]);

    private Requests() {}

    static KeyPair ec(String curve) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve));
        return generator.generateKeyPair();
    }

    private static KeyPair rsa(int bits) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(bits);
        return generator.generateKeyPair();
    }

    /** As a sidecar makes it. */
    static byte[] good(KeyPair key) throws OperatorCreationException, IOException {
        return request(key, key, "SHA256withECDSA", NOBODY);
    }

    static byte[] request(KeyPair asked, KeyPair signer, String algorithm, X500Name subject)
            throws OperatorCreationException, IOException {
        return new JcaPKCS10CertificationRequestBuilder(subject, asked.getPublic())
                .build(new JcaContentSignerBuilder(algorithm).build(signer.getPrivate()))
                .getEncoded();
    }

    /** One request for both roles. */
    static SignRequest both(byte[] csr) {
        return SignRequest.newBuilder()
                .addRequests(
                        CertificateRequest.newBuilder().setRole(Role.ROLE_AGENT).setCsr(ByteString.copyFrom(csr)))
                .addRequests(CertificateRequest.newBuilder()
                        .setRole(Role.ROLE_SERVER)
                        .setCsr(ByteString.copyFrom(csr)))
                .build();
    }

    /** A bad request, and a part of the sentence that refuses it. */
    record Bad(ByteString der, String sentence) {
        Bad(byte[] der, String sentence) {
            this(ByteString.copyFrom(der), sentence);
        }
    }

    /** By what is wrong with them. */
    static Map<String, Bad> bad() throws Exception {
        KeyPair key = ec("secp256r1");
        byte[] good = good(key);
        byte[] flipped = good.clone();
        flipped[flipped.length - 5] ^= 1;
        Map<String, Bad> bad = new TreeMap<>();
        bad.put("empty", new Bad(new byte[0], "not a PKCS#10 request"));
        bad.put("an empty sequence", new Bad(new byte[] {0x30, 0}, "not a PKCS#10 request"));
        bad.put("cut short", new Bad(Arrays.copyOf(good, good.length - 1), "not a PKCS#10 request"));
        bad.put("followed by something", new Bad(Arrays.copyOf(good, good.length + 1), "not a PKCS#10 request"));
        bad.put("nested without end", new Bad(nested(), "not a PKCS#10 request"));
        bad.put("over 16 KiB", new Bad(new byte[16 * 1024 + 1], "16384 are allowed"));
        bad.put("a changed signature", new Bad(flipped, "signature"));
        bad.put(
                "signed by another key",
                new Bad(request(key, ec("secp256r1"), "SHA256withECDSA", NOBODY), "not by its own key"));
        bad.put("signed with SHA-1", new Bad(request(key, key, "SHA1withECDSA", NOBODY), "SHA-256"));
        bad.put(
                "a subject",
                new Bad(request(key, key, "SHA256withECDSA", new X500Name("CN=root")), "asks for a subject"));
        bad.put("another SPIFFE ID", asking(key, uri("spiffe://test.local/ns/agents/agent/other")));
        bad.put("the operator's SPIFFE ID", asking(key, uri("spiffe://test.local/stockade/operator")));
        bad.put("a DNS name", asking(key, new GeneralName(GeneralName.dNSName, "kubernetes.default.svc")));
        bad.put("an authority's extension", authority(key));
        KeyPair weak = rsa(1024);
        KeyPair strong = rsa(2048);
        KeyPair p384 = ec("secp384r1");
        KeyPair ed25519 = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        bad.put("RSA 1024", new Bad(request(weak, weak, "SHA256withRSA", NOBODY), "not a P-256 key"));
        bad.put("RSA 2048", new Bad(request(strong, strong, "SHA256withRSA", NOBODY), "not a P-256 key"));
        bad.put("P-384", new Bad(request(p384, p384, "SHA256withECDSA", NOBODY), "not a P-256 key"));
        bad.put("Ed25519", new Bad(request(ed25519, ed25519, "Ed25519", NOBODY), "not a P-256 key"));
        byte[] point = SubjectPublicKeyInfo.getInstance(key.getPublic().getEncoded())
                .getPublicKeyData()
                .getOctets();
        byte[] beside = point.clone();
        beside[beside.length - 1] ^= 1;
        byte[] compressed = Arrays.copyOf(point, 33);
        compressed[0] = (byte) (2 + (point[64] & 1));
        ASN1Encodable p256 = X9ObjectIdentifiers.prime256v1;
        bad.put("P-224", handMade(key, SECNamedCurves.getOID("secp224r1"), generator("secp224r1")));
        bad.put("a point beside the curve", handMade(key, p256, beside));
        bad.put("the point at infinity", handMade(key, p256, new byte[] {0}));
        bad.put("a compressed point", handMade(key, p256, compressed));
        bad.put("explicit parameters", handMade(key, SECNamedCurves.getByName("secp256r1"), point));
        bad.put("a key without a curve", handMade(key, DERNull.INSTANCE, point));
        return bad;
    }

    private static byte[] generator(String curve) {
        return SECNamedCurves.getByName(curve).getG().getEncoded(false);
    }

    private static GeneralName uri(String text) {
        return new GeneralName(GeneralName.uniformResourceIdentifier, text);
    }

    private static Bad asking(KeyPair key, GeneralName name) throws Exception {
        ExtensionsGenerator wishes = new ExtensionsGenerator();
        wishes.addExtension(Extension.subjectAlternativeName, true, new GeneralNames(name));
        return wishing(key, wishes);
    }

    private static Bad authority(KeyPair key) throws Exception {
        ExtensionsGenerator wishes = new ExtensionsGenerator();
        wishes.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        return wishing(key, wishes);
    }

    private static Bad wishing(KeyPair key, ExtensionsGenerator wishes) throws Exception {
        return new Bad(
                new JcaPKCS10CertificationRequestBuilder(NOBODY, key.getPublic())
                        .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, wishes.generate())
                        .build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate()))
                        .getEncoded(),
                "asks for names, extensions");
    }

    /** A request over a public key that no library would encode so, with a good signature by the private one. */
    private static Bad handMade(KeyPair signer, ASN1Encodable parameters, byte[] point) throws Exception {
        DERSequence info = new DERSequence(new ASN1Encodable[] {
            new ASN1Integer(BigInteger.ZERO),
            NOBODY,
            new SubjectPublicKeyInfo(new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, parameters), point),
            new DERTaggedObject(false, 0, new DERSet())
        });
        return new Bad(signed(info, signer.getPrivate()), "not a P-256 key");
    }

    private static byte[] signed(DERSequence info, PrivateKey key) throws Exception {
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(key);
        signature.update(info.getEncoded(ASN1Encoding.DER));
        return new DERSequence(new ASN1Encodable[] {
                    info,
                    new AlgorithmIdentifier(X9ObjectIdentifiers.ecdsa_with_SHA256),
                    new DERBitString(signature.sign())
                })
                .getEncoded(ASN1Encoding.DER);
    }

    /** Sequences of indefinite length, each in the one before: eight thousand deep. */
    private static byte[] nested() {
        byte[] deep = new byte[16 * 1024];
        for (int i = 0; i < deep.length; i += 2) {
            deep[i] = 0x30;
            deep[i + 1] = (byte) 0x80;
        }
        return deep;
    }
}
