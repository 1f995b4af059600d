/**
 * {@code MeshTrust}: its status.
 *
 * <p>In: the resource and the state of the certificate authority. Out: conditions, and the root by name: from then on the
 * operator signs with no other.
 */
@NullMarked
package dev.stockade.operator.trust;

import org.jspecify.annotations.NullMarked;
