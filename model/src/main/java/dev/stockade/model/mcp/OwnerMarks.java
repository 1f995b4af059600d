package dev.stockade.model.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import java.nio.ByteBuffer;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/**
 * Marks what a server hands out to be brought back, so that nobody but the identity that it was handed to can bring it back:
 * the value, then {@code .st1.}, then HMAC-SHA-256 over the key, the kind, the identity, what it was handed out for, and the
 * value, in base64url. Needs no memory: every replica that has the key knows its own and the others' marks, after a restart
 * too. The mark stands behind the value because a value passes on while it is read, and its mark is known only at its end.
 *
 * <p>Needed since the specification asks servers to bind these to the caller (2026-07-28 basic/patterns/mrtr, server
 * requirement 5; 2025-11-25 basic/utilities/tasks, "Task Isolation"), and few can: who calls is known here.
 */
public final class OwnerMarks {
    /** How many characters a mark has. */
    public static final int LENGTH = 48;

    private static final String SIGN = ".st1.";
    private static final String ALGORITHM = "HmacSHA256";

    /** What is handed out. */
    public enum Kind {
        /** {@code requestState}. */
        REQUEST_STATE,
        /** A task's id. */
        TASK
    }

    /**
     * The request that something was handed out for, and that alone may bring it back.
     *
     * @param name of the tool or prompt, or the resource's URI
     */
    public record Purpose(String method, String name) {
        /** Any request. */
        public static final Purpose ANY = new Purpose("", "");

        public Purpose {
            requireNonNull(method);
            requireNonNull(name);
        }
    }

    private final SecretKey key;

    /** @param key the server's, the same in each of its replicas */
    public OwnerMarks(SecretKey key) {
        this.key = requireNonNull(key);
    }

    /** What is to stand behind the value: ASCII that JSON and HTTP headers leave as it is. */
    public String mark(Kind kind, SpiffeId owner, Purpose purpose, String value) {
        return SIGN + Base64.getUrlEncoder().withoutPadding().encodeToString(code(kind, owner, purpose, value));
    }

    /**
     * The value as the server knows it.
     *
     * @return empty if this identity was not handed it for this purpose; nothing tells whether anybody was
     */
    public Optional<String> unmarked(Kind kind, SpiffeId owner, Purpose purpose, String given) {
        int end = given.length() - LENGTH;
        if (end < 0) {
            return Optional.empty();
        }
        String value = given.substring(0, end);
        byte[] expected = mark(kind, owner, purpose, value).getBytes(UTF_8);
        return MessageDigest.isEqual(expected, given.substring(end).getBytes(UTF_8))
                ? Optional.of(value)
                : Optional.empty();
    }

    private byte[] code(Kind kind, SpiffeId owner, Purpose purpose, String value) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            add(mac, kind.name());
            add(mac, owner.uri());
            add(mac, purpose.method());
            add(mac, purpose.name());
            add(mac, value);
            return mac.doFinal();
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("HMAC-SHA-256 with the server's key is not available", e);
        }
    }

    /** With its length before it, so that no two lists of texts are the same bytes. */
    private static void add(Mac mac, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        mac.update(bytes);
    }
}
