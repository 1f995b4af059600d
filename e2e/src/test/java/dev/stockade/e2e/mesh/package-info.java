/**
 * What all scenarios share: the chart installed once, the workloads that nobody changes, and the way to say in a test what
 * one expects of a resource.
 *
 * <p>Comes in: a cluster. Goes out: a client, namespaces, resources and their conditions.
 */
@NullMarked
package dev.stockade.e2e.mesh;

import org.jspecify.annotations.NullMarked;
