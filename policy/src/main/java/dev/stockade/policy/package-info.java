/**
 * From resources to the model's policy: who is which pod, who is willing, who may do what.
 *
 * <p>In: a {@link dev.stockade.policy.MeshView}, one immutable picture of the cluster. Out: {@link
 * dev.stockade.policy.Claims} (which pod is whose), {@link dev.stockade.policy.Grants} (the model's policies of each
 * server, and the sentences of what could not be resolved), {@link dev.stockade.policy.ServiceNames}. Everything is pure:
 * no I/O, no clock, the same view gives the same answer in the same order.
 */
@NullMarked
package dev.stockade.policy;

import org.jspecify.annotations.NullMarked;
