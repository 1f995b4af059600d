package dev.stockade.operator.snapshot;

import static java.util.Objects.requireNonNull;

import javax.crypto.SecretKey;

/**
 * What the sidecars of one server share.
 *
 * @param digest of the arguments in audit lines
 * @param state of the marks behind what the server hands out to be brought back
 */
public record ServerKeys(SecretKey digest, SecretKey state) {
    public ServerKeys {
        requireNonNull(digest);
        requireNonNull(state);
    }
}
