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
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;

/**
 * A PKCS#10 request (RFC 2986), of which only the key counts: subject, names and extensions that it asks for are not looked
 * at.
 */
final class CertificateSigningRequest {
    /** In bytes; a P-256 request with nothing in it has about 150. */
    static final int LONGEST = 16 * 1024;

    private static final ECParameterSpec P256 = p256();

    private CertificateSigningRequest() {}

    /**
     * The key that the certificate will be for.
     *
     * @throws Refusal if the request is too long, cannot be read, is for another kind of key than P-256, or is not signed by it
     */
    static PublicKey key(byte[] der) throws Refusal {
        if (der.length > LONGEST) {
            throw refused("it has " + der.length + " bytes, and " + LONGEST + " are allowed");
        }
        PKCS10CertificationRequest request;
        try {
            request = new PKCS10CertificationRequest(der);
        } catch (IOException | RuntimeException e) {
            throw refused("it is not a PKCS#10 request in DER");
        }
        PublicKey key = p256Key(request);
        if (!X9ObjectIdentifiers.ecdsa_with_SHA256.equals(
                request.getSignatureAlgorithm().getAlgorithm())) {
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
                "The certificate request is refused: " + why + ". Send PKCS#10 over a new P-256 key.");
    }
}
