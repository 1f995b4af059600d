package dev.stockade.operator.authority;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.StringReader;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;

/** The keys of authorities: P-256, P-384, and RSA of 2048 bits and more, in PKCS#8, PKCS#1 or SEC1. */
final class Keys {
    private static final int WEAKEST_RSA = 2048;

    private Keys() {}

    /**
     * The private key of the text; other blocks before it are passed over.
     *
     * @throws GeneralSecurityException if there is none; the message never quotes the text, and there is no cause that could
     */
    static PrivateKey read(String pem) throws GeneralSecurityException {
        try (PEMParser parser = new PEMParser(new StringReader(pem))) {
            for (Object block = parser.readObject(); block != null; block = parser.readObject()) {
                switch (block) {
                    case PrivateKeyInfo info -> {
                        return new JcaPEMKeyConverter().getPrivateKey(info);
                    }
                    case PEMKeyPair pair -> {
                        return new JcaPEMKeyConverter().getPrivateKey(pair.getPrivateKeyInfo());
                    }
                    case PEMEncryptedKeyPair _, PKCS8EncryptedPrivateKeyInfo _ ->
                        throw new Unreadable("is encrypted; store it without a passphrase");
                    default -> {
                        // Such as EC PARAMETERS, which openssl writes before the key.
                    }
                }
            }
        } catch (Unreadable e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // The cause is left out: a parser's message may quote what it was given.
            throw new Unreadable("is not a private key in PEM (PKCS#8, PKCS#1 or SEC1)");
        }
        throw new Unreadable("holds no private key in PEM (PKCS#8, PKCS#1 or SEC1)");
    }

    private static final class Unreadable extends GeneralSecurityException {
        private static final long serialVersionUID = 1;

        Unreadable(String why) {
            super(why);
        }
    }

    /**
     * With what such a key signs certificates.
     *
     * @throws GeneralSecurityException a sentence, if the mesh takes no such key
     */
    static String signatureAlgorithm(PublicKey key) throws GeneralSecurityException {
        if (key instanceof RSAPublicKey rsa) {
            int bits = rsa.getModulus().bitLength();
            if (bits < WEAKEST_RSA) {
                throw new GeneralSecurityException(
                        "is RSA of " + bits + " bits; at least " + WEAKEST_RSA + " are needed");
            }
            return "SHA256withRSA";
        }
        if (key instanceof ECPublicKey elliptic) {
            if (isCurve(elliptic, "secp256r1")) {
                return "SHA256withECDSA";
            }
            if (isCurve(elliptic, "secp384r1")) {
                return "SHA384withECDSA";
            }
            throw new GeneralSecurityException("is of another elliptic curve than P-256 and P-384");
        }
        throw new GeneralSecurityException("is " + key.getAlgorithm() + "; RSA, P-256 or P-384 is needed");
    }

    private static boolean isCurve(ECPublicKey key, String name) throws GeneralSecurityException {
        AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
        parameters.init(new ECGenParameterSpec(name));
        ECParameterSpec curve = parameters.getParameterSpec(ECParameterSpec.class);
        return curve.getCurve().equals(key.getParams().getCurve())
                && curve.getGenerator().equals(key.getParams().getGenerator());
    }

    /** Whether the private key signs what the public key believes. */
    static boolean match(PrivateKey key, PublicKey certified) throws GeneralSecurityException {
        String algorithm = signatureAlgorithm(certified);
        byte[] probe = "does this key belong to this certificate".getBytes(UTF_8);
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(probe);
            byte[] signed = signature.sign();
            signature.initVerify(certified);
            signature.update(probe);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** Whether the one names the other as its issuer, and has signed it (RFC 5280 section 6.1.3). */
    static boolean signed(X509Certificate by, X509Certificate certificate) {
        try {
            certificate.verify(by.getPublicKey());
            return certificate.getIssuerX500Principal().equals(by.getSubjectX500Principal());
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
