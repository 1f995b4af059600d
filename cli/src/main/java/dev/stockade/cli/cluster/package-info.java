/**
 * The resources of a live cluster, read with a person's own kubeconfig.
 *
 * <p>In: a kubeconfig. Out: {@link dev.stockade.cli.question.Resources}, {@link dev.stockade.cli.status.MeshReading}, {@link
 * dev.stockade.cli.doctor.Installation}; or a sentence that says why the cluster cannot be asked, and which right is missing. Only
 * {@code get}, {@code list} and one creation in a dry run; nothing is ever stored.
 */
@NullMarked
package dev.stockade.cli.cluster;

import org.jspecify.annotations.NullMarked;
