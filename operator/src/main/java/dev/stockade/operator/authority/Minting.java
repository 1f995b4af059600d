package dev.stockade.operator.authority;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * How every certificate of the mesh looks. All keys are P-256, all have a random serial of 128 bits, and are valid from
 * five minutes before they were made, for clocks that run behind.
 */
final class Minting {
    /** How far another clock may be behind. */
    static final Duration BACKDATED = Duration.ofMinutes(5);

    private static final SecureRandom RANDOM = new SecureRandom();

    private Minting() {}

    static KeyPair newKey() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    /** From when to when a certificate is good. */
    record Validity(Instant from, Instant to) {
        static Validity of(Instant now, Duration lifetime) {
            return new Validity(now.minus(BACKDATED), now.plus(lifetime));
        }

        /** The same, but ending no later than what it hangs on. */
        Validity within(X509Certificate issuer) {
            Instant end = issuer.getNotAfter().toInstant();
            return to.isAfter(end) ? new Validity(from, end) : this;
        }
    }

    /** When it was made: its own beginning lies earlier. */
    static Instant made(X509Certificate certificate) {
        return certificate.getNotBefore().toInstant().plus(BACKDATED);
    }

    /** A certificate that signs, and its key. */
    record Signer(X509Certificate certificate, PrivateKey key) {
        Signer {
            requireNonNull(certificate);
            requireNonNull(key);
        }

        @Override
        public String toString() {
            return "Signer[" + certificate.getSubjectX500Principal() + "]";
        }
    }

    /** A self-signed root. */
    static Signer root(Validity validity) throws GeneralSecurityException {
        KeyPair key = newKey();
        X500Name name = authorityName("Stockade root");
        try {
            JcaX509v3CertificateBuilder builder = builder(name, validity, name, key.getPublic());
            authorityExtensions(builder, key.getPublic(), 1);
            return new Signer(sign(builder, key.getPrivate(), key.getPublic()), key.getPrivate());
        } catch (IOException e) {
            throw new GeneralSecurityException("root certificate", e);
        }
    }

    /** An issuer below the root, or below a CA that others made, which may sign leaves only. */
    static Signer issuer(Signer root, Validity validity) throws GeneralSecurityException {
        KeyPair key = newKey();
        try {
            JcaX509v3CertificateBuilder builder = builder(
                    subjectOf(root.certificate()),
                    validity.within(root.certificate()),
                    authorityName("Stockade issuer"),
                    key.getPublic());
            authorityExtensions(builder, key.getPublic(), 0);
            authorityKey(builder, root.certificate());
            return new Signer(sign(builder, root), key.getPrivate());
        } catch (IOException e) {
            throw new GeneralSecurityException("issuer certificate", e);
        }
    }

    /** The certificate of an attested pod: one URI SAN, and the pod in the private extension. */
    static X509Certificate workload(Signer issuer, Validity validity, PublicKey key, SpiffeId id, BoundPod pod)
            throws GeneralSecurityException {
        try {
            JcaX509v3CertificateBuilder builder =
                    builder(subjectOf(issuer.certificate()), validity.within(issuer.certificate()), leafName(), key);
            leafExtensions(
                    builder,
                    issuer.certificate(),
                    key,
                    List.of(new GeneralName(GeneralName.uniformResourceIdentifier, id.uri())));
            builder.addExtension(
                    new ASN1ObjectIdentifier(BoundPod.OID), false, ASN1Primitive.fromByteArray(pod.toDer()));
            return sign(builder, issuer);
        } catch (IOException e) {
            throw new GeneralSecurityException("certificate of " + id, e);
        }
    }

    /** The operator's own: its reserved SPIFFE ID, and the names of its Service for the API server's webhook calls. */
    static X509Certificate operator(
            Signer issuer, Validity validity, PublicKey key, String trustDomain, List<String> dnsNames)
            throws GeneralSecurityException {
        try {
            JcaX509v3CertificateBuilder builder =
                    builder(subjectOf(issuer.certificate()), validity.within(issuer.certificate()), leafName(), key);
            List<GeneralName> names = new ArrayList<>();
            names.add(new GeneralName(GeneralName.uniformResourceIdentifier, SpiffeId.operator(trustDomain)));
            dnsNames.forEach(name -> names.add(new GeneralName(GeneralName.dNSName, name)));
            leafExtensions(builder, issuer.certificate(), key, names);
            return sign(builder, issuer);
        } catch (IOException e) {
            throw new GeneralSecurityException("the operator's certificate", e);
        }
    }

    private static void authorityExtensions(X509v3CertificateBuilder builder, PublicKey key, int pathLength)
            throws IOException, GeneralSecurityException {
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(pathLength));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        builder.addExtension(
                Extension.subjectKeyIdentifier, false, new JcaX509ExtensionUtils().createSubjectKeyIdentifier(key));
    }

    private static void leafExtensions(
            X509v3CertificateBuilder builder, X509Certificate issuer, PublicKey key, List<GeneralName> names)
            throws IOException, GeneralSecurityException {
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(new KeyPurposeId[] {
            KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
        }));
        builder.addExtension(
                Extension.subjectKeyIdentifier, false, new JcaX509ExtensionUtils().createSubjectKeyIdentifier(key));
        authorityKey(builder, issuer);
        // The subject is empty, so the names are critical (RFC 5280 section 4.2.1.6; X509-SVID section 2).
        builder.addExtension(
                Extension.subjectAlternativeName, true, new GeneralNames(names.toArray(new GeneralName[0])));
    }

    private static void authorityKey(X509v3CertificateBuilder builder, X509Certificate issuer)
            throws IOException, GeneralSecurityException {
        builder.addExtension(
                Extension.authorityKeyIdentifier, false, new AuthorityKeyIdentifier(keyIdentifier(issuer)));
    }

    /** As the certificate itself says it: others digest their keys in other ways than we do (RFC 5280 section 4.2.1.1). */
    private static byte[] keyIdentifier(X509Certificate certificate) throws IOException, GeneralSecurityException {
        byte[] wrapped = certificate.getExtensionValue(Extension.subjectKeyIdentifier.getId());
        if (wrapped == null) {
            return new JcaX509ExtensionUtils()
                    .createSubjectKeyIdentifier(certificate.getPublicKey())
                    .getKeyIdentifier();
        }
        try {
            byte[] inner = ASN1OctetString.getInstance(wrapped).getOctets();
            return SubjectKeyIdentifier.getInstance(inner).getKeyIdentifier();
        } catch (IllegalArgumentException e) {
            throw new GeneralSecurityException("the subject key identifier cannot be read", e);
        }
    }

    private static JcaX509v3CertificateBuilder builder(
            X500Name issuer, Validity validity, X500Name subject, PublicKey key) {
        return new JcaX509v3CertificateBuilder(
                issuer, serial(), Date.from(validity.from()), Date.from(validity.to()), subject, key);
    }

    private static X509Certificate sign(X509v3CertificateBuilder builder, Signer signer)
            throws GeneralSecurityException {
        return sign(builder, signer.key(), signer.certificate().getPublicKey());
    }

    private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey key, PublicKey verifying)
            throws GeneralSecurityException {
        try {
            return new JcaX509CertificateConverter()
                    .getCertificate(
                            builder.build(new JcaContentSignerBuilder(Keys.signatureAlgorithm(verifying)).build(key)));
        } catch (OperatorCreationException e) {
            throw new GeneralSecurityException("the signing key cannot sign", e);
        }
    }

    /** Two authorities of one mesh must not share a name, or a chain could be built to the wrong one. */
    private static X500Name authorityName(String what) {
        return new X500Name("CN=" + what + " " + serial().toString(16).substring(0, 8));
    }

    private static X500Name subjectOf(X509Certificate certificate) {
        return X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
    }

    private static X500Name leafName() {
        return new X500Name(new RDN[0]);
    }

    private static BigInteger serial() {
        // The top bit is set, so that it always has 128 bits; RFC 5280 allows twenty octets.
        return new BigInteger(127, RANDOM).setBit(127);
    }
}
