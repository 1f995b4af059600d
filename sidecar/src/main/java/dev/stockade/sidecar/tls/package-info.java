/**
 * Mutual TLS 1.3 on BoringSSL, as {@code data-plane} parameters demand it: an identity is checked on every handshake, nothing
 * is resumed, the key exchange is post-quantum hybrid first.
 *
 * <p>In: {@code identity}'s certificates and roots, and the SPIFFE ID that is expected. Out: handlers for a channel, and the
 * peer's certificate after a handshake that passed every check.
 */
@NullMarked
package dev.stockade.sidecar.tls;

import org.jspecify.annotations.NullMarked;
