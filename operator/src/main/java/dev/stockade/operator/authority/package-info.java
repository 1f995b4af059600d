/**
 * The certificate authority of the mesh: root and issuing key in one Secret, SVIDs for attested pods, and the operator's own
 * certificate.
 *
 * <p>In: the Secret, the lifetimes and the root that MeshTrust names, and public keys that {@code attestation} has vouched for.
 * Out: certificate chains, the roots, and key managers whose certificate renews itself. A private key leaves this package only
 * as a TLS key manager; none is ever logged.
 */
@NullMarked
package dev.stockade.operator.authority;

import org.jspecify.annotations.NullMarked;
