package dev.stockade.e2e.image;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * One entry of an image's file system.
 *
 * @param path absolute, without a trailing slash
 * @param mode the permission bits, the three special ones included
 * @param target of a symbolic link, as it is written; else empty
 * @param capabilities whether it gives a process capabilities (a file attribute)
 * @param content of a file; else empty
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares two, and the content is read once
public record ImageFile(
        String path, Kind kind, int mode, long uid, long gid, String target, boolean capabilities, byte[] content) {

    /** What an entry is. */
    public enum Kind {
        FILE,
        FOLDER,
        LINK,
        /** A device or a pipe. */
        SPECIAL
    }

    boolean isFile() {
        return kind == Kind.FILE;
    }

    String name() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** Whether the path is in the folder, at any depth. */
    boolean isIn(String folder) {
        return path.startsWith(folder + "/");
    }

    public String digest(String algorithm) {
        return digest(algorithm, content);
    }

    static String digest(String algorithm, byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has " + algorithm, e);
        }
    }
}
