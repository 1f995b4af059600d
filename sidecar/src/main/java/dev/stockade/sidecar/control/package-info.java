/**
 * The sidecar's side of the control channel: asks for certificates, renews them, and keeps the stream of snapshots.
 *
 * <p>In: the operator's answers, over TLS 1.3 with exactly the operator's SPIFFE ID. Out: certificates and roots into {@code
 * identity}, snapshots into {@code state}, acknowledgements back. Everything here runs on one thread of its own, never on the
 * event loop. With the operator away, everything else goes on from what it last said.
 */
@NullMarked
package dev.stockade.sidecar.control;

import org.jspecify.annotations.NullMarked;
