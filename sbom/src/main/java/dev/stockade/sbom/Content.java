package dev.stockade.sbom;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A regular file of an image.
 *
 * @param path where it is in the image, absolute
 * @param sha256 its digest, in hexadecimal
 */
record Content(String path, String sha256) {

    static Content of(String path, byte[] bytes) {
        return new Content(path, digest("SHA-256", bytes));
    }

    /** Of a file, in hexadecimal. */
    static String digest(String algorithm, byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has " + algorithm, e);
        }
    }

    String name() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    boolean isIn(String folder) {
        return path.startsWith(folder + "/");
    }
}
