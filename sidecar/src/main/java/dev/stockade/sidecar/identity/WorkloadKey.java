package dev.stockade.sidecar.identity;

import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;

/** A P-256 key made in this process, and the request for a certificate over it. One key a certificate, never reused. */
public final class WorkloadKey {
    private static final byte[] VERSION_0 = {0x02, 0x01, 0x00};
    private static final byte[] EMPTY_NAME = {0x30, 0x00};
    private static final byte[] NO_ATTRIBUTES = {(byte) 0xa0, 0x00};
    private static final byte[] ECDSA_WITH_SHA256 = {
        0x30, 0x0a, 0x06, 0x08, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x04, 0x03, 0x02
    };

    private final KeyPair pair;

    private WorkloadKey(KeyPair pair) {
        this.pair = pair;
    }

    /** A fresh key. */
    public static WorkloadKey generate() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return new WorkloadKey(generator.generateKeyPair());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime cannot make P-256 keys: " + e.getMessage(), e);
        }
    }

    /** The private half. */
    public PrivateKey privateKey() {
        return pair.getPrivate();
    }

    /** Whether the certificate's public key is this one. */
    public boolean matches(java.security.cert.X509Certificate certificate) {
        return certificate.getPublicKey().equals(pair.getPublic());
    }

    /**
     * The PKCS#10 request (RFC 2986), DER. Subject and attributes are empty: the operator believes nothing but the key and
     * the signature over it, so nothing else is said.
     */
    public byte[] signingRequest() {
        byte[] info = sequence(VERSION_0, EMPTY_NAME, pair.getPublic().getEncoded(), NO_ATTRIBUTES);
        return sequence(info, ECDSA_WITH_SHA256, bitString(sign(info)));
    }

    private byte[] sign(byte[] content) {
        try {
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(pair.getPrivate());
            signature.update(content);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime cannot sign with P-256: " + e.getMessage(), e);
        }
    }

    private static byte[] sequence(byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        return tagged(0x30, content.toByteArray());
    }

    private static byte[] bitString(byte[] content) {
        byte[] padded = new byte[content.length + 1];
        System.arraycopy(content, 0, padded, 1, content.length);
        return tagged(0x03, padded);
    }

    private static byte[] tagged(int tag, byte[] content) {
        ByteArrayOutputStream der = new ByteArrayOutputStream();
        der.write(tag);
        if (content.length < 0x80) {
            der.write(content.length);
        } else if (content.length < 0x100) {
            der.write(0x81);
            der.write(content.length);
        } else {
            der.write(0x82);
            der.write(content.length >> 8);
            der.write(content.length);
        }
        der.writeBytes(content);
        return der.toByteArray();
    }
}
