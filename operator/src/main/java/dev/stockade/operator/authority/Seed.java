package dev.stockade.operator.authority;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.interfaces.ECPrivateKey;
import java.util.Arrays;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** 32 secret bytes, from which every replica derives the same keys, whatever root signs. */
final class Seed {
    static final int BYTES = 32;

    private static final byte[] SALT = "stockade.dev".getBytes(UTF_8);

    private final byte[] bytes;

    private Seed(byte[] bytes) {
        this.bytes = bytes;
    }

    static Seed random() {
        byte[] bytes = new byte[BYTES];
        new SecureRandom().nextBytes(bytes);
        return new Seed(bytes);
    }

    /** @throws GeneralSecurityException if these are not 32 bytes */
    static Seed of(byte[] bytes) throws GeneralSecurityException {
        if (bytes.length != BYTES) {
            throw new GeneralSecurityException("has " + bytes.length + " bytes and must have " + BYTES);
        }
        return new Seed(bytes.clone());
    }

    /** What an earlier release, which kept no seed, derived its keys from: they stay the same. */
    static Seed of(PrivateKey root) throws GeneralSecurityException {
        if (!(root instanceof ECPrivateKey key)) {
            throw new GeneralSecurityException("no seed comes from a key that is not elliptic-curve");
        }
        BigInteger scalar = key.getS();
        return new Seed(hkdf().deriveData(HKDFParameterSpec.ofExtract()
                .addIKM(scalar.toByteArray())
                .addSalt(SALT)
                .extractOnly()));
    }

    /** A key for each label (RFC 5869, the second half). */
    SecretKey derive(String label) {
        try {
            return hkdf().deriveKey(
                            "HmacSHA256",
                            HKDFParameterSpec.expandOnly(
                                    new SecretKeySpec(bytes, "Generic"), label.getBytes(UTF_8), BYTES));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HKDF-SHA256 is part of every JDK 25", e);
        }
    }

    private static KDF hkdf() throws GeneralSecurityException {
        return KDF.getInstance("HKDF-SHA256");
    }

    byte[] bytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Seed seed && Arrays.equals(bytes, seed.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return "Seed[" + BYTES + " bytes]";
    }
}
