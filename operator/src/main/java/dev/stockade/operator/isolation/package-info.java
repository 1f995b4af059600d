/**
 * Whether a server's pods can be reached around their sidecars: tried, not assumed.
 *
 * <p>In: the NetworkPolicies of the cluster, the injected pods with the labels that they have now, and what their sidecars see
 * listening. Attempts to connect go out, from this replica and from sidecars of other namespaces. Out: the condition {@code
 * MeshOnly} of each server, and metrics. What decides is pure: {@link dev.stockade.operator.isolation.IngressUnion}, {@link
 * dev.stockade.operator.isolation.ProbePlan}, {@link dev.stockade.operator.isolation.MeshOnly}.
 */
@NullMarked
package dev.stockade.operator.isolation;

import org.jspecify.annotations.NullMarked;
