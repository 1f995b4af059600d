/**
 * {@code MeshTrust}: the trust domain, its certificate authority and the platform's kill switch.
 *
 * <p>In: the resource as the API server stores it. Out: immutable records with every default in place. The schema is
 * generated from the annotations here.
 */
@NullMarked
package dev.stockade.crds.trust;

import org.jspecify.annotations.NullMarked;
