/**
 * Which of the servers' Service names lead into the mesh in this pod.
 *
 * <p>In: the address map that admission wrote beside the pod's hostAliases, and the Services of a snapshot. Out: the sockets
 * on which both agree.
 */
@NullMarked
package dev.stockade.sidecar.capture;

import org.jspecify.annotations.NullMarked;
