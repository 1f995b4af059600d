/**
 * Where the tests run: the cluster that KUBECONFIG names, k3s in a container, or the rig of this repository.
 *
 * <p>Comes in: the environment. Goes out: a kubeconfig, and images that the cluster's nodes have.
 */
@NullMarked
package dev.stockade.e2e.cluster;

import org.jspecify.annotations.NullMarked;
