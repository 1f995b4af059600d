package dev.stockade.operator.attestation;

import dev.stockade.operator.attestation.Refusal.Reason;
import java.io.IOException;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.pkcs.CertificationRequest;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;

/**
 * A PKCS#10 request (RFC 2986) for nothing but a certificate over its key: what the certificate says is the operator's to
 * decide, so a request that names a subject or asks for names or extensions is refused, not read around.
 */
final class CertificateSigningRequest {
    /** In bytes; a P-256 request with nothing in it has about 150. */
    static final int LONGEST = 16 * 1024;

    private static final ECParameterSpec P256 = p256();

    private CertificateSigningRequest() {}

    /**
     * The key that the certificate will be for.
     *
     * @throws Refusal if the request is too long, cannot be read, asks for anything, is for another kind of key than P-256, or
     *     is not signed by it
     */
    static PublicKey key(byte[] der) throws Refusal {
        if (der.length > LONGEST) {
            throw refused("it has " + der.length + " bytes, and " + LONGEST + " are allowed");
        }
        PKCS10CertificationRequest request = read(der);
        if (request.getSubject().getRDNs().length > 0) {
            throw refused("it asks for a subject, and the operator alone decides what a certificate says");
        }
        if (request.getAttributes().length > 0) {
            throw refused("it asks for names, extensions or other attributes, and the operator alone decides what a"
                    + " certificate says");
        }
        PublicKey key = p256Key(request);
        AlgorithmIdentifier algorithm = request.getSignatureAlgorithm();
        if (!X9ObjectIdentifiers.ecdsa_with_SHA256.equals(algorithm.getAlgorithm())
                || algorithm.getParameters() != null) {
            throw refused("it is not signed with ECDSA and SHA-256");
        }
        try {
            if (!request.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key))) {
                throw refused("its signature is not by its own key");
            }
        } catch (OperatorCreationException | PKCSException | RuntimeException e) {
            throw refused("its signature is not by its own key");
        }
        return key;
    }

    private static PKCS10CertificationRequest read(byte[] der) throws Refusal {
        try {
            PKCS10CertificationRequest request = new PKCS10CertificationRequest(der);
            CertificationRequest structure = request.toASN1Structure();
            // What is written anew and is the same has nothing in it that was passed over.
            if (Arrays.equals(der, structure.getEncoded(ASN1Encoding.DER))
                    && structure.getCertificationRequestInfo().getVersion().hasValue(0)) {
                return request;
            }
        } catch (IOException | RuntimeException | StackOverflowError e) {
            throw refused("it is not a PKCS#10 request in DER");
        }
        throw refused("it is not a PKCS#10 request in DER");
    }

    private static PublicKey p256Key(PKCS10CertificationRequest request) throws Refusal {
        try {
            byte[] info = request.getSubjectPublicKeyInfo().getEncoded();
            if (KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(info)) instanceof ECPublicKey key
                    && sameCurve(key.getParams())
                    && onCurve(key.getW())) {
                // Made anew from the point, so that nothing but the point gets into the certificate.
                return KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(key.getW(), P256));
            }
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            throw refused("its key is not a P-256 key");
        }
        throw refused("its key is not a P-256 key");
    }

    private static boolean sameCurve(ECParameterSpec given) {
        return given.getCurve().equals(P256.getCurve())
                && given.getGenerator().equals(P256.getGenerator())
                && given.getOrder().equals(P256.getOrder())
                && given.getCofactor() == P256.getCofactor();
    }

    /** y^2 = x^3 + ax + b, and not the point at infinity. */
    private static boolean onCurve(ECPoint point) {
        if (point.equals(ECPoint.POINT_INFINITY)) {
            return false;
        }
        BigInteger p = ((ECFieldFp) P256.getCurve().getField()).getP();
        BigInteger x = point.getAffineX();
        BigInteger y = point.getAffineY();
        if (x.signum() < 0 || y.signum() < 0 || x.compareTo(p) >= 0 || y.compareTo(p) >= 0) {
            return false;
        }
        BigInteger right = x.pow(3)
                .add(P256.getCurve().getA().multiply(x))
                .add(P256.getCurve().getB())
                .mod(p);
        return y.pow(2).mod(p).equals(right);
    }

    private static ECParameterSpec p256() {
        try {
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec("secp256r1"));
            return parameters.getParameterSpec(ECParameterSpec.class);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has P-256", e);
        }
    }

    private static Refusal refused(String why) {
        return new Refusal(
                Reason.BAD_REQUEST,
                "The certificate request is refused: " + why + ". Send PKCS#10 over a new P-256 key and nothing else.");
    }
}
