/**
 * Which pod is asking for a certificate, and what it may have: nothing is believed but the reviewed token, the pod that it
 * names, and the certificate that its sidecar already holds.
 *
 * <p>In: a service-account token, the caller's address and a PKCS#10 request. Out: the pod, the identities that it holds and a
 * checked public key, or a {@link dev.stockade.operator.attestation.Refusal} with a reason and a sentence; and a line of the
 * audit log, a counter and an event for each.
 */
@NullMarked
package dev.stockade.operator.attestation;

import org.jspecify.annotations.NullMarked;
