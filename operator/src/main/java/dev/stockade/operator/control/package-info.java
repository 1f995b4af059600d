/**
 * The control channel on port 15010: {@code Sign}, {@code Subscribe}, and what the operator's replicas tell each other.
 *
 * <p>In: connections under TLS 1.3, whose certificates name the peer; snapshots from {@code snapshot}. Out: certificates,
 * snapshots, heartbeats, and acknowledgements into {@code acks}. Nothing that a message says about its sender is believed.
 */
@NullMarked
package dev.stockade.operator.control;

import org.jspecify.annotations.NullMarked;
