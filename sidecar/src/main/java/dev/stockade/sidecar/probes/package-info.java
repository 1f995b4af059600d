/**
 * The probes that Kubernetes would have performed on the application, performed on loopback instead: so a server may listen on
 * loopback alone, and its port stays closed to the network.
 *
 * <p>In: a probe as admission found it. Out: whether it succeeded, and why not.
 */
@NullMarked
package dev.stockade.sidecar.probes;

import org.jspecify.annotations.NullMarked;
