/**
 * The resources of a live cluster, read with a person's own kubeconfig.
 *
 * <p>In: a kubeconfig. Out: {@link dev.stockade.cli.question.Resources}, {@link dev.stockade.cli.status.MeshReading}; or a
 * sentence that says why the cluster cannot be asked, and which right is missing. Only {@code get} and {@code list}; nothing is
 * ever written.
 */
@NullMarked
package dev.stockade.cli.cluster;

import org.jspecify.annotations.NullMarked;
