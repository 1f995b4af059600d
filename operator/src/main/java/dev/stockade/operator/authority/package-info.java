/**
 * The certificate authority of the mesh: root and issuer in one Secret, SVIDs for attested pods, the operator's own certificate,
 * and the rotation of all of them.
 *
 * <p>In: the Secret, what MeshTrust says (lifetimes, an existing CA, a request to rotate, the root and the epoch that its status
 * names), public keys that {@code attestation} has vouched for, and from {@code acks} who holds up a step. Out: certificate
 * chains, whom the mesh believes, and key managers whose certificate renews itself. {@code RotationPlan} decides and is pure,
 * {@code SigningMaterial} is what each step makes of the last, {@code CaEntries} is how it is kept. A private key leaves this
 * package only as a TLS key manager; none is ever logged.
 */
@NullMarked
package dev.stockade.operator.authority;

import org.jspecify.annotations.NullMarked;
