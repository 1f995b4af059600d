/**
 * Who this pod is and whom it believes: keys made in memory, the certificates (SVIDs) issued for them, the trust bundle, and
 * what a peer's certificate says.
 *
 * <p>In: certificates from {@code control} and from TLS handshakes. Out: checked values. A private key never leaves the
 * process, in any form.
 */
@NullMarked
package dev.stockade.sidecar.identity;

import org.jspecify.annotations.NullMarked;
