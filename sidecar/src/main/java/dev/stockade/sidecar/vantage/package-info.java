/**
 * What a sidecar sees and tries for the operator: where its own pod listens, and whether a protected pod of another namespace can
 * be reached around its sidecar.
 *
 * <p>In: {@code /proc/net} of the pod, and the orders of the operator's own stream. Out: the pod's listening ports, and how each
 * attempt went. An attempt connects and closes; not a byte is sent.
 */
@NullMarked
package dev.stockade.sidecar.vantage;

import org.jspecify.annotations.NullMarked;
