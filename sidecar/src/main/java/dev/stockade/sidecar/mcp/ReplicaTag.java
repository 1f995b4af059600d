package dev.stockade.sidecar.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The mark of a replica in the session ids that it hands out: {@code <tag>.<the server's own id>}. The agent's side computes
 * the same from an endpoint's pod UID, and so finds the replica that holds a session.
 */
public final class ReplicaTag {
    /** Between tag and id; no tag holds it. */
    public static final char SEPARATOR = '.';

    private static final int LENGTH = 12;

    private ReplicaTag() {}

    /** The first 12 hexadecimal digits of the SHA-256 of the pod's UID. */
    public static String of(String podUid) {
        return sha256(podUid).substring(0, LENGTH);
    }

    static String sha256(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is not available", e);
        }
    }
}
