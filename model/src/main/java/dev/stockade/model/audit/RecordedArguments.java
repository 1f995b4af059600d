package dev.stockade.model.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/** What is recorded of a call's arguments. */
public sealed interface RecordedArguments {
    /** Nothing. */
    RecordedArguments NONE = new None();

    /** How many bytes of arguments a line holds at most; longer ones are recorded by their digest. */
    int LONGEST = 64 * 1024;

    record None() implements RecordedArguments {}

    /** @param text {@code hmac-sha256:<hex>}: equal arguments are told to be equal, and cannot be guessed without the key */
    record Digest(String text) implements RecordedArguments {
        public Digest {
            requireNonNull(text);
        }
    }

    /** @param json the arguments as they came, on one line */
    record Full(String json) implements RecordedArguments {
        public Full {
            requireNonNull(json);
        }
    }

    /** The keyed digest of the bytes between the buffer's position and limit, which stay as they are. */
    static RecordedArguments digest(SecretKey key, ByteBuffer json) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            mac.update(json.duplicate());
            return new Digest("hmac-sha256:" + HexFormat.of().formatHex(mac.doFinal()));
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("audit: HMAC-SHA-256 with this key is not available", e);
        }
    }

    /** The arguments themselves, or their digest where they are too long for a line. */
    static RecordedArguments full(SecretKey key, ByteBuffer json) {
        if (json.remaining() > LONGEST) {
            return digest(key, json);
        }
        byte[] bytes = new byte[json.remaining()];
        json.duplicate().get(bytes);
        for (int i = 0; i < bytes.length; i++) {
            // Strict JSON has line ends only between tokens, where a space means the same.
            if (bytes[i] == '\n' || bytes[i] == '\r') {
                bytes[i] = ' ';
            }
        }
        return new Full(new String(bytes, UTF_8));
    }
}
