/**
 * Pods of the mesh that do not come up, and why, as far as it can be seen from outside: in goes what is known of pods, of their
 * sidecars and of NetworkPolicies, out come events at the pods.
 */
@NullMarked
package dev.stockade.operator.reach;

import org.jspecify.annotations.NullMarked;
