/**
 * From the picture of the cluster to what each sidecar is told: pure, whole and versioned.
 *
 * <p>In: a {@link dev.stockade.policy.MeshView}, the trust bundle and the audit keys. Out: a {@link
 * dev.stockade.operator.snapshot.PodSnapshot} for a pod, the same on every replica.
 */
@NullMarked
package dev.stockade.operator.snapshot;

import org.jspecify.annotations.NullMarked;
